"""A judge that answers by what an earlier run has decided, where that settles the question, and else asks another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from dialin.arrays import Bools, Ints, Labels, Rows
from dialin.judge.guarantee import Cascaded
from dialin.judge.verdict import Judge, Verdict

T = TypeVar("T")
MOST_STRANGE = 0.1
"""Share of other sentences in a set, up to which it is one intent without a question: so few would hardly be shown."""
ENOUGH = 6
"""Sentences of an intent that count in a set of any size; of fewer, a judge may see none."""
P_KNOWN = 0.97
"""P(good), or of bad, that an earlier decision counts for: as a "good" that needs no second question."""


@dataclass(frozen=True, eq=False)
class KnownJudge(Judge):
    """Asks only about sets that sentences of known intents do not settle.

    A set is *about* an intent if it holds half of the intent's sentences or more, and these are not too few to be seen
    in it. A set about two intents is bad. One of which nearly all sentences are of one intent is good.

    Parameters
    ----------
    other : Judge
        Judges the other sets.
    known : ndarray of shape (n,), int64
        Known intent of each sentence; −1 for none.
    """

    other: Judge
    known: Labels

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        """Return one verdict per cluster."""
        return self._judged(clusters, clusters, self.other.judge)

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        """Return one verdict per union."""
        return self._judged(pairs, [np.concatenate(pair) for pair in pairs], self.other.judge_unions)

    def _judged(
        self, given: Sequence[T], sets: Sequence[Rows], ask: Callable[[list[T]], list[Verdict]]
    ) -> list[Verdict]:
        """Return one verdict per set; `ask` is given those that are not settled, each as it was given here."""
        told = [self._told(rows) for rows in sets]
        answers = iter(ask([one for one, verdict in zip(given, told, strict=True) if verdict is None]))
        return [verdict or next(answers) for verdict in told]

    def _told(self, rows: Rows) -> Verdict | None:
        """Return the verdict that the known intents imply; None where they settle nothing."""
        found = n_of_each(self.known[rows], len(self._totals))
        if is_about(len(rows), found, self._totals).sum() > 1:
            return Verdict.of(1 - P_KNOWN, "known")
        is_one = found.max(initial=0) >= (1 - MOST_STRANGE) * len(rows)
        return Verdict.of(P_KNOWN, "known") if is_one else None

    @cached_property
    def _totals(self) -> Ints:
        return n_of_each(self.known)

    @property
    def is_capped(self) -> bool:
        """Whether a cap of the budget has ended the asking."""
        return self.other.is_capped

    @property
    def cascaded(self) -> Cascaded | None:
        """What a cheap and a dear judge have decided so far."""
        return self.other.cascaded

    def confidence(self, kept: Rows) -> float | None:
        """Return P(good) of a cluster that the search kept, by the other judge."""
        return self.other.confidence(kept)

    def for_audit(self) -> Judge:
        """Return the other judge for clusters that no search selected."""
        return self.other.for_audit()


def n_of_each(known: Labels, n_intents: int = 0) -> Ints:
    """Return how many of some sentences are of each known intent, for all that occur, and at least `n_intents`.

    Examples
    --------
    >>> n_of_each(np.array([1, -1, 1, 0]), 3).tolist()
    [1, 2, 0]
    """
    return np.bincount(known[known >= 0], minlength=n_intents).astype(np.int64)


def is_about(n: int, found: Ints, totals: Ints) -> Bools:
    """Return whether a set of n sentences, with `found` of the `totals` of each intent, is about each of them.

    Examples
    --------
    >>> is_about(9, np.array([3, 1, 0]), np.array([6, 4, 0])).tolist()
    [True, False, False]
    >>> is_about(10, np.array([1, 2]), np.array([1, 2])).tolist()
    [False, True]
    """
    is_seen = found > min(MOST_STRANGE * n, ENOUGH - 1)
    return np.asarray(is_seen & (2 * found >= totals))
