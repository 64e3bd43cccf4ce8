"""Tests of the vectors that lean towards what is said next."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from dialin.cluster.said_next import NEXT, LeaningVectors, NextTurns, with_next
from dialin.discover.state import Data
from dialin.read.spoken import SpokenOrder, spoken_order

EYE = np.eye(3, dtype=np.float32)


def order(sentence: list[int], dialogue: list[int], turn: list[int] | None = None) -> SpokenOrder:
    """Return the order of turns."""
    return SpokenOrder(np.array(sentence), np.array(dialogue), None if turn is None else np.array(turn))


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
    assert with_next(EYE, spoken, scripts) is EYE


def test_unknown_numbers_follow_in_the_order_of_the_input() -> None:
    table = pa.table({"dialogue_id": ["a", "a"], "turn": pa.array([None, None], pa.int64())})
    found = spoken_order(table, np.array([0, 1]))
    assert found is not None
    assert found.follows.tolist() == [False, True]


@pytest.mark.parametrize("rows", [slice(2, 40), np.array([7, 3, 3, 59]), np.arange(0)], ids=["slice", "rows", "none"])
def test_rows_that_are_made_when_read_are_those_made_at_once(rows: slice | np.ndarray) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 5)).astype(np.float32)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    spoken = order(rng.integers(0, 60, 80).tolist(), np.repeat(np.arange(20), 4).tolist())
    leaning = LeaningVectors(X, NextTurns.of(spoken, [False] * 60))
    assert leaning.shape == X.shape
    assert leaning[rows].tolist() == with_next(X, spoken, [False] * 60)[rows].tolist()


def test_more_weight_leans_further() -> None:
    spoken = order([0, 1], [0, 0])
    cosines = [float((with_next(EYE, spoken, [False] * 3, weight) @ EYE[1])[0]) for weight in (0.0, NEXT, 1.0)]
    assert cosines == pytest.approx([0.0, NEXT / math.hypot(1, NEXT), math.sqrt(0.5)], abs=1e-6)


def test_a_known_sentence_keeps_its_vector() -> None:
    """What is known as "where" keeps the vector of its run; the same words of another role, or new ones, do not."""
    known = Data(["where", "why"], EYE[:2], np.ones(2, np.int64), ["customer", "agent"], order=order([0, 1], [0, 0]))
    new = Data(["why", "where", "how"], EYE, np.ones(3, np.int64), ["customer", "customer", ""])
    assert new.with_vectors_of(known).X.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert new.with_vectors_of(None) is new
    assert new.in_context("none") is new
    assert new.in_context("next") is new
