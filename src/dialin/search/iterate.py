"""The paper's Algorithm 1: partition what is left, keep what the judge finds coherent, go on with the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.cluster.partition import Partitioner
from dialin.judge.coherence import Judge, Rows, Verdict
from dialin.search.tree_search import Search, Trial


@dataclass(frozen=True)
class Loop:
    """What a run of Algorithm 1 is made of.

    Parameters
    ----------
    partitioner : Partitioner
        Partitions what is left, for every k.
    search : Search
        Takes the coherent clusters out of a partition.
    epsilon : float
        Stop when at most this share of the sentences is left, in [0, 1).
    max_rounds : int
        Stop after so many rounds (T_max).
    """

    partitioner: Partitioner
    search: Search
    epsilon: float = 0.05
    max_rounds: int = 4


@dataclass(frozen=True)
class Round:
    """One round of the loop.

    Parameters
    ----------
    n_rest : int
        Sentences at its start, |S_t|.
    clusters : tuple of ndarray
        Sentence numbers of each cluster kept.
    verdicts : tuple of Verdict
        One per cluster kept.
    trials : tuple of Trial
        The k tried and what they were worth.
    best_k : int
        The k chosen.
    capped : bool
        Whether a cap of the budget ended it early.
    """

    n_rest: int
    clusters: tuple[Rows, ...]
    verdicts: tuple[Verdict, ...]
    trials: tuple[Trial, ...]
    best_k: int
    capped: bool = False


@dataclass(frozen=True)
class SubsetJudge:
    """A judge for a part of the sentences, whose clusters are numbered within the part."""

    whole: Judge
    rows: Rows

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        """Judge clusters of the part."""
        return self.whole.judge([self.rows[cluster] for cluster in clusters])

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        """Judge unions of clusters of the part."""
        return self.whole.judge_unions([(self.rows[a], self.rows[b]) for a, b in pairs])


def iterate(X: NDArray[np.float32], judge: Judge, loop: Loop) -> Iterator[Round]:
    """Yield the rounds of Algorithm 1 until little is left, T_max is reached, or a round keeps nothing.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings of the sentences S.
    judge : Judge
        Decides which clusters are coherent.
    loop : Loop
        Partitioner, search and stopping rule.
    """
    rest, log = np.arange(len(X)), list[Trial]()
    for _ in range(loop.max_rounds):
        if len(rest) <= loop.epsilon * len(X):
            return
        partition = loop.partitioner.fit(X[rest])
        found = loop.search(partition, SubsetJudge(judge, rest).judge, log)
        clusters = tuple(rest[rows] for rows in found.clusters)
        yield Round(len(rest), clusters, found.verdicts, found.trials, found.best_k, found.capped)
        if not clusters or found.capped:
            return
        log += found.trials
        rest = np.setdiff1d(rest, np.concatenate(clusters))
