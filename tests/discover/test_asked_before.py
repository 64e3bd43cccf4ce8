"""What agents said right before the sentences of an intent of data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dialin.discover.data import Data
from dialin.discover.naming import NamedRows, asked_before
from dialin.name.turns import Turn
from dialin.read.spoken import SpokenOrder

TEXTS = ["hello", "your order number?", "LK 4471", "and your name?", "LK 0083", "Anna Berg"]
ROLES = ["customer", "agent", "customer", "agent", "customer", "customer"]
ORDER = SpokenOrder(np.array([0, 1, 2, 3, 5, 1, 4]), np.array([0, 0, 0, 0, 0, 1, 1]))
"""One dialogue of five turns, and one of two, in which an agent asks for a number, too."""
DATA = Data(TEXTS, np.eye(6, dtype=np.float32), np.ones(6, np.int64), ROLES, order=ORDER)


def asked(data: Data, rows: list[int], kind: str = "data") -> list[list[int]]:
    """Return the sentences that agents said right before some sentences, one list for the only intent."""
    found = asked_before(data, [NamedRows(np.array(rows), [], Turn(kind, "customer"))])
    return [X.argmax(axis=1).tolist() for X in found]


def test_each_place_of_a_sentence_counts_and_each_turn_of_an_agent_before_it() -> None:
    assert asked(DATA, [2, 4]) == [[1, 1]]
    assert asked(DATA, [5]) == [[3]]


def test_an_opening_and_what_follows_a_customer_was_not_asked_for() -> None:
    assert asked(DATA, [0]) == [[]]
    alone = replace(DATA, order=SpokenOrder(np.array([0, 5]), np.array([0, 0])))
    assert asked(alone, [5]) == [[]]


def test_a_turn_before_that_is_missing_asked_for_nothing() -> None:
    gap = replace(DATA, order=SpokenOrder(np.array([1, 4]), np.array([0, 0]), np.array([0, 5])))
    assert asked(gap, [4]) == [[]]


def test_other_kinds_and_tables_are_not_looked_at() -> None:
    assert asked(DATA, [2, 4], "answer") == [[]]
    assert asked(replace(DATA, order=None), [2, 4]) == []
