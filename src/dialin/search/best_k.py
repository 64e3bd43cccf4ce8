"""The paper's search (Algorithm 1): cut at every candidate k, and keep the good clusters at the best one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Rows
from dialin.cluster.partition import Partition
from dialin.judge.verdict import UNASKED_VERDICT, Coherence, Verdict
from dialin.search.trial import Ask, SearchResult, Trial, Unit, tally


def default_candidates(n: int, min_size: int) -> tuple[int, ...]:
    """Return the k to try on n sentences: five values, evenly spaced in log, up to n / (4 · min_size).

    Four times the minimum is the mean size of the finest cut, which keeps most of the pieces above it.

    Examples
    --------
    >>> default_candidates(3000, 5)
    (9, 19, 38, 75, 150)
    """
    largest = max(2, n // (4 * min_size))
    return tuple(sorted({max(2, round(largest / 2**i)) for i in range(5)}))


def judge_cut(labels: NDArray[np.int64], ask: Ask, min_size: int) -> list[tuple[Rows, Verdict]]:
    """Judge every cluster of a cut; one smaller than `min_size` is bad without a question."""
    order = np.argsort(labels, kind="stable")
    clusters = np.split(order, np.cumsum(np.bincount(labels))[:-1])
    large = [rows for rows in clusters if len(rows) >= min_size]
    verdicts = iter(ask(large))
    small = Verdict(0.0, Coherence.BAD, "size")
    return [(rows, next(verdicts) if len(rows) >= min_size else small) for rows in clusters]


@dataclass(frozen=True)
class KSearch:
    """The paper's search: the best of several k, one for the whole round.

    Parameters
    ----------
    candidates : tuple of int, optional
        The search space N; by default `default_candidates` of the sentences that are left.
    unit : {"sentences", "clusters"}
        What good and bad count.
    min_size : int
        Smaller clusters are never good.
    prune : callable, optional
        ``prune(log, candidates, n_rest)`` returns the candidates to try, from the log of earlier rounds.
    """

    candidates: tuple[int, ...] = ()
    unit: Unit = "sentences"
    min_size: int = 3
    prune: Callable[[Sequence[Trial], Sequence[int], int], Sequence[int]] | None = None

    def __call__(self, partition: Partition, ask: Ask, log: Sequence[Trial]) -> SearchResult:
        """Judge the cut at every candidate k and keep the good clusters of the best."""
        cuts, capped = dict[int, list[tuple[Rows, Verdict]]](), False
        for k in self._space(partition.n, log):
            judged = judge_cut(partition.cut(k), ask, self.min_size)
            if capped := any(verdict is UNASKED_VERDICT for _, verdict in judged):
                break  # a cut of which only a part was judged cannot be compared with the others
            cuts[k] = judged
        trials = {k: tally(judged, self.unit) for k, judged in cuts.items()}
        best = max(trials, key=lambda k: (trials[k].ratio, -k), default=0)
        kept = [(rows, verdict) for rows, verdict in cuts.get(best, []) if verdict.good]
        return SearchResult(tuple(r for r, _ in kept), tuple(v for _, v in kept), tuple(trials.values()), best, capped)

    def _space(self, n: int, log: Sequence[Trial]) -> list[int]:
        space = [k for k in self.candidates if k <= n] or list(default_candidates(n, self.min_size))
        if self.prune is not None and log:
            space = list(self.prune(log, space, n)) or space
        return sorted(set(space))
