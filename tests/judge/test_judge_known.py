"""What an earlier run decided settles some questions; the other judge is asked about the rest alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dialin.arrays import Rows
from dialin.judge.known import KnownJudge
from dialin.judge.verdict import Judge, Verdict

KNOWN = np.array([0, 0, 0, 0, 1, 1, 1, 1, -1, -1, -1])


@dataclass
class Asks(Judge):
    """Finds all sets good, and keeps them."""

    asked: list[list[int]] = field(default_factory=list)

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        self.asked += [rows.tolist() for rows in clusters]
        return [Verdict.of(0.6) for _ in clusters]

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        return self.judge([np.concatenate(pair) for pair in pairs])

    @property
    def is_capped(self) -> bool:
        return len(self.asked) > 1


def test_sets_of_one_or_of_two_known_intents_are_settled() -> None:
    """{0, 1} is of one intent; {0, 1, 4, 5} holds half of both; {0, 4, 8} is about neither; {0, 1, 8} is half new."""
    other = Asks()
    judge = KnownJudge(other, KNOWN)
    sets = [np.array(rows) for rows in ([0, 1], [0, 4, 8], [0, 1, 4, 5], [0, 1, 8], [8, 9])]
    verdicts = judge.judge(sets)
    assert [one.good for one in verdicts] == [True, True, False, True, True]
    assert [one.evidence for one in verdicts] == ["known", "llm", "known", "llm", "llm"]
    assert other.asked == [[0, 4, 8], [0, 1, 8], [8, 9]]
    assert judge.is_capped


def test_unions_are_settled_alike() -> None:
    other = Asks()
    pairs = [(np.array([0, 1]), np.array([2])), (np.array([0, 1]), np.array([4, 5])), (np.array([0]), np.array([8]))]
    assert [one.good for one in KnownJudge(other, KNOWN).judge_unions(pairs)] == [True, False, True]
    assert other.asked == [[0, 8]]
