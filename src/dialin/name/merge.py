"""Merges clusters of one intent along the edges of the label graph (paper §3.3).

Beyond the paper, an edge counts only if the judge finds the union coherent, always the union of everything that both
ends have become so far, so that a chain cannot glue strangers together. Neighbours by centroid are proposed as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import expit

from dialin.arrays import Rows
from dialin.cluster.labels import centroid
from dialin.judge.verdict import SURE_LOG_ODDS, Coherence, Judge, Verdict
from dialin.name.label_graph import Edge, cosines

_EVEN = 1e-9


@dataclass(frozen=True)
class MergeResult:
    """Which clusters became one, and how sure the judge was.

    Parameters
    ----------
    groups : tuple of tuple of int
        Clusters of each group, ascending; the groups partition all clusters.
    verdicts : dict of tuple to Verdict
        The verdict on each group of several clusters that was verified.
    """

    groups: tuple[tuple[int, ...], ...]
    verdicts: dict[tuple[int, ...], Verdict]


def components(n: int, edges: Sequence[Edge]) -> MergeResult:
    """Return the connected components of n clusters: the paper's merge, unverified."""
    rows, cols = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(rows)), (rows, cols)), shape=(n, n))
    labels = connected_components(graph, directed=False)[1]
    groups = {label: tuple(np.flatnonzero(labels == label).tolist()) for label in labels}
    return MergeResult(tuple(groups.values()), {})


@dataclass(frozen=True)
class NearestGroups:
    """Proposes the nearest group of each by centroid: labels of small LLMs differ where the intent does not.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings of all sentences.
    n_refusals : int
        A group refused this often makes no proposals until it has grown.
    alone : frozenset of int
        Groups that neither propose nor are proposed: sentences that were found to lie apart from all others.
    """

    X: NDArray[np.float32]
    n_refusals: int = 2
    alone: frozenset[int] = frozenset()

    def ranked(self, rows: Mapping[int, Rows], linked: Sequence[Edge], refused: Collection[Edge]) -> list[Edge]:
        """Return the pairs of groups that are linked or propose each other, nearest centroids first.

        Parameters
        ----------
        rows : mapping of int to ndarray
            Sentences of each group.
        linked : sequence of (int, int)
            Pairs that go in anyway.
        refused : collection of (int, int)
            Pairs that the judge has refused; they are passed over.
        """
        if len(rows) < 2:
            return []
        ids = sorted(rows)
        place = {g: i for i, g in enumerate(ids)}
        S = cosines(np.array([centroid(self.X[rows[g]]) for g in ids]))
        np.fill_diagonal(S, -2.0)
        near = S.copy()
        for a, b in refused:
            if a in place and b in place:
                near[place[a], place[b]] = near[place[b], place[a]] = -2.0
        apart = [place[g] for g in self.alone if g in place]
        near[apart] = near[:, apart] = -2.0
        tries = Counter(g for pair in refused for g in pair)
        eager = [i for i, g in enumerate(ids) if tries[g] < self.n_refusals and near[i].max() > -2.0]
        pairs = {*linked, *(_edge(ids[i], ids[int(near[i].argmax())]) for i in eager)}
        return sorted(pairs, key=lambda pair: (-S[place[pair[0]], place[pair[1]]], pair))


class Groups:
    """The state of a verified merge: the groups so far, and the pairs that the judge has refused.

    A group that grows gets a new number, since it is a new set of sentences with no verdict yet.
    """

    def __init__(self, clusters: Sequence[Rows], edges: Sequence[Edge]) -> None:
        self._rows = dict(enumerate(clusters))
        self._members: dict[int, tuple[int, ...]] = {i: (i,) for i in range(len(clusters))}
        self._group = list(range(len(clusters)))
        self._edges = list(edges)
        self._refused = set[Edge]()
        self._verdicts = dict[int, Verdict]()

    def batch(self, near: NearestGroups | None) -> list[Edge]:
        """Return pairs of groups to ask about, no group twice."""
        linked = list(dict.fromkeys(_edge(self._group[i], self._group[j]) for i, j in self._edges))
        return matching(linked if near is None else near.ranked(self._rows, linked, self._refused))

    def rows(self, pair: Edge) -> tuple[Rows, Rows]:
        """Return the sentences of both groups."""
        return self._rows[pair[0]], self._rows[pair[1]]

    def answer(self, pair: Edge, verdict: Verdict) -> None:
        """Make one group of two whose union is good; otherwise do not ask about the two again."""
        a, b = pair
        self._edges = [(i, j) for i, j in self._edges if _edge(self._group[i], self._group[j]) != pair]
        if not verdict.good:
            self._refused.add(pair)
            return
        new = len(self._group) + len(self._verdicts)
        self._rows[new] = np.concatenate([self._rows.pop(a), self._rows.pop(b)])
        self._members[new] = tuple(sorted(self._members.pop(a) + self._members.pop(b)))
        self._verdicts[new] = verdict
        self._group = [new if g in pair else g for g in self._group]

    def merged(self) -> MergeResult:
        """Return the result."""
        verdicts = {self._members[g]: v for g, v in self._verdicts.items() if g in self._members}
        return MergeResult(tuple(sorted(self._members.values())), verdicts)


def _edge(i: int, j: int) -> Edge:
    return (i, j) if i < j else (j, i)


def matching(pairs: Sequence[Edge]) -> list[Edge]:
    """Return the first pair of each group, no group twice: a batch to judge.

    Examples
    --------
    >>> matching([(0, 1), (1, 2), (2, 3)])
    [(0, 1), (2, 3)]
    """
    busy, batch = set[int](), list[Edge]()
    for pair in pairs:
        if busy.isdisjoint(pair):
            busy.update(pair)
            batch.append(pair)
    return batch


def verified(
    clusters: Sequence[Rows], edges: Sequence[Edge], judge: Judge, near: NearestGroups | None = None
) -> MergeResult:
    """Merge along the edges and between neighbours, each union only if the judge finds all of it coherent.

    Parameters
    ----------
    clusters : sequence of ndarray
        Rows of each cluster.
    edges : sequence of (int, int)
        Candidates, most promising first.
    judge : Judge
        Asked about the union of all that both ends have become so far.
    near : NearestGroups, optional
        Proposes neighbours beside the edges, again whenever a group has grown; all go by how near their centroids are.
    """
    groups = Groups(clusters, edges)
    while batch := groups.batch(near):
        for pair, verdict in zip(batch, confirmed([groups.rows(pair) for pair in batch], judge), strict=True):
            groups.answer(pair, verdict)
    return groups.merged()


def confirmed(unions: Sequence[tuple[Rows, Rows]], judge: Judge) -> list[Verdict]:
    """Return the verdicts on unions; a "good" that is not certain is checked again with half of the sentences.

    Few of the proposed pairs share an intent, so many of the answers "good" are wrong. If one pair in five does, a
    judge that is right nine times out of ten is right in .69 of its "good" answers, and in .95 of those that it
    confirms.
    """
    verdicts = judge.judge_unions(unions)
    doubtful = [
        i for i, v in enumerate(verdicts) if v.good and v.log_odds < SURE_LOG_ODDS and max(map(len, unions[i])) > 1
    ]
    if not doubtful:
        return verdicts
    halves = [(np.sort(a)[::2], np.sort(b)[::2]) for a, b in (unions[i] for i in doubtful)]
    for i, second in zip(doubtful, judge.judge_unions(halves), strict=True):
        verdicts[i] = both(verdicts[i], second)
    return verdicts


def both(first: Verdict, second: Verdict) -> Verdict:
    """Return the mean of two answers about one union, in log-odds; where they outweigh each other, it is not good.

    The mean, not the sum: both are about the same sentences, and know some of the same.

    Examples
    --------
    Odds of 9 and of 1/4 make √(9/4) = 1.5, hence .6:

    >>> round(both(Verdict.of(0.9), Verdict.of(0.2)).p_good, 4)
    0.6
    """
    mean = (first.log_odds + second.log_odds) / 2
    found = Coherence.GOOD if mean > _EVEN else Coherence.BAD
    return Verdict(float(expit(mean)), found, first.evidence, first.n_asked + second.n_asked)
