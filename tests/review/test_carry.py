"""Decisions about one result as edits of another: each stays with its sentences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.review.carry import carry
from dialin.review.edits import Accept, Change, Entry, Merge, Move, Noise, Quorum, Rename, Split, SplitPart, Vote
from dialin.review.replay import replay
from dialin.review.state import ReviewState, start_of

BEFORE = start_of(np.array([0, 0, 0, 1, 1, 1, 2, 2, -1]), {0: "a", 1: "b", 2: "c"})
AFTER = start_of(np.array([2, 2, 2, 0, 0, 0, 1, 1, -1]), {0: "x", 1: "y", 2: "z"})
SPREAD = start_of(np.array([0, 1, 2, 0, 1, 2, 0, 1, 2]), {0: "x", 1: "y", 2: "z"})


def after(*edits: Change, found: ReviewState = AFTER) -> tuple[ReviewState, int, int]:
    """Return the state of the other result with the decisions, and how many moved and were left."""
    log = [Entry(line, edit, "Ana", "2026") for line, edit in enumerate(edits, 2)]
    done = carry(replay(BEFORE, log), log, found)
    assert [entry.line for entry in done.entries] == list(range(2, 2 + len(done.entries)))
    assert {entry.by for entry in done.entries} <= {"Ana"}
    state = replay(found, done.entries)
    assert not state.void
    return state, done.n_moved, done.n_left


CASES: dict[str, tuple[Change, dict[str, list[int]]]] = {
    "a name": (Rename(0, "block-card"), {"block-card": [0, 1, 2]}),
    "a confirmation": (Accept(1), {"b": [3, 4, 5]}),
    "a merge": (Merge(0, (2,), "both"), {"both": [0, 1, 2, 6, 7]}),
    "a move": (Move((8,), 2), {"c": [6, 7, 8]}),
    "a new intent": (Move((0, 3), 9, "new"), {"new": [0, 3]}),
    "a split": (Split(0, (SplitPart(0, "one", (0,)), SplitPart(9, "two", (1, 2)))), {"one": [0], "two": [1, 2]}),
    "noise": (Noise((0, 4)), {"": [0, 4, 8]}),
}


@pytest.mark.parametrize("found", [AFTER, SPREAD], ids=["other numbers", "other intents"])
@pytest.mark.parametrize("what", CASES)
def test_a_decision_stays_with_its_sentences(what: str, found: ReviewState) -> None:
    edit, expected = CASES[what]
    state, n_moved, n_left = after(edit, found=found)
    assert (n_moved, n_left) == (1, 0)
    for name, sentences in expected.items():
        if not name:
            assert set(sentences[:-1]) <= set(state.members(-1).tolist())
            continue
        ids = [intent for intent, known in state.intents.items() if known.name == name]
        (members,) = [set(state.members(intent).tolist()) for intent in ids if len(state.members(intent))]
        assert members >= set(sentences)
        assert len(members) < 2 * len(sentences)  # others join where the other result puts them


def test_what_nobody_decided_is_as_the_other_result_has_it() -> None:
    state, _, _ = after(Rename(0, "block-card"))
    assert state.intents[0].name == "x"
    assert state.labels.tolist() == AFTER.labels.tolist()


def test_a_verdict_moves_only_to_an_intent_of_the_same_sentences() -> None:
    state, n_moved, n_left = after(Vote(0, good=False), Quorum(1))
    assert (n_moved, n_left, state.judged.wanted) == (2, 0, 1)
    assert state.intents[2].wants_split
    assert after(Vote(0, good=False), found=SPREAD)[1:] == (0, 1)


def test_the_wish_to_split_moves_to_the_intent_with_most_of_the_sentences() -> None:
    state, n_moved, n_left = after(Split(0))
    assert (n_moved, n_left, state.intents[2].wants_split) == (1, 0, True)
    assert after(Split(0), found=SPREAD)[1:] == (0, 1)


def test_a_decision_that_a_later_one_took_over_counts_as_moved() -> None:
    _, n_moved, n_left = after(Rename(2, "gone"), Merge(0, (2,)), Noise((0,)), Move((0,), 1))
    assert (n_moved, n_left) == (4, 0)


some = st.sets(st.integers(0, 8), min_size=1)
edits = st.one_of(
    st.builds(Accept, st.integers(0, 2)),
    st.builds(Rename, st.integers(0, 2), st.sampled_from(["p", "q"])),
    st.builds(
        lambda rows, to: Move(tuple(sorted(rows)), to), st.sets(st.integers(0, 8), min_size=1), st.integers(0, 2)
    ),
    st.builds(lambda rows: Noise(tuple(sorted(rows))), st.sets(st.integers(0, 8), min_size=1)),
    st.just(Merge(0, (1,))),
    st.just(Move((1, 2), 9, "new")),
)


@given(st.lists(edits, max_size=6), st.lists(st.integers(-1, 3), min_size=9, max_size=9))
def test_every_kept_intent_has_all_its_sentences_in_any_other_result(
    decisions: list[Change], labels: list[int]
) -> None:
    log = [Entry(line, edit) for line, edit in enumerate(decisions, 2)]
    before = replay(BEFORE, log)
    found = start_of(np.array(labels), {i: f"n{i}" for i in range(4)})
    done = carry(before, log, found)
    state = replay(found, done.entries)
    assert not state.void
    assert done.n_moved + done.n_left == len(before.active) - len(before.void)
    for row in np.flatnonzero(before.pinned):
        old, new = before.labels[row], state.labels[row]
        assert (old < 0) == (new < 0)
        if old >= 0:
            assert before.intents[old].name == state.intents[new].name
