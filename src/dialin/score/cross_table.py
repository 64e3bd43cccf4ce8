"""Counts how often two labels occur together."""

from __future__ import annotations

import numpy as np

from dialin.arrays import Ints, Labels


def crossed(rows: Labels, columns: Labels, shape: tuple[int, int]) -> Ints:
    """Return how often each pair of labels occurs; those with a −1 do not count.

    Examples
    --------
    >>> crossed(np.array([0, 0, 1, -1]), np.array([1, 1, 0, 0]), (2, 2)).tolist()
    [[0, 2], [1, 0]]
    """
    both = (rows >= 0) & (columns >= 0)
    counts = np.bincount(rows[both] * shape[1] + columns[both], minlength=shape[0] * shape[1])
    return counts.astype(np.int64).reshape(shape)
