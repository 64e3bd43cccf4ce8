"""Good or bad: who may say it, what the majority makes of it, how far people agree, and that no verdict is lost."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.review.edits import Accept, Edit, Entry, Merge, Move, Noise, Quorum, Rename, Undo, Vote, edit_of, fields_of
from dialin.review.log import entries_in
from dialin.review.replay import Replayer, refusal, replay
from dialin.review.stages import Stage, open_for, standing_of
from dialin.review.state import ReviewState, start_of
from dialin.review.verdicts import fleiss_agreement
from dialin.tune.from_review import decided_in

START = start_of(np.array([0, 0, 0, 1, 1, 2, -1]), {0: "unnamed-intent", 1: "unnamed-intent-2", 2: "unnamed-intent-3"})
Said = tuple[str, Edit]


def log_of(*said: Said) -> list[Entry]:
    return [Entry(line, edit, by) for line, (by, edit) in enumerate(said, 1)]


def after(*said: Said) -> ReviewState:
    return replay(START, log_of(*said))


def all_say(intent: int, *good: bool, group: int = 1, look: int = 0) -> list[Said]:
    """Return a verdict each of Ana, Ben, Eva (or of Kim, Leo, Mia, in the second group)."""
    names = ("Ana", "Ben", "Eva") if group == 1 else ("Kim", "Leo", "Mia")
    return [(by, Vote(intent, own, group, look)) for by, own in zip(names, good, strict=False)]


# --- verdicts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "stage"),
    [
        ([True, True], Stage.JUDGE),
        ([True, True, False], Stage.NAME),
        ([False, True, False], Stage.SHARE_OUT),
    ],
)
def test_the_majority_of_three_decides(said: list[bool], stage: Stage) -> None:
    state = after(*all_say(0, *said))
    assert standing_of(state).stages[0] is stage
    assert state.intents[0].wants_split == (stage is Stage.SHARE_OUT)


def test_a_tie_waits_for_one_more_and_a_person_counts_once() -> None:
    two = [("", Quorum(2)), *all_say(0, True, False)]
    assert standing_of(after(*two)).stages[0] is Stage.JUDGE
    assert after(*two).judged.is_tied(1, 0)
    assert standing_of(after(*two, ("Eva", Vote(0, good=True)))).stages[0] is Stage.NAME
    assert standing_of(after(*two, ("Ben", Vote(0, good=True)))).stages[0] is Stage.NAME
    assert after(*two, ("Ben", Vote(0, good=True))).judged.of(1, 0) == {"Ana": True, "Ben": True}


def test_one_annotator_is_enough_where_one_is_wanted() -> None:
    assert standing_of(after(("", Quorum(1)), ("Ana", Vote(1, good=False)))).stages[1] is Stage.SHARE_OUT
    assert standing_of(after(("Ana", Vote(1, good=False)))).stages[1] is Stage.JUDGE


def test_what_a_name_may_not_say() -> None:
    state = after(*all_say(0, True, True, True), ("Ana", Rename(0, "cancel-order")), *all_say(0, True, group=2, look=1))
    assert "name of the person who gives it" in refusal(state, Vote(1, good=True), "")
    assert "Ana already judged in group 1" in refusal(state, Vote(0, True, 2, 1), "Ana")
    assert "Kim already judged in group 2" in refusal(state, Vote(1, good=True), "Kim")
    assert "intent 9 no longer exists" in refusal(state, Vote(9, good=True), "Ana")
    assert "has changed since" in refusal(state, Vote(0, True, 2, 0), "Leo")
    assert not refusal(state, Vote(0, True, 2, 1), "Leo")
    void = after(("Ana", Vote(0, good=True)), ("Ana", Vote(0, True, 2)), ("", Vote(0, good=True)))
    assert void.void == (2, 3)


def test_verdicts_that_are_heard_one_by_one_change_no_earlier_state() -> None:
    """Three judges find intent 0 bad, and a person accepts it all the same; then two are enough, and Kim verifies."""
    said: list[Said] = [*all_say(0, False, False, False), ("Ana", Accept(0)), *all_say(1, False, False)]
    entries = log_of(*said, ("", Quorum(2)), ("Ana", Rename(0, "cancel-order")), ("Kim", Vote(0, True, 2, 1)))
    replayer = Replayer(START)
    states = [replayer.after(entries[:n]) for n in range(len(entries) + 1)]
    for n, state in enumerate(states):
        whole = replay(START, entries[:n])
        assert (state.judged, state.intents, state.parted) == (whole.judged, whole.intents, whole.parted)
    assert [one.intent for one in states[3].parted] == [0]
    assert [one.intent for one in states[-1].parted] == [1]


def test_what_was_changed_is_verified_again() -> None:
    good = [("", Quorum(2)), *all_say(0, True, True), *all_say(1, True, True), ("Ana", Rename(0, "cancel-order"))]
    named: list[Said] = [*good, ("Ana", Rename(1, "track-parcel"))]
    no = [*named, *all_say(0, False, False, group=2, look=1)]
    state = after(*no)
    assert standing_of(state).stages == {0: Stage.REJECTED, 1: Stage.VERIFY, 2: Stage.JUDGE}
    assert standing_of(state).to_share_out.keys() == {0, -1}
    moved = [*no, ("Kim", Move((0,), 1))]
    assert standing_of(after(*moved)).stages[0] is Stage.VERIFY
    assert open_for(after(*moved), standing_of(after(*moved)), 2, "Kim") == [0, 1]
    again = [*moved, *all_say(0, True, True, group=2, look=2)]
    assert standing_of(after(*again)).stages[0] is Stage.VERIFIED
    assert fleiss_agreement(after(*again).judged, 2).n_items == 2  # before and after the change
    undone = replay(START, [*log_of(*again), Entry(99, Undo(len(moved)))])
    assert undone.void  # so the page refuses it: others build on it


def test_bad_clusters_train_a_judge_with_what_they_held() -> None:
    state = after(*all_say(0, False, False, True), ("Ana", Move((0, 1), 3, "new-one")))
    bad = [(d.intent, d.rows, d.good) for d in decided_in(state)]
    assert bad == [(0, (0, 1, 2), False), (3, (0, 1), True)]
    named = after(*all_say(0, False, False, False), ("Ana", Rename(0, "cancel-order")))
    assert [(d.name, d.good) for d in decided_in(named)] == [("cancel-order", True)]  # a person overruled them
    fewer = after(*all_say(0, False, False, True), ("", Quorum(4)))
    assert decided_in(fewer) == []
    assert [d.good for d in decided_in(after(*all_say(0, False), ("", Quorum(1))))] == [False]


# --- agreement ------------------------------------------------------------------------------------


def test_kappa_of_the_usual_number_of_verdicts() -> None:
    """Two clusters with three verdicts: 3 good, 1 good. Observed (1 + ⅓) / 2 = ⅔, by chance (⅔)² + (⅓)² = 5/9."""
    found = fleiss_agreement(
        after(*all_say(0, True, True, True), *all_say(1, True, False, False), *all_say(2, True)).judged, 1
    )
    assert found.kappa == pytest.approx((2 / 3 - 5 / 9) / (4 / 9))
    assert (found.n_items, found.n_each, found.n_people, found.n_verdicts) == (2, 3, 3, 7)


def test_kappa_is_undefined_for_one_person_for_nobody_and_for_verdicts_that_are_all_alike() -> None:
    for said in ([], all_say(0, True), all_say(0, True, True)):
        assert math.isnan(fleiss_agreement(after(*said).judged, 1).kappa)
    assert fleiss_agreement(after(*all_say(0, True)).judged, 1).n_items == 0
    assert fleiss_agreement(after(*all_say(0, True, True)).judged, 1).n_items == 1


# --- any log --------------------------------------------------------------------------------------

intents = st.integers(0, 4)
rows = st.lists(st.integers(0, 6), min_size=1, max_size=3, unique=True).map(tuple)
edits = st.one_of(
    st.builds(Vote, intents, st.booleans(), st.sampled_from([1, 2]), st.integers(0, 2)),
    st.builds(Quorum, st.integers(1, 3)),
    st.builds(Rename, intents, st.sampled_from(["cancel-order", "取消-订单", "<b>evil"])),
    st.builds(Merge, intents, st.lists(intents, min_size=1, max_size=2).map(tuple)),
    st.builds(Move, rows, intents, st.sampled_from(["", "new"])),
    st.builds(Noise, rows),
)
logs = st.lists(st.tuples(st.sampled_from(["", "Ana", "本", "<b>"]), edits), max_size=14)


@given(edits)
def test_an_edit_survives_json(edit: Edit) -> None:
    assert edit_of(json.loads(json.dumps(fields_of(edit)))) == edit


def test_a_name_loses_its_turning_marks_when_it_is_read() -> None:
    assert edit_of(fields_of(Rename(0, "\u202eevil"))) == Rename(0, "evil")


@pytest.mark.parametrize(
    "fields",
    [
        {"decision": "verdict", "intent_id": 1},
        {"decision": "verdict", "intent_id": 1, "good": 1},
        {"decision": "verdict", "intent_id": 1, "good": True, "group": 3},
        {"decision": "verdict", "intent_id": 1, "good": True, "look": -1},
        {"decision": "quorum", "verdicts": 0},
        {"decision": "quorum"},
    ],
)
def test_what_is_no_verdict_is_an_error(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="`"):
        edit_of(fields)


@given(logs)
def test_each_log_has_one_outcome_and_no_verdict_is_lost(said: list[Said]) -> None:
    entries = [replace(entry, line=entry.line + 1) for entry in log_of(*said)]  # the first line is the head
    state = replay(START, entries)
    written = b'{"format": 2}\n' + "".join(entry.as_line() + "\n" for entry in entries).encode()
    again = replay(START, entries_in(written, Path("log")))
    assert (again.labels.tolist(), again.intents, again.judged) == (state.labels.tolist(), state.intents, state.judged)
    standing = standing_of(state)
    placed = [row for own in standing.rows.values() for row in own.tolist()]
    out = np.flatnonzero((state.labels < 0) & state.pinned).tolist()
    assert sorted([*placed, *standing.loose.tolist(), *out]) == list(range(7))
    for entry in entries:
        if isinstance(entry.edit, Vote) and entry.line not in state.void:
            assert entry.by in state.judged.heard[entry.edit.group, entry.edit.intent, entry.edit.look or 0]
            assert state.judged.groups[entry.by] == entry.edit.group
