"""Train LoRA matrices on a base: make steps, score examples, and save and restore the state for a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from dialin.score.reliability import auc
from dialin.tune.base import Base, quiet
from dialin.tune.batches import IGNORE_INDEX, Batch, EncodedExample, StepOrder, by_length, collate
from dialin.tune.kinship import LEARNING_RATE, kinship, layer_of, pair_loss
from dialin.tune.settings import TuneSettings, learning_rate_at

_MAX_NORM = 1.0
_MAX_EVAL = 16


class Learner:
    """A base with LoRA matrices and their optimizer.

    Logits are computed only at the positions of the answer: with a vocabulary of 262,144, logits of the whole prompt
    would cost more than the model. The loss covers the whole vocabulary there. A loss over the two options would teach
    only their difference, so a model that prefers to write something else would stay unreadable at inference.
    """

    def __init__(self, base: Base, settings: TuneSettings, device: str) -> None:
        import peft  # noqa: PLC0415
        import torch  # noqa: PLC0415

        torch.manual_seed(settings.seed)
        config = peft.LoraConfig(
            task_type="CAUSAL_LM",
            r=settings.rank,
            lora_alpha=settings.alpha,
            lora_dropout=settings.dropout,
            target_modules="all-linear",  # except the vocabulary's
        )
        with quiet():
            self.model: Any = peft.get_peft_model(base.model, config)
        self._base, self._settings, self._device = base, settings, device
        shape = base.model.config.get_text_config()
        self._layer = layer_of(shape.num_hidden_layers)
        self._form = kinship(shape.hidden_size, device)
        self._weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        groups = [{"params": self._weights}, {"params": list(self._form.parameters())}]
        self._optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, weight_decay=0.0)

    def learn(self, batches: Sequence[Sequence[EncodedExample]], learning_rate: float) -> float:
        """Make one step and return the mean loss of the answers' tokens, in nats."""
        import torch  # noqa: PLC0415

        n_tokens = sum(len(example.answer) for batch in batches for example in batch)
        self.model.train()
        total = 0.0
        for batch in batches:
            with torch.autocast(self._device, dtype=torch.bfloat16, enabled=self._settings.bf16):
                answer, pairs = self._both_losses(collate(batch, self._base.pad))
            ((answer + self._settings.pairs * pairs) / n_tokens).backward()
            total += float(answer.detach()) / n_tokens
        torch.nn.utils.clip_grad_norm_(self._weights, _MAX_NORM)
        for group, times in zip(self._optimizer.param_groups, (1.0, LEARNING_RATE), strict=True):
            group["lr"] = times * learning_rate
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return total

    def log_odds(self, examples: Sequence[EncodedExample]) -> NDArray[np.float64]:
        """Return the log-odds of the first option against the second, shape (n,)."""
        import torch  # noqa: PLC0415

        found = np.zeros(len(examples))
        self.model.eval()
        with torch.inference_mode():
            for rows in by_length(examples, self._eval_size()):
                batch = collate([examples[row] for row in rows], self._base.pad)
                logits = self._output(batch).logits.float()[:, -1]
                both = logits.gather(1, self._tensor(batch.options)).double()
                found[rows] = (both[:, 0] - both[:, 1]).cpu().numpy()
        return found

    def losses(self, examples: Sequence[EncodedExample]) -> NDArray[np.float64]:
        """Return the mean loss of each example's answer, in nats per token, shape (n,)."""
        import torch  # noqa: PLC0415

        found = np.zeros(len(examples))
        self.model.eval()
        with torch.inference_mode():
            for row, example in enumerate(examples):
                batch = collate([example], self._base.pad)
                found[row] = float(self._loss(batch, self._output(batch).logits)) / len(example.answer)
        return found

    def state(self) -> dict[str, Any]:
        """Return everything that the next step depends on; write it before the next step changes it."""
        import torch  # noqa: PLC0415

        return {
            "adapter": self.adapter(),
            "form": self._form.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state_all() if self._device == "cuda" else [],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Restore the state that `state` returned."""
        import torch  # noqa: PLC0415

        self.put(state["adapter"])
        self._form.load_state_dict(state["form"])
        self._optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["rng"])
        if state["cuda_rng"]:
            torch.cuda.set_rng_state_all(state["cuda_rng"])

    def adapter(self) -> dict[str, Any]:
        """Return a CPU copy of the LoRA matrices by PEFT's names."""
        import peft  # noqa: PLC0415

        named = peft.get_peft_model_state_dict(self.model, save_embedding_layers=False)
        return {name: weight.detach().cpu().clone() for name, weight in named.items()}

    def begin_from(self, matrices: dict[str, NDArray[np.floating]]) -> None:
        """Load the LoRA matrices of another tuning, given by PEFT's names."""
        import torch  # noqa: PLC0415

        self.put({name: torch.from_numpy(matrix.copy()) for name, matrix in matrices.items()})

    def put(self, adapter: dict[str, Any]) -> None:
        """Load LoRA matrices, given by PEFT's names."""
        import peft  # noqa: PLC0415

        peft.set_peft_model_state_dict(self.model, adapter)

    def _eval_size(self) -> int:
        return min(_MAX_EVAL, 2 * self._settings.batch)

    def _tensor(self, array: NDArray[np.int64]) -> Any:
        import torch  # noqa: PLC0415

        return torch.from_numpy(array).to(self._device)

    def _output(self, batch: Batch, with_states: bool = False) -> Any:
        mask = self._tensor(batch.mask)
        return self.model(
            input_ids=self._tensor(batch.ids),
            attention_mask=mask,
            position_ids=(mask.cumsum(1) - 1).clamp(min=0),
            logits_to_keep=batch.labels.shape[1],
            output_hidden_states=with_states,
            use_cache=False,
        )

    def _loss(self, batch: Batch, logits: Any) -> Any:
        import torch  # noqa: PLC0415

        labels = self._tensor(batch.labels).flatten()
        flat = logits.float().flatten(0, 1)
        return torch.nn.functional.cross_entropy(flat, labels, ignore_index=IGNORE_INDEX, reduction="sum")

    def _both_losses(self, batch: Batch) -> tuple[Any, Any]:
        """Return the loss of the answers and the loss of the pairs, both summed over the batch."""
        if not (self._settings.pairs and len(batch.ends)):
            return self._loss(batch, self._output(batch).logits), 0.0
        output = self._output(batch, with_states=True)
        return self._loss(batch, output.logits), pair_loss(self._form, output.hidden_states[self._layer], batch)


class ClusterStudent:
    """A judge or namer as a `dialin.tune.course.Student`.

    Parameters
    ----------
    learner : Learner
        Base with LoRA matrices.
    learnt, watched : sequence of EncodedExample
        Examples to learn, and examples of the score: AUC for a judge, minus the mean loss for a namer.
    settings : TuneSettings
        Settings of the tuning.
    """

    def __init__(
        self,
        learner: Learner,
        learnt: Sequence[EncodedExample],
        watched: Sequence[EncodedExample],
        settings: TuneSettings,
    ) -> None:
        self._learner, self._learnt, self._watched, self._settings = learner, learnt, watched, settings
        self._order = StepOrder([len(example) for example in learnt], settings)
        self.n_steps = self._order.n_steps_of_epoch * settings.epochs

    def learn(self, step: int, n_steps: int) -> float:
        """Make a step and return the mean loss of the answers' tokens, in nats."""
        chosen = [[self._learnt[row] for row in rows] for rows in self._order[step]]
        return self._learner.learn(chosen, learning_rate_at(step, n_steps, self._settings))

    def score(self) -> float:
        """Return the AUC of the watched examples, or minus their mean loss."""
        if self._settings.task == "namer":
            return -float(np.mean(self._learner.losses(self._watched)))
        return auc(expit(self._learner.log_odds(self._watched)), [example.example.good for example in self._watched])

    def state(self) -> dict[str, Any]:
        """Return the state of the learner."""
        return self._learner.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Restore the state that `state` returned."""
        self._learner.restore(state)

    def weights(self) -> dict[str, Any]:
        """Return a copy of the LoRA matrices."""
        return self._learner.adapter()

    def put(self, weights: dict[str, Any]) -> None:
        """Load LoRA matrices."""
        self._learner.put(weights)
