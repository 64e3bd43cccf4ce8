"""What a judge learns beside its answer: which of the sentences that it reads share an intent.

One word a cluster is little to learn from. The table of ``dialin tune data`` also knows the label of each sentence
shown: 45 pairs of ten sentences, each the same intent or not. A bilinear form on the hidden states at the ends of the
sentences, at two thirds of the depth, learns to tell, and its gradient shapes the layers below; the layers above then
write the answer. The form is thrown away afterwards: neither prompt nor inference change.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dialin.tune.batches import Batch

DEPTH = 2 / 3
"""Share of the layers below the hidden states that are compared."""
WIDTH = 64
LEARNING_RATE = 10.0
"""Times the learning rate of the LoRA matrices: the form begins at random."""


def layer_of(n_layers: int) -> int:
    """Return which of the hidden states (0: the embeddings) are compared.

    Examples
    --------
    >>> layer_of(18), layer_of(2)
    (12, 1)
    """
    return max(1, round(DEPTH * n_layers))


def kinship(n_hidden: int, device: str) -> Any:
    """Return the form: a torch module that projects hidden states (m, n_hidden) to two sides, (m, 2 * WIDTH)."""
    import torch  # noqa: PLC0415

    return torch.nn.Sequential(torch.nn.LayerNorm(n_hidden), torch.nn.Linear(n_hidden, 2 * WIDTH)).to(device)


def pair_loss(form: Any, hidden: Any, batch: Batch) -> Any:
    """Return the sum over examples of the mean loss over their pairs of sentences, in nats; 0 if there are none.

    Parameters
    ----------
    form : module
        Of `kinship`.
    hidden : tensor of shape (n, length, n_hidden)
        States at each token.
    batch : Batch
        With the ends and the intents of the sentences.
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
