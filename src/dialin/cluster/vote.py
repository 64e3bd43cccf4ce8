"""Neighbours vote: a row at the border of two clusters goes where most of its nearest neighbours are.

A tree decides once, when it joins two nodes, and a row that came to the wrong side stays there. Its neighbours know
better: this is one step of label propagation (Zhu and Ghahramani 2002), with all labels free to change.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from dialin.arrays import Bools, Labels, Matrix
from dialin.cluster.neighbours import chunks, nearest_others
from dialin.cluster.workers import workers

N_PASSES = 2
N_VOTERS = 10
MIN_ROWS = 1_000
"""Fewer rows do not vote: among the ten nearest would be too many of other intents, and small clusters would lose."""


def voted(X: Matrix, labels: Labels, is_free: Bools) -> Labels:
    """Return the labels after two votes, shape (n,).

    A row has one vote for its own label, and each of its nearest neighbours has a vote for its label that weighs as
    much as their cosine: the ten nearest, and others at the distance of the tenth. Of equal labels, the own one wins,
    else the lowest. Below a thousand rows the labels stay. Takes O(n² · d) time, and
    memory for the voters of each row: ten, and more where many rows are equal.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit rows.
    labels : ndarray of shape (n,), int64
        Cluster of each row; −1: none, and no vote.
    is_free : ndarray of shape (n,), bool
        Rows that may go elsewhere; the others vote but stay, as do those without a cluster.
    """
    if len(X) < MIN_ROWS or labels.max(initial=-1) < 1:
        return labels
    moves = is_free & (labels >= 0)
    with workers() as pool:
        near = list(pool.map(lambda rows: nearest_others(X, rows, N_VOTERS), chunks(len(X))))
    for _ in range(N_PASSES):
        labels = np.where(moves, _winners(near, labels), labels)
    return labels


def _winners(near: list[csr_array], labels: Labels) -> Labels:
    voting = np.flatnonzero(labels >= 0)
    shape = (len(labels), int(labels.max()) + 1)
    ballots = csr_array((np.ones(len(voting), np.float32), (voting, labels[voting])), shape=shape)
    parts = zip(near, chunks(len(labels)), strict=True)
    return np.concatenate([_counted(some, ballots, ballots[rows].toarray()) for some, rows in parts])


def _counted(near: csr_array, ballots: csr_array, own: Matrix) -> Labels:
    votes = (near.maximum(0) @ ballots).toarray()
    votes = np.round(votes + own, 4) + 1e-5 * own  # of equal labels, the own one
    return np.asarray(votes.argmax(axis=1), dtype=np.int64)
