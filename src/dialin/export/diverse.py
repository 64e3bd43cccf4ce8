"""Chooses phrases that differ: the most central one first, then always the one farthest from all chosen."""

from __future__ import annotations

import numpy as np

from dialin.arrays import Matrix, Rows

_DECIMALS = 5
"""Decimals of a cosine that count: the last ones differ between machines."""


def farthest_first(X: Matrix, n: int) -> Rows:
    """Return at most n different rows of unit vectors, shape (m, d): the medoid, then the farthest from all chosen.

    Distance is 1 − cosine; of equally far rows, the first one is taken.

    Examples
    --------
    The second row lies between the others, so it is the medoid; the third is farther from it (60°) than the first.

    >>> angles = np.radians([0, 30, 90])
    >>> farthest_first(np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32), 2).tolist()
    [1, 2]
    """
    if not len(X) or n < 1:
        return np.empty(0, dtype=np.int64)
    chosen = [int(np.round(X @ X.sum(axis=0), _DECIMALS).argmax())]
    closest = np.full(len(X), -2.0)
    while len(chosen) < min(n, len(X)):
        closest = np.maximum(closest, np.round(X @ X[chosen[-1]], _DECIMALS))
        closest[chosen[-1]] = np.inf
        chosen.append(int(closest.argmin()))
    return np.array(chosen)
