"""After the search, neighbours vote on the border of the pieces that nobody has read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dialin.arrays import Matrix
from dialin.discover.context import Context, Tools
from dialin.discover.data import Data
from dialin.discover.settings import Settings
from dialin.discover.state import Draft
from dialin.discover.steps import settle_borders
from dialin.judge.people import KeepAllJudge
from dialin.judge.verdict import Verdict
from oracles import BagOfWords
from spheres import spheres

N_EACH = 1_000
STRAYED = (5, 9)
"""Rows of the first bundle that came to the piece of the second."""


def vectors(n_each: int = N_EACH) -> Matrix:
    return spheres(2, n_each, seed=1)


def context_of(X: Matrix, roles: list[str], **changes: Any) -> Context:
    n = len(X)
    data = Data([f"sentence {i}" for i in range(n)], X, np.ones(n, np.int64), roles)
    return Context.of(
        data, Tools(None, BagOfWords().encode, judge=KeepAllJudge()), Settings(**{"judge": "geometry"} | changes)
    )


def draft_of(evidence: tuple[str, str], roles: list[str]) -> Draft:
    """Return a draft of two pieces: the bundles, but for what has strayed."""
    first = np.setdiff1d(np.arange(N_EACH), STRAYED)
    second = np.sort(np.append(np.arange(N_EACH, 2 * N_EACH), STRAYED))
    draft = Draft(roles, pieces=[first, second], intents=[(0,), (1,)], piece_roles=["", ""])
    draft.verdicts = [Verdict.of(0.9, each) for each in evidence]
    return draft


NOBODY = [""] * (2 * N_EACH)


def test_what_has_strayed_goes_back() -> None:
    found = settle_borders(draft_of(("geometry", "geometry"), NOBODY), context_of(vectors(), NOBODY))
    assert [piece.tolist() for piece in found.pieces] == [list(range(N_EACH)), list(range(N_EACH, 2 * N_EACH))]


@pytest.mark.parametrize(
    ("evidence", "changes", "roles"),
    [
        pytest.param(("geometry", "llm"), {}, NOBODY, id="an LLM has read it"),
        pytest.param(("geometry", "both"), {}, NOBODY, id="an LLM has read it beside the embeddings"),
        pytest.param(("geometry", "geometry"), {"judge": "people"}, NOBODY, id="people will read it"),
        pytest.param(
            ("geometry", "geometry"), {"strategy": "paper", "n_clusters": (2, 3)}, NOBODY, id="the loop of the paper"
        ),
    ],
)
def test_what_somebody_reads_stays_as_it_is(
    evidence: tuple[str, str], changes: dict[str, Any], roles: list[str]
) -> None:
    found = settle_borders(draft_of(evidence, roles), context_of(vectors(), roles, **changes))
    assert found.pieces[1][:2].tolist() == list(STRAYED)


def test_roles_vote_by_themselves() -> None:
    """The first bundle but for what has strayed is an agent's: its sentences have no vote on those of a customer."""
    roles = ["customer" if i in STRAYED or i >= N_EACH else "agent" for i in range(2 * N_EACH)]
    draft = draft_of(("geometry", "geometry"), roles)
    draft.piece_roles = ["agent", "customer"]
    found = settle_borders(draft, context_of(vectors(), roles))
    assert found.pieces[1][:2].tolist() == list(STRAYED)


def test_a_piece_that_becomes_too_small_is_dropped() -> None:
    """Its four sentences lie among the others: nothing of it is left."""
    X = spheres(1, 1000, seed=1)
    draft = Draft([""] * 1000, pieces=[np.arange(4, 1000), np.arange(4)], intents=[(0,), (1,)], piece_roles=["", ""])
    draft.verdicts = [Verdict.of(0.9, "geometry")] * 2
    found = settle_borders(draft, context_of(X, [""] * 1000))
    assert [len(piece) for piece in found.pieces] == [1000]
    assert (found.intents, len(found.verdicts), found.piece_roles) == ([(0,)], 1, [""])


def test_nothing_was_kept() -> None:
    draft = Draft(NOBODY)
    assert settle_borders(draft, context_of(vectors(), NOBODY)).pieces == []
