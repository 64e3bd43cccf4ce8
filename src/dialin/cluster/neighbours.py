"""The nearest other rows of each row, by cosine."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from dialin.arrays import Matrix

CHUNK = 512
"""Rows whose similarities to all others are held at once."""
_GROUP = 64
_TIE = 1e-6


def chunks(n: int, size: int = CHUNK) -> list[slice]:
    """Return the slices of n rows, `size` at a time.

    Examples
    --------
    >>> chunks(5, 3)
    [slice(0, 3, None), slice(3, 5, None)]
    """
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def nearest_others(X: Matrix, rows: slice, n_neighbours: int) -> csr_array:
    """Return the cosines of some rows with their nearest others, float32 of shape (rows, n), all else left out.

    All at the distance of the last neighbour belong to them. Takes 5 bytes of memory for each of the rows times n.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit rows.
    rows : slice
        The rows whose neighbours are looked for, with a start and a stop.
    n_neighbours : int
        Neighbours of each, from 1 to n - 1.

    Examples
    --------
    >>> X = np.array([[1.0, 0.0], [0.6, 0.8], [0.8, 0.6], [0.8, 0.6]], dtype=np.float32)
    >>> nearest_others(X, slice(0, 1), 1).toarray()
    array([[0. , 0. , 0.8, 0.8]], dtype=float32)
    """
    cosine = X[rows] @ X.T
    own = np.arange(len(cosine))
    cosine[own, rows.start + own] = -np.inf
    near = np.flatnonzero(cosine >= _at_most_last(cosine, n_neighbours)[:, None] - _TIE)
    row, column = np.divmod(near, len(X))
    value = cosine[row, column]
    first = np.searchsorted(row, own)
    last = value[np.lexsort((-value, row))][first + n_neighbours - 1]
    is_near = value >= last[row] - _TIE
    return csr_array((value[is_near], (row[is_near], column[is_near])), shape=cosine.shape)


def _at_most_last(cosine: Matrix, n_neighbours: int) -> Matrix:
    """Return a cosine for each row that at least `n_neighbours` of its others reach, and not many more.

    Of the maxima of small groups of columns, as many reach the last such maximum. To find it takes a fraction of the
    time to find the last neighbour itself.
    """
    n = cosine.shape[1]
    size = max(1, min(_GROUP, n // (4 * n_neighbours)))
    whole = n - n % size
    maxima = cosine[:, :whole].reshape(len(cosine), -1, size).max(axis=2)
    return np.partition(maxima, -n_neighbours, axis=1)[:, -n_neighbours]
