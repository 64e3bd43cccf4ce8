"""The pure parts of the studies of faults and of overhead: which request meets a fault, and what is counted."""

from __future__ import annotations

import json
import random

import pytest

from studies.own.faults import KINDS, Known, Trial, plan_of, summary
from studies.own.faults_server import ANSWERS, LASTING, REVOKED, Plan
from studies.own.overhead_server import ANSWER, READY

QUESTION = {"messages": [{"role": "user", "content": "1: refund my money\n2: return the payment"}]}
TEXTS = {"input": ["refund", "parcel"]}
KNOWN = Known({}, 1.0, 20, asks_llm=True)


def test_the_first_strike_is_certain_and_there_are_no_more_than_wanted() -> None:
    plan = Plan("503", seed=1, share=0.5, most=4, first=3)
    struck = [plan.strikes(["llm:x"]) for _ in range(100)]
    assert struck[3]
    assert sum(struck) == plan.n_faults == 4


def test_a_lasting_fault_meets_the_same_questions_and_no_texts() -> None:
    keys = [f"llm:{i}" for i in range(200)]
    first, second = ([Plan(LASTING[0], seed=7).strikes([key]) for key in keys] for _ in range(2))
    assert first == second
    assert 5 < sum(first) < 50
    assert not any(Plan(LASTING[0], seed=7).strikes([key.replace("llm", "text")]) for key in keys)


def test_a_revoked_key_stays_revoked() -> None:
    plan = Plan(REVOKED, most=2)
    assert [plan.strikes(["llm:x"]) for _ in range(5)] == [False, False, True, True, True]


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("body", [QUESTION, TEXTS], ids=["question", "texts"])
def test_no_fault_is_a_good_answer(kind: str, body: dict[str, object]) -> None:
    status, _, data = ANSWERS[kind](body)
    if status == 200 and kind not in {"cut JSON", "page in 200"}:
        answer = json.loads(data)
        content = [choice["message"]["content"] for choice in answer.get("choices", [])]
        assert not any(content)
        assert not any(entry["embedding"] for entry in answer.get("data", []))
    elif status == 200:
        with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
            json.loads(data)


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_has_a_plan(kind: str) -> None:
    plan = plan_of(kind, random.Random(0), KNOWN)
    assert plan
    if kind != "kill":
        assert Plan(kind=kind, **plan).kind == kind


def test_what_is_not_clean_is_counted_and_shown() -> None:
    lost = Trial("drop", "judge", {}, n_faults=3, steps=["3: judge", "3: judge"], lost=True)
    found = summary([Trial("503", "judge", {}, n_faults=2, steps=["0: judge"]), lost])
    assert (found["faults"], found["runs lost"], found["ended at the first try"]) == (5, 1, 1)
    assert [trial["kind"] for trial in found["not clean"]] == ["drop"]


def test_the_fast_server_sends_what_it_says() -> None:
    head, body = READY.split(b"\r\n\r\n", 1)
    assert head.endswith(b"Content-Length: %d" % len(body))
    assert json.loads(body) == ANSWER
