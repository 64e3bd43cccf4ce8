"""What is discovered beside kept intents joins one of them if the judge says so, whatever the names are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from dialin.arrays import Rows
from dialin.discover.assign import build
from dialin.discover.state import Data, Intent, Result
from dialin.judge.verdict import Judge, Verdict
from dialin.review.join_known import homes_of
from dialin.review.pin import NO_DECISION, KeptIntents, PinnedSplit
from oracles import on_circle

DEGREES = (0, 2, 4, 90, 92, 94, 20, 22, 24, 180, 182, 184)
"""Two kept intents at 0° and 90°, and two discovered ones at 20° and 180°."""


@dataclass
class Knows(Judge):
    """Finds a set good if it lies within some degrees; keeps what it was asked."""

    rows: Rows
    width: float
    asked: list[list[int]]

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        sets = [self.rows[cluster].tolist() for cluster in clusters]
        self.asked += [sorted(one) for one in sets]
        return [Verdict.of(0.99 if np.ptp([DEGREES[row] for row in one]) <= self.width else 0.01) for one in sets]

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        return self.judge([np.concatenate(pair) for pair in pairs])


def split_and_found() -> tuple[PinnedSplit, Result]:
    X = on_circle(*DEGREES)
    data = Data([str(d) for d in DEGREES], X, np.full(12, 2), [""] * 12)
    labels = np.array([0] * 3 + [1] * 3 + [NO_DECISION] * 6)
    pieces = build(X, [np.arange(3), np.arange(3, 6)], [0, 1], ["", ""])
    kept = KeptIntents(("a", "b"), ("", ""), ("", ""), np.ones(2), labels, pieces, ("u", "v"))
    split = PinnedSplit(kept, data, labels, (labels >= 0).astype(np.float64))
    own = build(X[6:], [np.arange(3), np.arange(3, 6)], [0, 1], ["", ""])
    intents = tuple(Intent(i, name, 3, 6, 0.9, "", (name,)) for i, name in enumerate(("b", "c")))
    found = Result(intents, np.repeat([0, 1], 3), np.ones(6), [""] * 6, (), own, True, [""] * 6)
    return split, found


@pytest.mark.parametrize(("width", "homes"), [(30, {0: 0}), (10, {}), (100, {0: 0, 1: 1})])
def test_the_judge_decides_about_each_with_its_nearest(width: float, homes: dict[int, int]) -> None:
    """20° is nearest to 0°, 180° to 90°; the name "b" of the first, which is that of the other, says nothing."""
    split, found = split_and_found()
    asked: list[list[int]] = []
    assert homes_of(split, found, lambda rows: Knows(rows, width, asked)) == homes
    assert asked == [[0, 1, 2, 6, 7, 8], [3, 4, 5, 9, 10, 11]]


def test_what_joins_adds_its_sentences_and_pieces_and_the_rest_gets_another_name() -> None:
    split, found = split_and_found()
    result = split.joined(found, {1: 0})
    assert [(one.name, one.uid, one.size) for one in result.intents] == [("a", "u", 6), ("b", "v", 3), ("b-2", "", 3)]
    assert result.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 0, 0, 0]
    assert result.intents[0].n_occurrences == 12
    assert result.pieces.intents.tolist() == [0, 1, 2, 0]
    assert result.pieces.assign(split.data.X, [""] * 12)[0].tolist() == result.labels.tolist()


def test_a_listed_intent_stays_apart() -> None:
    split, found = split_and_found()
    listed = replace(found, intents=(replace(found.intents[0], uid="w"), found.intents[1]))
    assert homes_of(split, listed, lambda rows: Knows(rows, 360, [])) == {1: 1}


def test_intents_of_two_roles_stay_apart() -> None:
    split, found = split_and_found()
    kept = replace(split, pinned=replace(split.pinned, roles=("customer", "agent")))
    said = replace(found, intents=tuple(replace(one, role="customer") for one in found.intents))
    assert homes_of(kept, said, lambda rows: Knows(rows, 360, [])) == {0: 0}


def test_nothing_discovered_joins_nothing() -> None:
    split, found = split_and_found()
    none = replace(found, intents=(), labels=np.full(6, -1))
    assert homes_of(split, none, lambda rows: Knows(rows, 360, [])) == {}
