"""Train a judge on a second objective: which of the sentences that it reads share an intent.

One word per cluster is a weak training signal. The table of ``dialin tune data`` also holds the label of each sentence
shown: ten sentences give 45 pairs, each with the same intent or not. A bilinear form on the hidden states at the ends
of the sentences, at two thirds of the depth, learns to tell them apart. Its gradient shapes the layers below; the
layers above write the answer. The form is discarded after training, so neither prompt nor inference changes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dialin.tune.batches import Batch

DEPTH = 2 / 3
"""Depth of the hidden states that are compared, as a share of all layers."""
WIDTH = 64
LEARNING_RATE = 10.0
"""Learning rate of the form as a multiple of the LoRA matrices', because the form begins at random."""


def layer_of(n_layers: int) -> int:
    """Return the index of the hidden states to compare (0: the embeddings).

    Examples
    --------
    >>> layer_of(18), layer_of(2)
    (12, 1)
    """
    return max(1, round(DEPTH * n_layers))


def kinship(n_hidden: int, device: str) -> Any:
    """Return the form: a torch module that projects hidden states (m, n_hidden) onto two sides, (m, 2 * WIDTH)."""
    import torch  # noqa: PLC0415

    return torch.nn.Sequential(torch.nn.LayerNorm(n_hidden), torch.nn.Linear(n_hidden, 2 * WIDTH)).to(device)


def pair_loss(form: Any, hidden: Any, batch: Batch) -> Any:
    """Return the sum over examples of the mean loss over their pairs of sentences, in nats; 0 without pairs.

    Parameters
    ----------
    form : module
        Module returned by `kinship`.
    hidden : tensor of shape (n, length, n_hidden)
        Hidden state at each token.
    batch : Batch
        Batch with the ends and the intents of the sentences.
    """
    import torch  # noqa: PLC0415

    total = hidden.new_zeros((), dtype=torch.float32)
    for row in range(len(batch.ids)):
        own = batch.ends[:, 0] == row
        if own.sum() < 2:
            continue
        ends, kinds = batch.ends[own, 1], batch.ends[own, 2]
        first, second = np.triu_indices(len(ends), 1)
        left, right = form(hidden[row, torch.from_numpy(ends).to(hidden.device)].float()).float().chunk(2, dim=-1)
        odds = (left @ right.T)[first, second] / WIDTH**0.5
        same = torch.from_numpy(kinds[first] == kinds[second]).to(odds)
        total = total + torch.nn.functional.binary_cross_entropy_with_logits(odds, same)
    return total
