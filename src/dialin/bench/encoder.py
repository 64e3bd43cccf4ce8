"""Fine-tune an encoder such as BERT on the clusters of a run, as a bot might (paper: Table 6).

Follows Devlin, Chang, Lee and Toutanova, "BERT" (NAACL 2019): a linear layer on the first token, AdamW, a learning rate
that rises over the first tenth of the steps and then falls to zero, batches of 32. There are two differences. Training
takes ten epochs, because Mosbach, Andriushchenko and Klakow (ICLR 2021) advise more than three for few sentences. The
learning rate is 5e-5 for an encoder of BERT's size and scales inversely with width times layers. For a six-layer MiniLM
that is 2e-4: with it the encoder learnt 1,000 labelled sentences of HWU64 to an accuracy of .79, with half that rate to
.66. The extra `tune` is required.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dialin.arrays import Labels
from dialin.bench.downstream import LabelledRows
from dialin.peers.head import batches
from dialin.tune.base import Weights, device_here, find_encoder, loading, require_tune
from dialin.tune.settings import share_of_rate

N_EPOCHS = 10
N_BATCH = 32
N_READ = 128
"""Batch size for prediction."""
LEARNING_RATE = 5e-5
"""Learning rate of an encoder of `SIZE`."""
SIZE = 768 * 12
"""Width times layers of BERT."""
DECAY = 0.01
WARM_UP = 0.1
MAX_TOKENS = 64
MAX_NORM = 1.0


@dataclass(frozen=True)
class EncoderClassifier:
    """A `dialin.bench.downstream.Classifier` that fine-tunes an encoder.

    Parameters
    ----------
    weights : Weights
        Initial weights of the encoder.
    seed : int
        Seed of the new layer, the dropout and the order of the sentences.
    """

    weights: Weights
    seed: int

    def __call__(self, train: LabelledRows, labels: Labels, held: LabelledRows) -> Labels:
        """Return the labels (m,) of `held`; raise ModelError if transformers cannot load the encoder."""
        clusters, targets = np.unique(labels, return_inverse=True)
        with seeded(self.seed):
            network = Network(self.weights, len(clusters))
            network.learn(train.texts, targets, np.random.default_rng(self.seed))
        return np.asarray(clusters[network.predict(held.texts)], dtype=np.int64)


def encoder_at(name: str) -> Weights:
    """Return the weights of an encoder, downloaded if the name is that of a hub's repository.

    Parameters
    ----------
    name : str
        A transformers folder, an encoder of `dialin models`, or ``owner/name`` on a hub.

    Raises
    ------
    InputError
        If the extra `tune` is not installed, or the name does not lead to an encoder.
    ModelError
        If the encoder cannot be downloaded.
    """
    require_tune("--encoder")
    return find_encoder(name)


def title_of(weights: Weights) -> str:
    """Return the title of an encoder in a folder of results: its name without the path, and the hash of its weights."""
    return f"{Path(weights.name).name}@{weights.sha256()[:12]}"


class Network:
    """An encoder with a new linear layer on top.

    Parameters
    ----------
    weights : Weights
        Initial weights of the encoder.
    n_labels : int
        Number of outputs of the new layer.

    Raises
    ------
    ModelError
        If transformers cannot read the files.
    """

    def __init__(self, weights: Weights, n_labels: int) -> None:
        import transformers  # noqa: PLC0415  (takes seconds and gigabytes, and only this class needs it)

        folder, self._device = str(weights.folder), device_here()
        with loading(weights):
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder)
            model = transformers.AutoModelForSequenceClassification.from_pretrained(
                folder, num_labels=n_labels, ignore_mismatched_sizes=True
            )
        self._model: Any = model.float().to(self._device)

    def learn(self, texts: Sequence[str], targets: Labels, rng: np.random.Generator) -> None:
        """Learn the targets (n,) of the n texts."""
        import torch  # noqa: PLC0415

        weights = list(self._model.parameters())
        optimizer = torch.optim.AdamW(weights, lr=rate_of(self._model.config), weight_decay=DECAY)
        n_steps = N_EPOCHS * -(-len(texts) // N_BATCH)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: share_of_rate(step, n_steps, WARM_UP))
        self._model.train()
        for _ in range(N_EPOCHS):
            for rows in batches(len(texts), N_BATCH, rng):
                output = self._read([texts[row] for row in rows])
                torch.nn.functional.cross_entropy(output, torch.from_numpy(targets[rows]).to(self._device)).backward()
                torch.nn.utils.clip_grad_norm_(weights, MAX_NORM)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad(set_to_none=True)

    def predict(self, texts: Sequence[str]) -> Labels:
        """Return the most likely label of each text, shape (n,)."""
        import torch  # noqa: PLC0415

        found = np.empty(len(texts), dtype=np.int64)
        order = np.argsort([len(text) for text in texts], kind="stable")  # similar lengths need little padding
        self._model.eval()
        with torch.inference_mode():
            for start in range(0, len(texts), N_READ):
                rows = order[start : start + N_READ]
                found[rows] = self._read([texts[row] for row in rows]).argmax(dim=1).cpu().numpy()
        return found

    def _read(self, texts: Sequence[str]) -> Any:
        """Return the outputs for some texts, a tensor of shape (n, n_labels)."""
        options = {"padding": True, "truncation": True, "max_length": MAX_TOKENS, "return_tensors": "pt"}
        return self._model(**self._tokenizer(list(texts), **options).to(self._device)).logits


def rate_of(config: Any) -> float:
    """Return the learning rate for an encoder with this transformers configuration."""
    return LEARNING_RATE * SIZE / int(config.hidden_size * config.num_hidden_layers)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed torch inside the block and restore its random state afterwards."""
    import torch  # noqa: PLC0415

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield
