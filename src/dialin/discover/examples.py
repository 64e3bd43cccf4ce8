"""Which sentences of an intent are shown to people: typical ones, each of which says something else."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dialin.arrays import Bools, Floats, Matrix, Rows
from dialin.discover.data import Data
from dialin.name.kinds import prevailing

N_CENTRAL, TIMES = 2, 3
"""The first examples come from the first times as many central sentences. One that was said the second times as often
as another, or more, comes before it; smaller differences are chance."""
MOST_PAIRED = 256
"""Sentences, evenly chosen, of which it is measured how near two of a cluster are."""
DIGITS = 6
"""Digits of a cosine that do not depend on the processor."""


def typical_rows(data: Data, rows: Rows, size: int) -> Rows:
    """Return rows that show what a cluster is about: typical ones that were said often, each unlike those before it.

    The centre is the mean of the utterances, so a sentence that was said a hundred times counts a hundred times. What
    does something else than most of the cluster, such as a greeting among needs, is neither part of the centre nor
    shown while there is anything else. Sentences count for what they say alone, whatever is said next.

    Parameters
    ----------
    data : Data
        All sentences.
    rows : ndarray of shape (n,), int64
        The rows of the cluster.
    size : int
        Most rows to return.

    Returns
    -------
    ndarray of shape (at most size,), int64
        First the central sentences, those at least as near to the centre as its utterances are on average: of the
        `N_CENTRAL` times `size` nearest, those said most often first, and among those said about equally often (within
        powers of `TIMES`), the nearest first. Then the others, the nearest first. A sentence that is nearer to one
        before it than half the pairs of sentences are to each other waits until all others are taken.
    """
    if not len(rows):
        return rows
    X, counts, is_own = data.own_vectors[rows], data.counts[rows], _has_prevailing_kind(data, rows)
    cosine = np.round(X @ np.average(X[is_own], axis=0, weights=counts[is_own]), DIGITS).astype(np.float64)
    is_central = is_own & (cosine >= np.round(np.average(cosine[is_own], weights=counts[is_own]), DIGITS))
    how_often = np.floor(np.log(counts) / np.log(TIMES) + 1e-9)
    nearest = np.argsort(-cosine, kind="stable")
    first, later = np.split(nearest[is_central[nearest]], [N_CENTRAL * size])
    order = [*first[np.argsort(-how_often[first], kind="stable")], *later, *nearest[(is_own & ~is_central)[nearest]]]
    chosen = unlike(X, order, usual_cosine(X[is_own]), size)
    ranked = dict.fromkeys([*chosen, *order, *nearest])
    return rows[np.array(list(ranked)[:size], dtype=np.int64)]


def _has_prevailing_kind(data: Data, rows: Rows) -> Bools:
    """Return whether each sentence does what the cluster does; True for all where that is unknown, or none does."""
    if data.kinds is None:
        return np.ones(len(rows), dtype=np.bool_)
    kinds = data.kinds.at(rows)
    kind, _ = prevailing(kinds, data.counts[rows])
    is_own = np.array([name == kind for name in kinds.names], dtype=np.bool_)
    return is_own if is_own.any() else ~is_own


def usual_cosine(X: Matrix) -> float:
    """Return the median cosine of two of n unit vectors, shape (n, d), of at most `MOST_PAIRED`; 1 for fewer than two.

    Examples
    --------
    >>> usual_cosine(np.array([[1, 0], [1, 0], [0, 1]]))
    0.0
    """
    if len(X) < 2:
        return 1.0
    some = X[np.linspace(0, len(X) - 1, min(MOST_PAIRED, len(X))).astype(np.int64)]
    return float(np.median(np.round(some @ some.T, DIGITS)[np.triu_indices(len(some), 1)]))


def unlike(X: Matrix, order: Iterable[int], most: float, size: int) -> list[int]:
    """Return the first places of unit-norm vectors in an order, none with a cosine above `most` to one before it."""
    chosen, nearest = list[int](), np.full(len(X), -1.0)
    for place in order:
        if len(chosen) == size:
            break
        if nearest[place] <= most:
            chosen.append(place)
            nearest = _nearer(nearest, X, place)
    return chosen


def _nearer(nearest: Floats, X: Matrix, place: int) -> Floats:
    return np.asarray(np.maximum(nearest, np.round(X @ X[place], DIGITS)), dtype=np.float64)
