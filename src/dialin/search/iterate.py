"""Algorithm 1 of the paper: partition the rest, keep the clusters that the judge finds coherent, and repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Rows
from dialin.cluster.partition import Partitioner
from dialin.judge.verdict import Judge, Verdict
from dialin.search.trial import Search, Trial


@dataclass(frozen=True)
class Loop:
    """The parts and limits of a run of Algorithm 1.

    Parameters
    ----------
    partitioner : Partitioner
        Partitions the rest, for every k.
    search_among : callable
        Rows that are left -> the search that takes the coherent clusters out of their partition.
    epsilon : float
        Stop when at most this share of the sentences is left, in [0, 1).
    max_rounds : int
        Stop after so many rounds (T_max).
    """

    partitioner: Partitioner
    search_among: Callable[[Rows], Search]
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


def iterate(X: NDArray[np.float32], rows: Rows, judge: Judge, loop: Loop) -> Iterator[Round]:
    """Yield the rounds of Algorithm 1 until little is left, T_max is reached, or a round keeps nothing.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings of all sentences.
    rows : ndarray of shape (m,), int64
        The sentences S to cluster: those of one stratum, ascending.
    judge : Judge
        Decides which clusters are coherent.
    loop : Loop
        Partitioner, search and stopping rule.
    """
    rest, log = rows, list[Trial]()
    for _ in range(loop.max_rounds):
        if len(rest) <= loop.epsilon * len(rows):
            return
        partition = loop.partitioner.fit(X[rest])
        found = loop.search_among(rest)(partition, partial(judge_within, judge, rest), log)
        clusters = tuple(rest[own] for own in found.clusters)
        yield Round(len(rest), clusters, found.verdicts, found.trials, found.best_k, found.capped)
        if not clusters or found.capped:
            return
        log += found.trials
        rest = np.setdiff1d(rest, np.concatenate(clusters))


def judge_within(judge: Judge, rest: Rows, clusters: Sequence[Rows]) -> list[Verdict]:
    """Judge clusters that are numbered within the rest."""
    return judge.judge([rest[own] for own in clusters])
