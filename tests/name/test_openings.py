"""What a sentence does, given where it is said: in a dialogue, and in a table."""

from __future__ import annotations

import numpy as np
import pytest

from dialin.name.kinds import KINDS, Kinds
from dialin.name.openings import LEARNT, OPENING, at_opening, in_dialogues, kinds_in_place, with_need
from dialin.read.spoken import SpokenOrder

ANSWER_LIKE, GREETING, NEED_LIKE = [0.1, 0.88, 0.0, 0.0, 0.02], [0.0, 0.0, 0.0, 0.0, 1.0], [0.9, 0.1, 0.0, 0.0, 0.0]
UNKNOWN, ASKS_FOR_DATA = [np.nan] * 5, [0.0, 0.1, 0.9, 0.0, 0.0]
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
    """An agent greets, a customer greets and states; in another call, the agent has asked once the need was stated."""
    rows = [GREETING, GREETING, ANSWER_LIKE, NEED_LIKE, ASKS_FOR_DATA, ANSWER_LIKE]
    said = order([0, 1, 2, 3, 4, 5], [0, 0, 0, 1, 1, 1])
    assert names(rows, [A, C, C, C, A, C], said) == ["social", "social", "need", "need", "data", "answer"]


def test_what_is_said_at_both_places_is_the_mean_of_both() -> None:
    first, later = ANSWER_LIKE, NEED_LIKE
    apart = in_dialogues(Kinds(np.array([first, later, first])), np.zeros(3, bool), order([0, 1, 2], [0, 1, 1]))
    found = in_dialogues(Kinds(np.array([first, later])), np.zeros(2, bool), order([0, 1, 0], [0, 1, 1]))
    assert found.P[0, 0] == pytest.approx((apart.P[0, 0] + apart.P[2, 0]) / 2)
    assert found.P.sum(axis=1) == pytest.approx([1, 1])


def test_what_agents_say_keeps_its_kind_and_is_no_statement_of_the_customer() -> None:
    """Whatever an agent says before, the first statement of the customer stays the first."""
    rows = [ANSWER_LIKE, [0.4, 0.6, 0.0, 0.0, 0.0]]
    found = kinds_in_place(Kinds(np.array(rows)), [A, C], order([0, 1], [0, 0]))
    assert found.P[0].tolist() == rows[0]
    assert found.names == ["answer", "need"]


def test_a_statement_in_an_unknown_script_keeps_no_kind() -> None:
    assert names([UNKNOWN, NEED_LIKE], [C, C], order([0, 1], [0, 1])) == ["", "need"]


def test_sentences_outside_of_dialogues_stay_as_they_are() -> None:
    kinds = Kinds(np.array([NEED_LIKE, ANSWER_LIKE]))
    found = kinds_in_place(kinds, [C, C], order([0], [0]))
    assert found.P[1].tolist() == ANSWER_LIKE
    assert found.P[0, 0] != NEED_LIKE[0]


def test_the_other_kinds_keep_their_odds() -> None:
    """Of .1 need, .6 and .3: a need of .7 leaves .3 for the two, .2 and .1."""
    assert with_need(np.array([[0.1, 0.6, 0.3, 0, 0]]), np.array([0.7])).round(6).tolist() == [[0.7, 0.2, 0.1, 0, 0]]


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
