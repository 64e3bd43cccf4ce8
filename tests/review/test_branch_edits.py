"""Edits of the tree: what they change, what they need, and that they can be undone."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.discover.intent_tree import TOP, Branch, IntentTree
from dialin.review.carry import carry
from dialin.review.edits import (
    Edit,
    Entry,
    Merge,
    Move,
    Place,
    RenameBranch,
    Split,
    SplitPart,
    Undo,
    edit_of,
    fields_of,
)
from dialin.review.replay import refusal, replay
from dialin.review.state import ReviewState, start_of

TREE = IntentTree(
    (Branch(0, "card"), Branch(1, "lost-card", 0), Branch(2, "parcel")),
    {0: 0, 1: 1, 2: 1, 3: 2},
)
START = start_of(np.array([0, 0, 1, 1, 2, 3, 4]), {i: f"name-{i}" for i in range(5)}, tree=TREE)


def after(*edits: Edit) -> ReviewState:
    return replay(START, [Entry(line, edit) for line, edit in enumerate(edits, 2)])


def test_a_branch_gets_another_name_which_a_person_gave() -> None:
    state = after(RenameBranch(0, "bank-card"))
    assert state.tree.path(1) == ("bank-card", "lost-card")
    assert state.tree.by_number[0].given


def test_an_intent_moves_to_another_branch_out_of_all_or_into_a_new_one() -> None:
    assert after(Place((0, 4), 2)).tree.path(4) == ("parcel",)
    assert after(Place((0,), TOP)).tree.path(0) == ()
    assert after(Place((0,), 3, "travel")).tree.path(0) == ("travel",)


def test_an_undone_edit_leaves_the_tree_as_it_was() -> None:
    state = after(RenameBranch(0, "bank-card"), Place((3,), 7, "travel"), Undo(2), Undo(3))
    assert state.tree == TREE
    assert state.free_branch == 8  # so the number of a branch that is undone is never that of another


def test_a_branch_without_intents_is_gone_and_comes_back_with_one() -> None:
    assert [branch.name for branch in after(Place((3,), 0)).tree.branches] == ["card", "lost-card"]
    assert after(Place((3,), 0), Place((4,), 2)).tree.path(4) == ("parcel",)


def test_what_becomes_of_an_intent_stays_in_its_branch() -> None:
    parts = (SplitPart(0, "a", (0,)), SplitPart(5, "b", (1,)))
    assert after(Split(0, parts)).tree.path(5) == ("card",)
    assert after(Move((5,), 5, "new")).tree.path(5) == ("parcel",)
    assert after(Merge(4, (0,))).tree.path(4) == ()
    assert 0 not in after(Merge(4, (0,))).tree.places


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (RenameBranch(9, "x"), "branch 9 no longer exists"),
        (RenameBranch(0, "Parcel"), "another branch is named 'Parcel'"),
        (Place((9,), 0), "intent 9 no longer exists"),
        (Place((0,), 9), "branch 9 no longer exists"),
        (Place((0,), 1, "new"), "branch 1 is already in use"),
        (Place((0,), 9, "card"), "another branch is named 'card'"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(edit: Edit, why: str) -> None:
    assert refusal(START, edit) == why  # type: ignore[arg-type]
    state = after(edit)
    assert (state.tree, state.void) == (TREE, (2,))


def test_a_name_below_may_be_one_that_is_also_above() -> None:
    assert after(RenameBranch(1, "parcel")).tree.path(1) == ("card", "parcel")


NUMBERS = st.integers(0, 9)
EDITS = st.one_of(
    st.builds(RenameBranch, NUMBERS, st.text("ab c", min_size=1).map(str.strip).filter(bool)),
    st.builds(Place, st.lists(NUMBERS, min_size=1, max_size=3).map(tuple), st.integers(-1, 9)),
    st.builds(Place, st.lists(NUMBERS, min_size=1, max_size=3).map(tuple), NUMBERS, st.just("new")),
)


@given(EDITS)
def test_an_edit_comes_back_from_its_line(edit: Edit) -> None:
    back = edit_of(json.loads(json.dumps(fields_of(edit))))
    expected = RenameBranch(edit.branch, " ".join(edit.name.split())) if isinstance(edit, RenameBranch) else edit
    assert back == expected


@given(st.lists(EDITS, max_size=8))
def test_after_any_edits_the_tree_can_be_walked(edits: list[Edit]) -> None:
    state = after(*edits)
    for intent in state.intents:
        assert len(state.tree.path(intent)) <= 2
    assert set(state.tree.places) <= set(state.intents)
    assert {branch.parent for branch in state.tree.branches} <= {TOP, *state.tree.by_number}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"decision": "rename-branch", "branch": 1}, "`name` is missing"),
        ({"decision": "rename-branch", "branch": -1, "name": "x"}, "`branch` must be a number"),
        ({"decision": "place", "branch": 1}, "`intents` must be a list"),
        ({"decision": "place", "intents": [1], "name": "x"}, "`branch` must be a number"),
    ],
)
def test_a_line_that_is_no_edit_is_refused(fields: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        edit_of(fields)


# --- another result of the run ----------------------------------------------------------------------


def test_edits_of_branches_are_carried_to_another_result_by_their_intents() -> None:
    """The other result has the same five intents in other numbers, and parcels are a branch of another number."""
    tree = IntentTree((Branch(4, "post"), Branch(5, "bank")), {0: 4, 1: 5, 2: 5, 3: 5})
    found = start_of(np.array([3, 3, 2, 2, 1, 0, 4]), {i: f"other-{i}" for i in range(5)}, tree=tree)
    log = [
        Entry(2, RenameBranch(0, "cards"), "Ana"),
        Entry(3, Place((4,), 2), "Ben"),
        Entry(4, Place((0,), 9, "travel"), "Ana"),
        Entry(5, RenameBranch(1, "stolen"), "Ana"),
    ]
    carried = carry(replay(START, log), log, found)
    assert [entry.edit for entry in carried.entries] == [
        RenameBranch(5, "cards"),
        Place((4,), 4),
        Place((3,), 6, "travel"),
    ]  # there is no branch below "bank" that could be "stolen"
    assert (carried.n_moved, carried.n_left) == (3, 1)


def test_what_cannot_be_told_of_the_other_result_is_counted() -> None:
    found = start_of(np.array([0, 1, 0, 1, 0, 1, 0]), {0: "a", 1: "b"})
    log = [Entry(2, RenameBranch(0, "cards")), Entry(3, Place((3,), 0))]
    carried = carry(replay(START, log), log, found)
    assert (carried.entries, carried.n_moved, carried.n_left) == ((), 0, 2)
