"""Chooses some of the sentences of a run, so that what is computed from them takes no longer on a large run."""

from __future__ import annotations

import numpy as np

from dialin.arrays import Ints


def some_of_each(labels: Ints, n: int, seed: int) -> Ints:
    """Return at most n random rows of each label from 0, ascending; −1 is left out.

    Examples
    --------
    >>> labels = np.array([0, 0, 0, 1, -1])
    >>> np.bincount(labels[some_of_each(labels, 2, seed=0)]).tolist()
    [2, 1]
    """
    order, rank, _ = _shuffled(labels, seed)
    return np.sort(order[(rank < n) & (labels[order] >= 0)])


def sampled(labels: Ints, n: int, seed: int) -> Ints:
    """Return about n rows at most, ascending: all, or a random sample with the same share of each label, at least one.

    Examples
    --------
    >>> labels = np.array([0, 0, 0, 0, 1, 1, -1])
    >>> np.bincount(labels[sampled(labels, 4, seed=0)] + 1).tolist()
    [1, 2, 1]
    """
    if len(labels) <= n:
        return np.arange(len(labels))
    order, rank, size = _shuffled(labels, seed)
    return np.sort(order[rank < np.maximum(size * n // len(labels), 1)])


def _shuffled(labels: Ints, seed: int) -> tuple[Ints, Ints, Ints]:
    """Return the rows in random order within each label, and the place of each in its label and the label's size."""
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    _, starts, sizes = np.unique(labels[order], return_index=True, return_counts=True)
    return order, np.arange(len(order)) - np.repeat(starts, sizes), np.repeat(sizes, sizes)
