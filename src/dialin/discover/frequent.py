"""Frequent sentences: one that was said often enough is an intent even alone.

Clusters are made of distinct sentences. So one that was said 200 times is a single point: too small to be a cluster,
and too light to keep a neighbour from taking it in. Here utterances count. A frequent sentence stays with a cluster
only if it is about as near to the others as members of clusters usually are; else it becomes a cluster of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Floats, Matrix, Rows
from dialin.cluster.labels import centroid
from dialin.discover.assign import N_DEVIATIONS, build, spread

N_SIGMAS = 3.0
"""Standard deviations by which a frequent sentence may be farther from the others of its cluster than members are."""


def frequent(counts: NDArray[np.int64], min_size: int) -> Rows:
    """Return the sentences that were said more often than `min_size` of the others together, most frequent first.

    The others count with their mean. So repeating a whole corpus changes nothing, where all sentences are about equally
    frequent none is, and there are at most n / min_size + 1.

    Parameters
    ----------
    counts : ndarray of shape (n,), int64
        How often each sentence was said, 1 or more.
    min_size : int
        Sentences of the smallest cluster to keep.

    Examples
    --------
    The other sentences were said (9 + 1 + 1 + 1) / 4 = 3 times on average, four of them 12 times: 13 is more. The
    sentence said 9 times is not frequent: 4 · (13 + 1 + 1 + 1) / 4 = 16.

    >>> frequent(np.array([1, 9, 1, 13, 1]), 4).tolist()
    [3]
    """
    others = (counts.sum() - counts) / max(len(counts) - 1, 1)
    rows = np.flatnonzero(counts > min_size * np.maximum(others, 1.0))
    return rows[np.argsort(-counts[rows], kind="stable")]


def set_apart(X: Matrix, clusters: Sequence[Rows], rows: Rows) -> list[Rows]:
    """Return the clusters with some rows in a cluster of their own, behind the others.

    A row stays where it is if its nearest cluster, measured without it, takes it in (`Surroundings.take`). The rows go
    one by one: the cluster of an earlier one may take in a later one.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings.
    clusters : sequence of ndarray
        Disjoint clusters; those that rows are taken out of get smaller.
    rows : ndarray of shape (m,)
        The rows in question, the most frequent first.
    """
    if not len(rows):
        return list(clusters)
    around = Surroundings(X, clusters, rows)
    for row in rows.tolist():
        if not around.take(row):
            around.part(row)
    return [group.rows for group in around.groups]


@dataclass(frozen=True, eq=False)
class Group:
    """A cluster as the decision function sees it.

    Parameters
    ----------
    rows : ndarray
        Its sentences.
    centroid : ndarray of shape (d,)
        Their unit-norm mean.
    radius : float
        Least cosine to the centroid at which a sentence is assigned to it.
    """

    rows: Rows
    centroid: Matrix
    radius: float

    def without(self, row: int, X: Matrix) -> Group:
        """Return the group without one of its rows; it has others."""
        rest = self.rows[self.rows != row]
        return Group(rest, centroid(X[rest]), self.radius)


class Surroundings:
    """The clusters around frequent sentences, some of which may become clusters of their own.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings.
    clusters : sequence of ndarray
        Disjoint clusters.
    rows : ndarray of shape (m,)
        Frequent sentences: they have no say in how near members usually are.

    Attributes
    ----------
    groups : list of Group
        The clusters, and behind them the sentences that were parted from them.
    """

    def __init__(self, X: Matrix, clusters: Sequence[Rows], rows: Rows) -> None:
        pieces = build(X, clusters, range(len(clusters)), [""] * len(clusters))
        parts = zip(clusters, pieces.centroids, pieces.radii, strict=True)
        self.groups = [Group(own, centre, float(radius)) for own, centre, radius in parts]
        self._X, self._floor = X, least_cosine(X, clusters, rows)
        self._radius_alone = 1.0 - N_DEVIATIONS * spread([X[g.rows] @ g.centroid for g in self.groups])

    def take(self, row: int) -> bool:
        """Tell whether the nearest cluster, measured without the row, takes it in.

        It does if the row is no farther than members usually are (`least_cosine`), and lies within the radius unless it
        is a member already.
        """
        home = self._home(row)
        if home is not None and len(self.groups[home].rows) == 1:
            return True
        groups = [group.without(row, self._X) if i == home else group for i, group in enumerate(self.groups)]
        if not groups:
            return False
        cosines = np.array([group.centroid for group in groups]) @ self._X[row]
        nearest, cosine = int(cosines.argmax()), float(cosines.max())
        return cosine >= self._floor and (nearest == home or cosine >= groups[nearest].radius)

    def part(self, row: int) -> None:
        """Make the row a cluster of its own."""
        home = self._home(row)
        if home is not None:
            self.groups[home] = self.groups[home].without(row, self._X)
        self.groups.append(Group(np.array([row]), self._X[row], self._radius_alone))

    def _home(self, row: int) -> int | None:
        return next((i for i, group in enumerate(self.groups) if row in group.rows), None)


def least_cosine(X: Matrix, clusters: Sequence[Rows], rows: Rows) -> float:
    """Return the cosine to the centroid of the others from which a sentence counts as a member.

    It is `N_SIGMAS` standard deviations below the mean of all members of all clusters, apart from some rows; −1 without
    any. (On Bank77, of the members that are in the cluster of their label 1.0 % lie farther away; of sentences about
    timers, jokes or tacos 98 %.)

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings.
    clusters : sequence of ndarray
        Disjoint clusters.
    rows : ndarray
        Rows that do not count.
    """
    others = [own[~np.isin(own, rows)] for own in clusters]
    cosines = np.concatenate([np.empty(0), *(to_others(X[own]) for own in others if len(own) > 1)])
    return float(cosines.mean() - N_SIGMAS * cosines.std()) if len(cosines) else -1.0


def to_others(X: Matrix) -> Floats:
    """Return the cosine of each unit row to the centroid of the other rows, two rows at least.

    Examples
    --------
    Rows at 0°, 90° and 90°. The first is at a right angle to the others; the others of the second have their centroid
    at 45°.

    >>> to_others(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])).round(3).tolist()
    [0.0, 0.707, 0.707]
    """
    own = X.astype(np.float64)
    others = own.sum(axis=0) - own
    return np.asarray((own * others).sum(axis=1) / np.maximum(np.linalg.norm(others, axis=1), 1e-12))
