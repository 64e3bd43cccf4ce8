"""A trainable head on frozen embeddings, in torch: a linear map that starts as the identity.

All random numbers come from NumPy, so the seed decides them and torch's own generator stays untouched.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Matrix

SCALE = 10.0
"""Length to which unit vectors are scaled for training: distances of shorter vectors give almost flat memberships.

Lengths of 3, 10 and 30 did equally well for `dialin.peers.sccl` on HWU64.
"""


class Head:
    """A linear map of rows x to x W + b; W starts as the identity and b as zeros.

    Parameters
    ----------
    torch : module
        The module that `dialin.peers.library.TORCH` loads.
    d : int
        Length of a row, before and after the map.
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
    """Return unit vectors (…, d) as a float32 tensor, scaled to length `SCALE`."""
    return torch.from_numpy(np.asarray(X * SCALE, dtype=np.float32))


def layer(torch: Any, n_in: int, n_out: int, rng: np.random.Generator) -> list[Any]:
    """Return weights (n_in, n_out) and bias (n_out,), uniform within ±1 / sqrt(n_in) as in torch's own layers."""
    bound = n_in**-0.5
    drawn = [rng.uniform(-bound, bound, size).astype(np.float32) for size in ((n_in, n_out), (n_out,))]
    return [torch.from_numpy(array).requires_grad_() for array in drawn]


def mapped(rows: Any, weights: list[Any]) -> Any:
    """Return the output of a layer for rows (n, n_in), shape (n, n_out)."""
    return rows @ weights[0] + weights[1]


def batches(n: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield the n row numbers in random order, `size` at a time; the last batch may be smaller."""
    order = rng.permutation(n)
    for start in range(0, n, size):
        yield order[start : start + size]


@contextmanager
def one_core(torch: Any) -> Iterator[None]:
    """Keep torch on one core: small matrices gain little from more, and results must not depend on their number."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
