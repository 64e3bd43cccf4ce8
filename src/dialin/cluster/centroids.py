"""The tree over clusters: each is one point, its centroid, however many rows it has."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from dialin.arrays import Floats, Labels, RowVectors
from dialin.cluster.linkage import tree_of
from dialin.cluster.tree import Tree

ROWS_AT_ONCE = 16_384
"""Rows of vectors that are added at once: they may lie on the disk."""


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
    total = np.zeros((n_clusters, X.shape[1]))
    for start in range(0, len(labels), ROWS_AT_ONCE):
        own = labels[start : start + ROWS_AT_ONCE]
        rows = np.flatnonzero(own >= 0)
        shape = (n_clusters, len(rows))
        part = X[start : start + ROWS_AT_ONCE][rows].astype(np.float64)
        total += np.asarray(csr_array((np.ones(len(rows)), (own[rows], np.arange(len(rows)))), shape=shape) @ part)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))


def tree_of_centroids(C: Floats) -> Tree:
    """Return the Ward tree over the centroids of clusters, shape (m, d), all with equal weight."""
    return tree_of(C, np.ones(len(C)), np.arange(len(C)), "ward")
