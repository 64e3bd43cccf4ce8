"""Sums and centroids of clusters, and the tree over clusters: each is one point, however many rows it has."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dialin.arrays import Floats, Labels, Rows, RowVectors
from dialin.cluster.linkage import tree_of
from dialin.cluster.tree import Tree

ROWS_AT_ONCE = 16_384
"""Rows of vectors that are added at once: they may lie on the disk."""
F = TypeVar("F", bound=np.floating)


def centroids(X: RowVectors, labels: Labels, n_clusters: int) -> Floats:
    """Return the unit-norm mean of each cluster's rows, shape (n_clusters, d); zeros for a cluster without any.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        The vectors.
    labels : ndarray of shape (n,), int64
        Cluster of each row, 0 … n_clusters − 1; −1 for none.
    n_clusters : int
        Number of clusters.
    """
    return unit_rows(sums(labels, np.arange(n_clusters), X, np.arange(len(labels))))


def sums(labels: Labels, ids: Labels, X: RowVectors, rows: Rows) -> Floats:
    """Return the sum of some rows of X by their label, shape (m, d).

    X is read some rows at a time, so it may lie on the disk.

    Parameters
    ----------
    labels : ndarray of shape (k,), int64
        Label of each of the rows; those that are not in `ids` count for nothing.
    ids : ndarray of shape (m,), int64
        The labels, ascending.
    X : ndarray of shape (n, d)
        The vectors.
    rows : ndarray of shape (k,), int64
        The rows.

    Examples
    --------
    >>> X = np.array([[1.0], [2.0], [4.0], [8.0]], np.float32)
    >>> sums(np.array([7, -1, 2, 7]), np.array([2, 7]), X, np.arange(4)).tolist()
    [[4.0], [9.0]]
    """
    total = np.zeros((len(ids), X.shape[1]))
    for start in range(0, len(rows), ROWS_AT_ONCE):
        own = labels[start : start + ROWS_AT_ONCE]
        kept = np.flatnonzero(np.isin(own, ids))
        part = X[rows[start : start + ROWS_AT_ONCE][kept]].astype(np.float64)
        place, shape = np.searchsorted(ids, own[kept]), (len(ids), len(kept))
        total += np.asarray(csr_array((np.ones(len(kept)), (place, np.arange(len(kept)))), shape=shape) @ part)
    return total


def unit_rows(V: NDArray[F]) -> NDArray[F]:
    """Return the rows scaled to norm 1, in their own precision; rows of zeros stay.

    Examples
    --------
    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    return np.asarray(V / np.maximum(np.linalg.norm(V, axis=1, keepdims=True), 1e-12), dtype=V.dtype)


def tree_of_centroids(C: Floats) -> Tree:
    """Return the Ward tree over the centroids of clusters, shape (m, d), all with equal weight."""
    return tree_of(C, np.ones(len(C)), np.arange(len(C)), "ward")
