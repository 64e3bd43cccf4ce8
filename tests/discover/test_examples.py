"""Which sentences of an intent are shown: the typical ones, in an order, and no two that say the same."""

from __future__ import annotations

import numpy as np
import pytest

from dialin.discover.data import Data
from dialin.discover.examples import MOST_PAIRED, typical_rows, unlike, usual_cosine
from dialin.discover.naming import central_rows
from dialin.name.kinds import KINDS, Kinds


def at_angles(degrees: list[float], counts: list[int], kinds: list[str] | None = None) -> Data:
    """Return sentences whose vectors point at these angles, each said so often, and each sure to be of a kind."""
    radians = np.radians(degrees)
    X = np.column_stack([np.cos(radians), np.sin(radians)]).astype(np.float32)
    n = len(degrees)
    known = kinds and Kinds(np.array([[float(kind == own) for kind in KINDS] for own in kinds]))
    return Data([""] * n, X, np.array(counts), [""] * n, kinds=known or None)


def test_the_first_example_is_what_was_said_most() -> None:
    """One greeting was said 38 times, four others once each: their middle is 42°, that of all utterances 4°."""
    data, rows = at_angles([0, 40, 41, 42, 43], [38, 1, 1, 1, 1]), np.arange(5)
    assert typical_rows(data, rows, 1).tolist() == [0]
    assert typical_rows(data, rows[1:], 9)[0] in central_rows(data.X, rows[1:], 2)
    assert typical_rows(data, rows[:0], 2).tolist() == []


def test_a_sentence_said_twice_is_not_before_a_more_central_one_said_once() -> None:
    """Said three times, it would be."""
    assert typical_rows(at_angles([0, 1, 2, 9], [1, 1, 1, 2]), np.arange(4), 2).tolist() != [3, 2]
    assert typical_rows(at_angles([0, 1, 2, 9], [1, 1, 1, 3]), np.arange(4), 2)[0] == 3


def test_what_is_said_often_but_lies_apart_is_not_the_first_example() -> None:
    """Ten sentences around 4.5° were said three times each, one at 90° five times: 14° is the middle of all.

    Of the 55 pairs, 24 are nearer than 4° and 6 are 4° apart, so the next is 5°, and after it 1°.
    """
    data = at_angles([*range(10), 90], [3] * 10 + [5])
    assert typical_rows(data, np.arange(11), 3).tolist() == [9, 5, 1]
    few = at_angles([0, 10, 20, 90], [1, 1, 1, 3])  # the middle is 52°, and the mean cosine that of 39°
    assert typical_rows(few, np.arange(3), 3)[0] == 1
    assert typical_rows(at_angles([0, 1, 2, 3, 90], [2, 2, 2, 2, 3]), np.arange(5), 1).tolist() == [3]


def test_what_is_nearly_the_same_waits_until_all_else_is_shown() -> None:
    """Three copies lie at 10°, one sentence at 4° and one at 17°; the centre is at 10.2°."""
    data, rows = at_angles([10, 10.1, 10.2, 4, 17], [1, 1, 1, 1, 1]), np.arange(5)
    assert typical_rows(data, rows, 3).tolist() == [2, 3, 4]
    assert sorted(typical_rows(data, rows, 9).tolist()) == [0, 1, 2, 3, 4]
    assert typical_rows(data, rows, 9).tolist()[:3] == [2, 3, 4]


def test_copies_alone_are_all_shown() -> None:
    assert typical_rows(at_angles([7, 7, 7], [1, 2, 9]), np.arange(3), 3).tolist() == [2, 0, 1]


@pytest.mark.parametrize("n_times", [1, 9])
def test_a_greeting_among_needs_is_no_example_while_a_need_is_left(n_times: int) -> None:
    """It lies in their middle, and may be said most often."""
    kinds = ["need", "need", "social", "need", "need"]
    data = at_angles([0, 5, 10, 15, 20], [5, 5, n_times, 5, 5], kinds)
    shown = typical_rows(data, np.arange(5), 5).tolist()
    assert 2 not in shown[:4]
    assert shown[4] == 2


def test_examples_go_by_what_is_said_alone() -> None:
    """With what is said next, row 2 would be in the middle; alone, it is row 1."""
    alone = at_angles([0, 10, 20], [1, 1, 1])
    leaning = at_angles([10, 20, 14], [1, 1, 1])
    data = Data(alone.texts, leaning.X, alone.counts, alone.roles, X_alone=alone.X)
    assert typical_rows(data, np.arange(3), 1).tolist() == [1]


def test_how_near_two_sentences_usually_are_by_hand() -> None:
    """Cosines of 1, 0 and 0; of one vector, there are no two."""
    X = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    assert usual_cosine(X) == 0.0
    assert usual_cosine(X[:2]) == usual_cosine(X[:1]) == 1.0
    assert usual_cosine(np.repeat(X[:1], 3 * MOST_PAIRED, axis=0)) == 1.0
    assert unlike(X, [1, 0, 2], usual_cosine(X), 9) == [1, 2]
    assert unlike(X, [1, 0, 2], 1.0, 2) == [1, 0]
