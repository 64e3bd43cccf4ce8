"""What the head that reads where a sentence is said gets, and what it makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.name.kinds import Kinds
from dialin.name.place_head import (
    N_FEATURES,
    PlaceHead,
    begins,
    greatest_before,
    last_of,
    place_features,
    shipped_place_head,
    silent_before,
    summed_before,
)
from dialin.read.spoken import SpokenOrder

Turns = list[tuple[float, bool, int]]
"""A probability, whether an agent speaks, and the dialogue, of each turn."""
TURNS = st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.integers(0, 3)), max_size=12).map(
    lambda turns: sorted(turns, key=lambda turn: turn[2])
)


def order_of(turns: Turns) -> SpokenOrder:
    return SpokenOrder(np.arange(len(turns)), np.array([dialogue for *_, dialogue in turns], dtype=np.int64))


def test_the_features_of_a_call_by_hand() -> None:
    """An agent asks for data (.8); the customer greets (social .9, need .1); then states a need of .6.

    The need: even its log-odds are log(.6 / .4) = .405; all before it said nothing with .9; the customer spoke once, a
    quarter of four; the greatest need before was .1; and the agent last asked for data.
    """
    P = np.array([[0, 0, 0.8, 0, 0.2], [0.1, 0, 0, 0, 0.9], [0.6, 0.4, 0, 0, 0]])
    found = place_features(Kinds(P), np.array([True, False, False]), SpokenOrder(np.arange(3), np.zeros(3, np.int64)))
    assert found.shape == (3, N_FEATURES)
    assert found[2, :2] == pytest.approx([0.405, -0.405], abs=1e-3)
    assert found[2, 5:8] == pytest.approx([0.9, 0.25, 0.1])
    assert found[2, 8:].tolist() == P[0].tolist()
    assert found[0, 5:].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]


def test_what_has_no_known_kind_counts_as_nothing() -> None:
    found = place_features(
        Kinds(np.full((2, 5), np.nan)), np.array([False, False]), SpokenOrder(np.arange(2), np.zeros(2, np.int64))
    )
    assert np.isfinite(found).all()
    assert found[1, 5:8] == pytest.approx([0, 0.25, 0], abs=1e-8)


@given(TURNS)
def test_each_looks_at_the_earlier_turns_of_its_own_dialogue_alone(turns: Turns) -> None:
    values, is_agent = np.array([p for p, *_ in turns]), np.array([agent for _, agent, _ in turns], dtype=bool)
    order = order_of(turns)
    begin = begins(order)
    earlier = [np.flatnonzero(order.dialogue[:i] == order.dialogue[i]) for i in range(len(turns))]
    assert summed_before(values, begin) == pytest.approx([values[own].sum() for own in earlier], abs=1e-6)
    assert silent_before(values, begin) == pytest.approx([values[own].prod() for own in earlier], abs=1e-6)
    assert greatest_before(values, begin) == pytest.approx([max(values[own], default=0) for own in earlier], abs=1e-9)
    last = [next((values[j] for j in own[::-1] if is_agent[j]), 0.0) for own in earlier]
    assert last_of(values[:, None], is_agent, begin).ravel().tolist() == last


def test_no_turns_have_no_features() -> None:
    none = SpokenOrder(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert place_features(Kinds(np.zeros((0, 5))), np.zeros(0, bool), none).shape == (0, N_FEATURES)


def test_a_head_by_hand() -> None:
    """2 · 0.5 − 1 are log-odds of 0: one half."""
    assert PlaceHead(np.array([2.0, 0.0]), -1.0).p_need(np.array([[0.5, 7.0]])).tolist() == [0.5]


def test_the_shipped_head_believes_what_comes_first_and_not_what_comes_after_a_need() -> None:
    """Doubtful by itself, a sentence rather is a need before any other, and rather none once a need is stated."""
    head, doubtful = shipped_place_head(), [0.4, 0.6, 0, 0, 0]
    assert head.weights.shape == (N_FEATURES,)
    P = np.array([doubtful, [1, 0, 0, 0, 0], doubtful])
    order = SpokenOrder(np.arange(3), np.array([0, 1, 1]))
    first, _, later = head.p_need(place_features(Kinds(P), np.zeros(3, bool), order)).tolist()
    assert later < 0.5 < first
