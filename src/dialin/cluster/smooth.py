"""Sharper embeddings for the tree: centred, and each averaged with its nearest neighbours.

The corpus has a direction of its own (all sentences are of one business), and a sentence has words that no other one
of its intent has. The first is taken away, the second averages out: De Raedt et al. (2023, IDAS) smooth their
encodings in this way before they cluster. Intents come closer together inside and farther apart from each other.
"""

from __future__ import annotations

import numpy as np

from dialin.arrays import Matrix
from dialin.cluster.neighbours import CHUNK, SearchedRows, chunks, nearest_others
from dialin.cluster.workers import workers

ROWS_A_NEIGHBOUR = 100
"""Rows of a corpus for each neighbour: in a small one, the tenth nearest is of another intent."""
MAX_NEIGHBOURS = 10
ROWS_OF_TEN = 4_000
"""Rows up to which ten neighbours are enough. In more rows the ten nearest are nearer, and so average less away."""
MAX_SEARCHED = 20_000
"""Rows among which neighbours are looked for; of more, an even sample. The nearest 150 of 60,000, and the nearest 50 of
20,000 of them, have the same mean but for noise: a tree of either is as near to the truth (ARI .468 and .469)."""
_ZERO = 1e-6


def smoothed(X: Matrix, chunk: int = CHUNK) -> Matrix:
    """Return unit rows, centred and averaged with their neighbours (`n_neighbours_of`).

    A row and the mean of its neighbours count the same. Neighbours at equal distance all count, so the order of the
    rows does not matter. Takes O(n · m · d) time and O(chunk · m) memory for each thread, where m is n, at most 20,000.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit rows.
    chunk : int
        Rows whose similarities to all others are held at once; the result does not depend on it.

    Examples
    --------
    Below a hundred rows nothing is averaged, and the mean of these two is taken away:

    >>> smoothed(np.array([[1, 0], [0, 1]], dtype=np.float32)).round(3)
    array([[ 0.707, -0.707],
           [-0.707,  0.707]], dtype=float32)
    """
    Y = _unit(X - X.mean(axis=0, dtype=np.float64).astype(np.float32), X)
    searched = SearchedRows.of(Y, MAX_SEARCHED)
    n_neighbours = n_neighbours_of(len(searched.rows))
    if not n_neighbours:
        return Y
    with workers() as pool:
        means = pool.map(lambda rows: _mean_of_nearest(Y, rows, searched, n_neighbours), chunks(len(Y), chunk))
        return _unit(Y + np.concatenate(list(means)), Y)


def n_neighbours_of(n: int) -> int:
    """Return the number of neighbours in n rows: one for each hundred up to ten; beyond 4,000 rows in proportion.

    So a sample of a corpus is smoothed as far as the whole, and the heights of both trees can be compared.

    Examples
    --------
    >>> [n_neighbours_of(n) for n in (99, 250, 3_000, 4_000, 22_000)]
    [0, 2, 10, 10, 55]
    """
    return min(MAX_NEIGHBOURS, n // ROWS_A_NEIGHBOUR) * max(n, ROWS_OF_TEN) // ROWS_OF_TEN


def _mean_of_nearest(X: Matrix, rows: slice, searched: SearchedRows, n_neighbours: int) -> Matrix:
    """Return the mean of the nearest other rows, for each of these rows."""
    near = nearest_others(X, rows, n_neighbours, searched)
    near.data[:] = 1
    return np.asarray(near @ X / near.sum(axis=1)[:, None], dtype=np.float32)


def _unit(Y: Matrix, otherwise: Matrix) -> Matrix:
    """Return Y with rows of length 1; a row of length 0 is taken from `otherwise`."""
    length = np.linalg.norm(Y, axis=1, keepdims=True)
    return np.where(length > _ZERO, Y / np.maximum(length, _ZERO), otherwise).astype(np.float32)
