"""Finds the nearest intent of each, and keeps that up to date while sentences move: only what moved is added anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dialin.cluster.centroids import sums, unit_rows
from dialin.cluster.labels import rows_labelled
from dialin.cluster.neighbours import chunks
from dialin.cluster.workers import one_blas_thread

N_COMPARED = 1_024
"""Intents that are compared with all others at once."""
GONE = -2
"""Place of the nearest intent of one that has to look for it again."""


@dataclass(frozen=True, eq=False)
class IntentNearness:
    """Which of m intents of the same role is nearest to each, by the cosine of their centroids.

    Parameters
    ----------
    labels : ndarray of shape (n,), int64
        Intent of each sentence; −1 for none.
    roles : ndarray of shape (n,), int64
        Number of the role of each sentence; an intent has the role of its first one.
    ids : ndarray of shape (m,), int64
        The intents, ascending.
    role : ndarray of shape (m,), int64
        Number of the role of each.
    total : ndarray of shape (m, d), float64
        Sum of the vectors of each.
    centroids : ndarray of shape (m, d), float32
        The unit-norm centroid of each.
    best : ndarray of shape (m,), int64
        Place of the nearest intent of each; −1 if there is no other of its role.
    cosine : ndarray of shape (m,), float32
        Cosine to it.
    """

    labels: NDArray[np.int64]
    roles: NDArray[np.int64]
    ids: NDArray[np.int64]
    role: NDArray[np.int64]
    total: NDArray[np.float64]
    centroids: NDArray[np.float32]
    best: NDArray[np.int64]
    cosine: NDArray[np.float32]

    @cached_property
    def closest(self) -> dict[int, tuple[int, float]]:
        """The nearest intent of each, and the cosine; only of intents that have one."""
        has_one = np.flatnonzero(self.best >= 0)
        other = self.ids[self.best[has_one]].tolist()
        return dict(
            zip(self.ids[has_one].tolist(), zip(other, self.cosine[has_one].tolist(), strict=True), strict=True)
        )

    def nearest_to(self, intent: int, n: int) -> list[int]:
        """Return the n nearest other intents of one, the nearest first; none if it is not known."""
        place = int(np.searchsorted(self.ids, intent))
        if place == len(self.ids) or self.ids[place] != intent:
            return []
        cosine = self.centroids @ self.centroids[place]
        cosine[place] = -np.inf
        found: list[int] = self.ids[np.argsort(-cosine, kind="stable")[: min(n, len(self.ids) - 1)]].tolist()
        return found

    def after(self, labels: NDArray[np.int64], X: NDArray[np.float32]) -> IntentNearness:
        """Return the nearness after some sentences moved: as if it were made anew, up to rounding.

        Parameters
        ----------
        labels : ndarray of shape (n,), int64
            Intent of each sentence now.
        X : ndarray of shape (n, d)
            Unit-norm vectors of the sentences; only those that moved are read.
        """
        moved = np.flatnonzero(labels != self.labels)
        if not len(moved):
            return self
        if not len(self.ids):
            return nearness_of(labels, X, self.roles)
        changed = np.setdiff1d(np.concatenate([self.labels[moved], labels[moved]]), [-1])
        rows = rows_labelled(labels, changed)
        there, first = np.unique(labels[rows], return_index=True)
        ids = np.union1d(np.setdiff1d(self.ids, changed), there)
        own = np.searchsorted(ids, there)
        role, total, centroids = self._kept(ids)
        role[own] = self.roles[rows[first]]
        total[own] += sums(labels[moved], there, X, moved) - sums(self.labels[moved], there, X, moved)
        centroids[own] = unit_rows(total[own])
        best, cosine = self._best_but(ids, changed)
        near = IntentNearness(labels, self.roles, ids, role, total, centroids, best, cosine)
        with one_blas_thread():  # several would wait for each other longer than these small products take
            return _compared(near, own)

    def _kept(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float32]]:
        """Return the roles, sums and centroids of these intents; zeros for those that are new."""
        place = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        is_new = self.ids[place] != ids
        role, total, centroids = self.role[place], self.total[place], self.centroids[place]
        role[is_new], total[is_new], centroids[is_new] = 0, 0.0, 0.0
        return role, total, centroids

    def _best_but(
        self, ids: NDArray[np.int64], changed: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the best of each of these intents, and its cosine, where neither of the two has changed."""
        best, cosine = _nothing_known(len(ids))
        kept = np.flatnonzero(~np.isin(ids, changed))
        before = np.searchsorted(self.ids, ids[kept])
        other = self.ids[self.best[before]]
        is_same = (self.best[before] >= 0) & ~np.isin(other, changed)
        rows = kept[is_same]
        best[rows], cosine[rows] = np.searchsorted(ids, other[is_same]), self.cosine[before][is_same]
        return best, cosine


def nearness_of(
    labels: NDArray[np.int64], X: NDArray[np.float32], roles: NDArray[np.int64] | None = None
) -> IntentNearness:
    """Return which intent of the same role is nearest to each that has a sentence; without roles, all have one.

    Examples
    --------
    >>> X = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    >>> nearness_of(np.array([3, 5, 8]), X).closest[3][0]
    5
    """
    rows = np.flatnonzero(labels >= 0)
    ids, first = np.unique(labels[rows], return_index=True)
    total = sums(labels, ids, X, np.arange(len(labels)))
    roles = np.zeros(len(labels), dtype=np.int64) if roles is None else roles
    role, centroids = roles[rows[first]], unit_rows(total).astype(np.float32)
    return _compared(IntentNearness(labels, roles, ids, role, total, centroids, *_nothing_known(len(ids))), ids[:0])


def _nothing_known(m: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    return np.full(m, GONE), np.full(m, -np.inf, dtype=np.float32)


def _compared(near: IntentNearness, changed: NDArray[np.int64]) -> IntentNearness:
    """Return the nearness with the best of each, given which of them, by place, have changed.

    An intent whose best is `GONE` is compared with all others, any other only with those that have changed.
    """
    best, cosine, C, role = near.best.copy(), near.cosine.copy(), near.centroids, near.role
    if len(C) < 2:
        return replace(near, best=np.full(len(C), -1), cosine=np.zeros(len(C), dtype=np.float32))
    for rows in _parts(np.flatnonzero(best == GONE)):
        S = np.where(role[rows][:, None] == role, C[rows] @ C.T, -np.inf)
        S[np.arange(len(rows)), rows] = -np.inf
        best[rows] = S.argmax(axis=1)
        cosine[rows] = S[np.arange(len(rows)), best[rows]]
    is_other = np.ones(len(C), dtype=bool)
    is_other[changed] = False
    for part in chunks(len(C), N_COMPARED) if len(changed) else ():
        S = np.where(role[part][:, None] == role[changed], C[part] @ C[changed].T, -np.inf)
        found, nearest = S.argmax(axis=1), S.max(axis=1)
        nearer = np.flatnonzero((nearest > cosine[part]) & is_other[part])
        best[part][nearer], cosine[part][nearer] = changed[found[nearer]], nearest[nearer]
    is_alone = np.isneginf(cosine)
    best[is_alone], cosine[is_alone] = -1, 0.0
    return replace(near, best=best, cosine=cosine)


def _parts(rows: NDArray[np.int64]) -> Sequence[NDArray[np.int64]]:
    return [rows[start : start + N_COMPARED] for start in range(0, len(rows), N_COMPARED)]
