"""Several judges as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Rows
from dialin.judge.verdict import UNASKED_VERDICT, Coherence, Judge, Verdict


@dataclass(frozen=True)
class Crowd(Judge):
    """Several judges, one vote each, the majority decides (paper §3.1); a tie is bad.

    Parameters
    ----------
    judges : tuple of Judge
        The evaluators. The p_good of the crowd is their mean.
    """

    judges: tuple[Judge, ...]

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        """Return the majority's verdict per cluster."""
        return [majority(votes) for votes in zip(*(j.judge(clusters) for j in self.judges), strict=True)]

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        """Return the majority's verdict per union."""
        return [majority(votes) for votes in zip(*(j.judge_unions(pairs) for j in self.judges), strict=True)]

    @property
    def is_capped(self) -> bool:
        """Whether a cap of the budget has ended the asking of any of them."""
        return any(judge.is_capped for judge in self.judges)


def majority(votes: Sequence[Verdict]) -> Verdict:
    """Return the verdict of most of the votes that were read; UNASKED or UNREADABLE where none was."""
    if all(vote.coherence is Coherence.UNASKED for vote in votes):
        return UNASKED_VERDICT
    readable = [vote for vote in votes if vote.coherence in {Coherence.GOOD, Coherence.BAD}]
    n_asked = sum(vote.n_asked for vote in votes)
    p_good = float(np.mean([vote.p_good for vote in readable or votes]))
    if not readable:
        return Verdict(p_good, Coherence.UNREADABLE, "crowd", n_asked)
    good = 2 * sum(vote.good for vote in readable) > len(readable)
    return Verdict(p_good, Coherence.GOOD if good else Coherence.BAD, "crowd", n_asked)
