"""The nearest other rows of each row, by cosine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from dialin.arrays import Matrix, Rows

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


def evenly(rows: Rows, size: int) -> Rows:
    """Return at most `size` of the rows, evenly spaced.

    Examples
    --------
    >>> evenly(np.arange(10), 4).tolist()
    [0, 3, 6, 9]
    """
    return rows if len(rows) <= size else rows[np.linspace(0, len(rows) - 1, size).round().astype(np.int64)]


@dataclass(frozen=True, eq=False)
class SearchedRows:
    """The rows among which neighbours are looked for.

    Parameters
    ----------
    rows : ndarray of shape (m,), int64
        Row numbers, ascending.
    vectors : ndarray of shape (m, d)
        The rows.
    """

    rows: Rows
    vectors: Matrix

    @classmethod
    def of(cls, X: Matrix, most: int) -> SearchedRows:
        """Return all rows of X (n, d); where they are more than `most`, so many, whatever their order."""
        rows = np.sort(evenly(np.lexsort(X.T[:8]), most))
        return cls(rows, X[rows])


def nearest_others(X: Matrix, rows: slice, n_neighbours: int, searched: SearchedRows | None = None) -> csr_array:
    """Return the cosines of some rows with their nearest others, float32 of shape (rows, n), all else left out.

    All at the distance of the last neighbour belong to them. Takes 5 bytes of memory for each of the rows times those
    searched.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit rows.
    rows : slice
        The rows whose neighbours are looked for, with a start and a stop.
    n_neighbours : int
        Neighbours of each, at least 1, and less than are searched.
    searched : SearchedRows, optional
        The rows among which they are looked for; all.

    Examples
    --------
    >>> X = np.array([[1.0, 0.0], [0.6, 0.8], [0.8, 0.6], [0.8, 0.6]], dtype=np.float32)
    >>> nearest_others(X, slice(0, 1), 1).toarray()
    array([[0. , 0. , 0.8, 0.8]], dtype=float32)
    """
    among = searched or SearchedRows(np.arange(len(X)), X)
    cosine = X[rows] @ among.vectors.T
    own = np.arange(*np.searchsorted(among.rows, (rows.start, rows.start + len(cosine))))
    cosine[among.rows[own] - rows.start, own] = -np.inf
    near = np.flatnonzero(cosine >= at_most_last(cosine, n_neighbours)[:, None] - _TIE)
    row, column = np.divmod(near, cosine.shape[1])
    value = cosine[row, column]
    first = np.searchsorted(row, np.arange(len(cosine)))
    last = value[np.lexsort((-value, row))][first + n_neighbours - 1]
    is_near = value >= last[row] - _TIE
    shape = len(cosine), len(X)
    return csr_array((value[is_near], (row[is_near], among.rows[column[is_near]])), shape=shape)


def at_most_last(cosine: Matrix, n_neighbours: int) -> Matrix:
    """Return a cosine for each row that at least `n_neighbours` of its others reach, and not many more.

    Of the maxima of small groups of columns, as many reach the last such maximum. To find it takes a fraction of the
    time to find the last neighbour itself.
    """
    n = cosine.shape[1]
    size = max(1, min(_GROUP, n // (4 * n_neighbours)))
    whole = n - n % size
    maxima = cosine[:, :whole].reshape(len(cosine), -1, size).max(axis=2)
    return np.partition(maxima, -n_neighbours, axis=1)[:, -n_neighbours]
