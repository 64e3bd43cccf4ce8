"""A ranking has the likeliest intents first, those that the role allows and no others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.discover.assign import Pieces
from dialin.discover.ranking import ranking_of
from spheres import spheres

IDS = np.array([4, 9, 4, 2])
ROLES = ("customer", "", "agent", "agent")


def pieces(roles: tuple[str, ...] = ROLES) -> Pieces:
    return Pieces(spheres(4, 1), np.zeros(4, np.float32), IDS, roles)


@given(st.integers(0, 6), st.lists(st.sampled_from(["", "customer", "agent", "clerk"]), max_size=8))
def test_a_ranking_falls_and_holds_what_its_role_allows(n_top: int, roles: list[str]) -> None:
    X = spheres(8, 1, seed=1)[: len(roles)]
    found = ranking_of(pieces(), X, roles, n_top)
    assert found.intents.shape == found.p.shape == (len(roles), min(n_top, 3))
    assert (np.diff(found.p, axis=1) <= 0).all()
    allowed = {"": {2, 4, 9}, "customer": {4, 9}, "agent": {2, 4, 9}, "clerk": {9}}
    for role, intents in zip(roles, found.intents.tolist(), strict=True):
        named = [intent for intent in intents if intent >= 0]
        assert set(named) <= allowed[role]
        assert len(named) == min(n_top, len(allowed[role]))
        assert intents == named + [-1] * (len(intents) - len(named))


def test_the_probabilities_are_those_of_the_pieces() -> None:
    X = spheres(5, 1, seed=2)
    found = ranking_of(pieces(("",) * 4), X, [""] * 5, 3)
    P = pieces(("",) * 4).intent_probabilities(X, [""] * 5, 10)
    for row in range(5):
        assert found.p[row].tolist() == pytest.approx([P[row, intent] for intent in found.intents[row].tolist()])
    assert found.p.sum(axis=1) == pytest.approx(np.ones(5))


def test_without_pieces_or_sentences_there_is_nothing_to_rank() -> None:
    none = Pieces(np.empty((0, 24), np.float32), np.empty(0, np.float32), np.empty(0, np.int64), ())
    assert ranking_of(none, spheres(2, 1), ["", "agent"], 3).intents.shape == (2, 0)
    assert ranking_of(pieces(), spheres(1, 1)[:0], [], 3).intents.shape[0] == 0
