"""Which clusters a name of a turn, such as "greet", may name."""

from __future__ import annotations

import numpy as np

from dialin.name.kinds import Kinds
from dialin.name.turns import Turn


def turn(kind: str, rows: list[list[float]], counts: list[int]) -> Turn:
    return Turn.of(kind, "customer", Kinds(np.array(rows)), np.array(counts))


def test_what_is_mostly_small_talk_is_a_turn() -> None:
    """Two in three say thanks, one half and half with a need: (1 + 1 + 0.5) / 3 say nothing."""
    found = turn("social", [[0, 0, 0, 0, 1], [0, 0, 0, 0.5, 0.5], [0.5, 0, 0, 0, 0.5]], [1, 1, 1])
    assert found.kind == "social"
    assert round(found.p_turn, 2) == 0.83


def test_one_frequent_phrase_does_not_make_complaints_a_turn() -> None:
    """It counts √9 = 3 of 8."""
    found = turn("social", [[0, 0, 0, 0, 1.0]] + [[1.0, 0, 0, 0, 0]] * 5, [9, 1, 1, 1, 1, 1])
    assert (found.kind, found.p_turn) == ("", 0.375)


def test_needs_and_answers_keep_their_kind() -> None:
    assert turn("need", [[0.4, 0, 0.3, 0.3, 0]], [1]).kind == "need"
    assert turn("answer", [[0, 1, 0, 0, 0]], [3]).p_turn == 0


def test_unknown_kinds_make_an_unknown_turn() -> None:
    assert turn("", [[np.nan] * 5], [2]).kind == ""
