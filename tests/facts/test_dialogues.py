"""Dialogues: the main reason of a call, what follows what, and what counts as routine."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from dialin.facts.dialogues import (
    Turns,
    answer_counts,
    collapsed,
    following,
    main_reasons,
    paths,
    turns_of,
)
from dialin.facts.routine import is_courtesy, is_routine
from dialin.read.dialogues import dialogue_numbers

GREET, PARCEL, REFUND, ANSWER = range(4)
ROUTINE = np.array([True, False, False, False])


def turns(*spoken: tuple[int, int, bool], n_dialogues: int = 0) -> Turns:
    """Turns of (dialogue, intent, is it the agent's)."""
    dialogue, intent, agent = (np.array(column) for column in zip(*spoken, strict=True))
    return Turns(dialogue, intent, agent.astype(bool), n_dialogues or int(dialogue.max()) + 1)


TWO_CALLS = turns(
    (0, GREET, False),
    (0, ANSWER, True),
    (0, PARCEL, False),
    (0, PARCEL, False),
    (0, ANSWER, True),
    (0, REFUND, False),
    (1, PARCEL, False),
    (1, ANSWER, True),
    (1, REFUND, False),
    (1, GREET, False),
)


def test_the_main_reason_is_the_first_thing_that_the_customer_wants() -> None:
    assert main_reasons(TWO_CALLS, ROUTINE).tolist() == [PARCEL, PARCEL]


def test_the_agent_gives_no_reason_and_neither_does_routine() -> None:
    """Dialogue 0 is a greeting, 1 has no intent at all, and in 2 the agent names a refund before the customer does."""
    spoken = turns((0, GREET, False), (2, REFUND, True), (2, PARCEL, False))
    assert main_reasons(spoken, ROUTINE).tolist() == [-1, -1, PARCEL]


def test_what_follows_is_counted_for_each_speaker_without_repetitions() -> None:
    """Customers: greeting → parcel → refund → end; parcel → refund → greeting → end. Agents: answer → end, twice."""
    counts = following(TWO_CALLS, 4).toarray()
    assert counts[GREET].tolist() == [0, 1, 0, 0, 1]
    assert counts[PARCEL].tolist() == [0, 0, 2, 0, 0]
    assert counts[REFUND].tolist() == [1, 0, 0, 0, 1]
    assert counts[ANSWER].tolist() == [0, 0, 0, 0, 2]


def test_an_answer_is_what_the_other_side_says_right_after() -> None:
    counts = answer_counts(TWO_CALLS, 4).toarray()
    assert counts[GREET].tolist() == [0, 0, 0, 1]
    assert counts[PARCEL].tolist() == [0, 0, 0, 2]
    assert counts[ANSWER].tolist() == [0, 1, 2, 0]
    assert counts[REFUND].sum() == 0


def test_ways_through_a_call_leave_routine_out() -> None:
    assert paths(TWO_CALLS, ROUTINE) == [((PARCEL, REFUND), 2)]
    assert paths(TWO_CALLS, ROUTINE, length=1) == []
    assert paths(turns((0, PARCEL, False), (0, REFUND, False)), ROUTINE) == []


def test_nothing_said_is_nothing_counted() -> None:
    none = Turns(np.zeros(0, int), np.zeros(0, int), np.zeros(0, bool), 2)
    assert main_reasons(none, ROUTINE).tolist() == [-1, -1]
    assert following(none, 4).sum() == answer_counts(none, 4).sum() == len(collapsed(none).intent) == 0
    assert paths(none, ROUTINE) == []


def test_turns_go_by_their_numbers_and_dialogues_by_first_appearance() -> None:
    """Rows of b are out of order; one row has no dialogue, one no intent."""
    table = pa.table(
        {
            "sentence_id": pa.array([0, 1, 2, 0, 3], pa.int64()),
            "dialogue_id": ["b", "a", "b", None, "a"],
            "turn": pa.array([5, 0, 1, 0, 1], pa.int64()),
        }
    )
    assert dialogue_numbers(table).tolist() == [0, 1, 0, -1, 1]
    agent = np.array([True, False, False, False, False])
    found = turns_of(table, np.array([7, 8, 9, -1]), agent)
    assert found.dialogue.tolist() == [0, 0, 1]
    assert found.intent.tolist() == [9, 7, 8]
    assert found.is_agent.tolist() == [False, True, False]
    assert found.n_dialogues == 2


def test_without_numbers_turns_go_by_the_input() -> None:
    nulls = pa.nulls(2, pa.int64())
    table = pa.table({"sentence_id": pa.array([1, 0], pa.int64()), "dialogue_id": ["a", "a"], "turn": nulls})
    assert turns_of(table, np.array([3, 4]), np.zeros(2, bool)).intent.tolist() == [4, 3]


# --- routine --------------------------------------------------------------------------------------


COURTESY = ["Hi", "hello there, how are you today?", "Great, thank you.", "No, that's all.", "bye-bye 👋", "yes please"]
COURTESY += ["您好", "你好，在吗", "好的谢谢啊", "嗯嗯", "行，那我知道了", "没有了，再见"]
OTHER = ["where is my parcel", "hello, I want to cancel my order", "thanks, and the refund fee", "refund please"]
OTHER += ["LK 4471", "我的包裹到哪了", "你好，我想退货", "密码忘了怎么办", "?!", ""]


@pytest.mark.parametrize("text", COURTESY)
def test_courtesy(text: str) -> None:
    assert is_courtesy(text)


@pytest.mark.parametrize("text", OTHER)
def test_no_courtesy(text: str) -> None:
    assert not is_courtesy(text)


def test_an_intent_is_routine_by_its_action_or_by_its_sentences() -> None:
    assert is_routine("问候-客服", ["我的包裹到哪了"])
    assert is_routine("provide-order-number", [])
    assert not is_routine("request-refund", ["hello", "refund please", "my money back"])
    assert is_routine("unnamed-intent-2", ["ok", "alright then thanks", "what about my money"])
    assert not is_routine("unnamed-intent-3", [])
