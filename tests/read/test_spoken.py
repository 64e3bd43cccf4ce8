"""The order of the turns: by dialogue, by number, else by row; and what is left among some sentences."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from dialin.read.columns import Columns
from dialin.read.spoken import SpokenOrder, spoken_order
from dialin.read.table import read


def order_of(**columns: list[object]) -> list[str] | None:
    """Return the texts in spoken order; " | " stands between dialogues."""
    corpus = read(pa.table(columns), Columns())
    order = spoken_order(corpus.occurrences, corpus.occurrences["sentence_id"].to_numpy())
    if order is None:
        return None
    assert (np.diff(order.dialogue) >= 0).all()
    return [f"{d}{corpus.texts[s]}" for d, s in zip(order.dialogue.tolist(), order.sentence.tolist(), strict=True)]


def test_turns_have_their_numbers_order() -> None:
    found = order_of(text=["b", "x", "a"], dialogue_id=["p", "q", "p"], turn=[2, 1, 1])
    assert found == ["0a", "0b", "1x"]


def test_without_numbers_the_rows_decide() -> None:
    assert order_of(text=["b", "x", "a"], dialogue_id=["p", "q", "p"]) == ["0b", "0a", "1x"]


def test_a_sentence_may_be_said_again() -> None:
    assert order_of(text=["yes", "no", "yes"], dialogue_id=["p", "q", "q"]) == ["0yes", "1no", "1yes"]


def test_what_is_in_no_dialogue_is_left_out() -> None:
    assert order_of(text=["b", "x", "a"], dialogue_id=["p", None, "p"]) == ["0b", "0a"]


def test_without_dialogues_there_is_no_order() -> None:
    assert order_of(text=["b", "x", "a"]) is None


def test_the_turns_of_some_sentences_are_numbered_again() -> None:
    order = SpokenOrder(np.array([0, 2, 3, 2]), np.array([0, 0, 1, 2])).among(np.array([2, 3]))
    assert order.sentence.tolist() == [0, 1, 0]
    assert order.dialogue.tolist() == [0, 1, 2]
