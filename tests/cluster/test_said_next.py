"""Tests of the vectors that lean towards what is said next."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from dialin.arrays import Matrix
from dialin.cluster.said_next import NEXT, NextTurns
from dialin.read.spoken import SpokenOrder, spoken_order

EYE = np.eye(3, dtype=np.float32)


def order(sentence: list[int], dialogue: list[int], turn: list[int] | None = None) -> SpokenOrder:
    """Return the order of turns."""
    return SpokenOrder(np.array(sentence), np.array(dialogue), None if turn is None else np.array(turn))


def with_next(X: Matrix, spoken: SpokenOrder, scripts: list[bool], weight: float = NEXT) -> Matrix:
    """Return the vectors of all sentences, with a share of what is said next."""
    return NextTurns.of(spoken, scripts, weight).lean(X, slice(None))


def test_by_hand() -> None:
    """Sentence 0 is followed by 1 in one dialogue and by 2 in another: (1, .15, .15) / √(1 + 2 · .15²) = / 1.0223."""
    X = with_next(EYE, order([0, 1, 0, 2], [0, 0, 1, 1]), [False] * 3)
    assert X[0].tolist() == pytest.approx([1 / 1.0223, 0.15 / 1.0223, 0.15 / 1.0223], abs=1e-4)
    assert X[1:].tolist() == EYE[1:].tolist()
    assert X.dtype == np.float32
    assert np.linalg.norm(X, axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("spoken", "scripts"),
    [
        (order([0, 1], [0, 1]), [False, False, False]),
        (order([0, 1], [0, 0], [3, 5]), [False, False, False]),
        (order([0, 0], [0, 0]), [False, False, False]),
        (order([0, 1], [0, 0]), [False, True, False]),
        (order([0], [0]), [False, False, False]),
    ],
    ids=["another-dialogue", "a-turn-is-missing", "said-again", "another-script", "alone"],
)
def test_what_does_not_follow_counts_for_nothing(spoken: SpokenOrder, scripts: list[bool]) -> None:
    assert not NextTurns.of(spoken, scripts)
    assert with_next(EYE, spoken, scripts).tolist() == EYE.tolist()


def test_unknown_numbers_follow_in_the_order_of_the_input() -> None:
    table = pa.table({"dialogue_id": ["a", "a"], "turn": pa.array([None, None], pa.int64())})
    found = spoken_order(table, np.array([0, 1]))
    assert found is not None
    assert found.follows.tolist() == [False, True]


def test_more_weight_leans_further() -> None:
    spoken = order([0, 1], [0, 0])
    cosines = [float((with_next(EYE, spoken, [False] * 3, weight) @ EYE[1])[0]) for weight in (0.0, NEXT, 1.0)]
    assert cosines == pytest.approx([0.0, NEXT / math.hypot(1, NEXT), math.sqrt(0.5)], abs=1e-6)
