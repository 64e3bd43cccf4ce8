"""What a sentence does, given where it is said: the first statement of a customer is mostly a need."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.name.kinds import KINDS, Kinds
from dialin.name.openings import LEARNT, OPENING, at_opening, kinds_in_place, shares_of_openings, silent_before
from dialin.read.spoken import SpokenOrder

ANSWER_LIKE, GREETING, NEED_LIKE = [0.1, 0.88, 0.0, 0.0, 0.02], [0.0, 0.0, 0.0, 0.0, 1.0], [0.9, 0.1, 0.0, 0.0, 0.0]
UNKNOWN = [np.nan] * 5
C, A = "customer", "agent"


def order(sentence: list[int], dialogue: list[int]) -> SpokenOrder:
    return SpokenOrder(np.array(sentence), np.array(dialogue))


def names(rows: list[list[float]], roles: list[str], said: SpokenOrder | None) -> list[str]:
    return kinds_in_place(Kinds(np.array(rows).reshape(-1, len(KINDS))), roles, said).names


def test_shares_are_shares() -> None:
    assert [LEARNT.sum(), OPENING.sum()] == pytest.approx([1, 1])
    assert len(LEARNT) == len(OPENING) == len(KINDS)


def test_an_opening_by_hand() -> None:
    """0.1 · (61/91) / (4/8) = 0.134 for a need, 0.9 · (1/91) / (1/8) = 0.079 for an answer: 0.134 / 0.213 = 0.63."""
    found = at_opening(np.array([[0.1, 0.9, 0.0, 0.0, 0.0]]))
    assert found[0].round(2).tolist() == [0.63, 0.37, 0.0, 0.0, 0.0]


def test_the_first_statement_is_a_need_and_the_same_later_is_an_answer() -> None:
    """An agent greets, a customer greets and states; later, another customer's statement follows a need."""
    rows = [GREETING, GREETING, ANSWER_LIKE, NEED_LIKE, ANSWER_LIKE]
    said = order([0, 1, 2, 3, 4], [0, 0, 0, 1, 1])
    assert names(rows, [A, C, C, C, C], said) == ["social", "social", "need", "need", "answer"]


def test_what_is_said_at_both_places_is_the_mean_of_both() -> None:
    kinds = Kinds(np.array([ANSWER_LIKE, NEED_LIKE]))
    found = kinds_in_place(kinds, [C, C], order([0, 1, 0], [0, 1, 1]))
    as_opening = at_opening(kinds.P)
    before = 1e-9  # of a need, nothing says nothing
    assert found.P[0] == pytest.approx((as_opening[0] + kinds.P[0]) / 2, abs=before)
    assert found.P[1] == pytest.approx(as_opening[1])


def test_agents_do_not_open_and_do_not_close() -> None:
    """What an agent asks before the customer has said anything leaves the customer's first turn the first."""
    rows = [[0.0, 0.9, 0.1, 0.0, 0.0], ANSWER_LIKE]
    found = kinds_in_place(Kinds(np.array(rows)), [A, C], order([0, 1], [0, 0]))
    assert found.P[0].tolist() == rows[0]
    assert found.names == ["answer", "need"]


def test_a_statement_in_an_unknown_script_is_the_first_and_keeps_no_kind() -> None:
    assert names([UNKNOWN, ANSWER_LIKE], [C, C], order([0, 1], [0, 0])) == ["", "answer"]


def test_sentences_outside_of_dialogues_are_no_openings() -> None:
    kinds = Kinds(np.array([NEED_LIKE, ANSWER_LIKE]))
    assert shares_of_openings(kinds, np.array([False, False]), order([0], [0])).tolist() == [1.0, 0.0]


def test_a_table_of_needs_is_one_of_openings_and_a_table_of_turns_is_not() -> None:
    """Nine in ten read like needs: then the other is rather a need, too. Three in ten: then the others are not."""
    doubtful = [0.3, 0.7, 0.0, 0.0, 0.0]
    assert names([NEED_LIKE] * 9 + [doubtful], [""] * 10, None) == ["need"] * 10
    assert names([NEED_LIKE] * 3 + [doubtful] * 7, [""] * 10, None) == ["need"] * 3 + ["answer"] * 7


def test_a_table_with_agents_is_one_of_turns() -> None:
    assert names([NEED_LIKE] * 7 + [ANSWER_LIKE], [C] * 6 + [A, C], None)[-1] == "answer"


def test_unknown_kinds_stay_unknown() -> None:
    assert names([UNKNOWN] * 3, [""] * 3, None) == [""] * 3
    assert names([], [], None) == []


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3)), max_size=12))
def test_silence_is_the_product_of_what_was_said_before(turns: list[tuple[float, int]]) -> None:
    turns = sorted(turns, key=lambda turn: turn[1])
    silent, dialogue = np.array([p for p, _ in turns]), np.array([d for _, d in turns], dtype=np.int64)
    found = silent_before(silent, SpokenOrder(np.arange(len(turns)), dialogue))
    by_hand = [np.prod(silent[:i][dialogue[:i] == dialogue[i]]) for i in range(len(turns))]
    assert found == pytest.approx(np.array(by_hand), abs=1e-6)
