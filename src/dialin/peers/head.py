"""A head on frozen embeddings that learns in torch: a linear map that starts as the identity.

All random numbers are NumPy's, so that the seed decides and torch's own generator is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Matrix

SCALE = 10.0
"""Length that unit vectors are given before they learn: memberships by distance are almost flat for shorter ones.

3, 10 and 30 did alike for `dialin.peers.sccl` on HWU64.
"""


class Head:
    """Maps rows x to x W + b, where W begins as the identity and b as zeros.

    Parameters
    ----------
    torch : module
        As `dialin.peers.library.TORCH` loads it.
    d : int
        Length of a row, before and after.
    """

    def __init__(self, torch: Any, d: int) -> None:
        self._torch = torch
        self.weights = [torch.eye(d).requires_grad_(), torch.zeros(d).requires_grad_()]

    def __call__(self, rows: Any) -> Any:
        """Return the mapped rows, a float32 tensor of shape (n, d)."""
        return mapped(rows, self.weights)

    def vectors(self, rows: Any) -> Matrix:
        """Return the mapped rows as an array of shape (n, d)."""
        with self._torch.no_grad():
            return np.asarray(self(rows).numpy(), dtype=np.float32)


def tensor(torch: Any, X: NDArray[np.floating]) -> Any:
    """Return unit vectors (…, d) as a float32 tensor, `SCALE` long."""
    return torch.from_numpy(np.asarray(X * SCALE, dtype=np.float32))


def layer(torch: Any, n_in: int, n_out: int, rng: np.random.Generator) -> list[Any]:
    """Return weights (n_in, n_out) and bias (n_out,), uniform within 1 / sqrt(n_in), as layers of torch begin."""
    bound = n_in**-0.5
    drawn = [rng.uniform(-bound, bound, size).astype(np.float32) for size in ((n_in, n_out), (n_out,))]
    return [torch.from_numpy(array).requires_grad_() for array in drawn]


def mapped(rows: Any, weights: list[Any]) -> Any:
    """Return rows (n, n_in) through a layer, shape (n, n_out)."""
    return rows @ weights[0] + weights[1]


def batches(n: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield each of n rows once, shuffled, `size` at a time; the last batch may be smaller."""
    order = rng.permutation(n)
    for start in range(0, n, size):
        yield order[start : start + size]


@contextmanager
def one_core(torch: Any) -> Iterator[None]:
    """Keep torch to one core: matrices this small gain little from more, and how many there are must not matter."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
