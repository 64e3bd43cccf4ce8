"""Train an encoder, all of it or LoRA's matrices: the student of an embedder's course."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from dialin.errors import ModelError
from dialin.tune.embedder.draws import distilled_texts, intent_batch
from dialin.tune.embedder.encoder import LORA_DOWN, SentenceEncoder, freeze, with_lora
from dialin.tune.embedder.intents import IntentSource, LabelledSample
from dialin.tune.embedder.losses import LOSSES, distillation
from dialin.tune.embedder.measure import agreement_of_tree
from dialin.tune.embedder.settings import EmbedderSettings
from dialin.tune.settings import share_of_rate

MAX_LEARNT = 64
"""Maximum number of tokens in training."""
WEIGHT_DECAY = 0.01
_MAX_NORM = 1.0


@dataclass(frozen=True)
class Lessons:
    """Data of an embedder's course.

    Parameters
    ----------
    learnt : sequence of IntentSource
        Sources of the batches.
    watched : sequence of LabelledSample
        Samples of the held-out sources; the score is the mean over them.
    unlabelled : sequence of str
        Sentences whose cosines should stay those of the base.
    """

    learnt: Sequence[IntentSource]
    watched: Sequence[LabelledSample]
    unlabelled: Sequence[str]


class EmbedderStudent:
    """An encoder and its optimizer, as a `dialin.tune.course.Student`; there is no dropout.

    Parameters
    ----------
    encoder : SentenceEncoder
        The base, which is changed; with LoRA, `dialin.tune.embedder.encoder.merge_lora` makes an encoder of it again.
    lessons : Lessons
        What it learns and is scored on.
    settings : EmbedderSettings
        Settings of the tuning.

    Raises
    ------
    InputError
        `EmbedderSettings.freeze` would leave nothing to train.
    """

    def __init__(self, encoder: SentenceEncoder, lessons: Lessons, settings: EmbedderSettings) -> None:
        import torch  # noqa: PLC0415

        self._encoder, self._lessons, self._settings = encoder, lessons, settings
        self._teacher = copy.deepcopy(encoder.model) if settings.distil else None
        freeze(encoder.model, settings.freeze)
        if settings.lora:
            with_lora(encoder, settings)
        self._trained = {name: weight for name, weight in encoder.model.named_parameters() if weight.requires_grad}
        self.base_weights = self.present()
        self._optimizer = torch.optim.AdamW(
            self._trained.values(), lr=settings.learning_rate, weight_decay=WEIGHT_DECAY
        )

    def learn(self, step: int, n_steps: int) -> float:
        """Make a step and return its loss, in nats.

        Raises
        ------
        ModelError
            The loss is not finite, because the training has diverged.
        """
        import torch  # noqa: PLC0415

        loss = self._loss(step)
        if not math.isfinite(float(loss.detach())):
            raise ModelError(f"the loss of step {step + 1} is not finite", hint="lower --learning-rate")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(self._trained.values()), _MAX_NORM)
        share = share_of_rate(step, n_steps, self._settings.warmup)
        for group in self._optimizer.param_groups:
            group["lr"] = share * self._settings.learning_rate
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return float(loss.detach())

    def _loss(self, step: int) -> Any:
        import torch  # noqa: PLC0415

        settings = self._settings
        batch = intent_batch(self._lessons.learnt, settings, step)
        intents = torch.tensor(batch.intents, device=self._encoder.device)
        with torch.autocast(self._encoder.device, dtype=torch.bfloat16, enabled=settings.bf16):
            vectors = self._encoder.embed(self._encoder.model, batch.texts, MAX_LEARNT)
        loss = LOSSES[settings.loss](vectors, intents, settings.temperature)
        return loss + settings.distil * self._drift(step) if settings.distil else loss

    def _drift(self, step: int) -> Any:
        import torch  # noqa: PLC0415

        texts = distilled_texts(self._lessons.unlabelled, self._settings.seed, step)
        with torch.autocast(self._encoder.device, dtype=torch.bfloat16, enabled=self._settings.bf16):
            vectors = self._encoder.embed(self._encoder.model, texts, MAX_LEARNT)
            with torch.no_grad():
                before = self._encoder.embed(self._teacher, texts, MAX_LEARNT)
        return distillation(vectors, before)

    def score(self) -> float:
        """Return the mean AMI of the trees of the watched samples; nan if there are none."""
        if not self._lessons.watched:
            return math.nan
        with self._averaged():
            found = [agreement_of_tree(self._encoder.vectors(s.texts), s.labels).ami for s in self._lessons.watched]
        return float(np.mean(found))

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        raw = self.present()
        self.put(self.weights())
        try:
            yield
        finally:
            self.put(raw)

    def state(self) -> dict[str, Any]:
        """Return the trained weights and the state of the optimizer."""
        return {"weights": self.present(), "optimizer": self._optimizer.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore the state that `state` returned."""
        self.put(state["weights"])
        self._optimizer.load_state_dict(state["optimizer"])

    def weights(self) -> dict[str, Any]:
        """Return a copy of the trained weights, averaged with those of the base if the settings say so."""
        share, found = self._settings.average, self.present()
        averaged = (name for name in found if share and LORA_DOWN not in name)  # the product is linear in either matrix
        return found | {name: (1 - share) * found[name] + share * self.base_weights[name] for name in averaged}

    def put(self, weights: dict[str, Any]) -> None:
        """Load trained weights."""
        import torch  # noqa: PLC0415

        with torch.no_grad():
            for name, weight in self._trained.items():
                weight.copy_(weights[name])

    def present(self) -> dict[str, Any]:
        """Return a copy of the trained weights as they are, on the CPU and without averaging."""
        return {name: weight.detach().cpu().clone() for name, weight in self._trained.items()}
