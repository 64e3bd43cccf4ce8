"""What complaints of servers teach; the sentences follow what the servers' own documentation and issues quote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.llm.accepts import ROOMS, Accepts, guesses, named_in
from dialin.llm.base import Request
from dialin.llm.learnt import Learnt
from dialin.prompts.prompt import Prompt

PROMPT = Prompt("Same?", (), "a / b")
JUDGE, NAME = Request(PROMPT, ("Yes", "No")), Request(PROMPT, (), 12, "root ::= [a-z]+")


@pytest.mark.parametrize(
    ("complaint", "request_", "change"),
    [
        ("'max_tokens' is refused. Use 'max_completion_tokens' instead.", JUDGE, {"limit": "max_completion_tokens"}),
        (
            "'temperature' does not support 0 with this model. Only the default (1) value.",
            JUDGE,
            {"temperature": False},
        ),
        ("You are not allowed to request logprobs from this model", JUDGE, {"n_top": 0}),
        ("top_logprobs must be between 0 and 5", JUDGE, {"n_top": 5}),
        ("top_logprobs: value must be less than or equal to 8", JUDGE, {"n_top": 8}),
        ("'logprobs' is not supported with gpt-5-2025-08-07", JUDGE, {"n_top": 0}),
        ("System role not supported", JUDGE, {"system": False}),
        ("Conversation roles must alternate user/assistant/user", JUDGE, {"system": False}),
        ("Unrecognized request arguments supplied: grammar, guided_grammar", NAME, {"grammar": False}),
        ("'structured_outputs': Extra inputs are not permitted", NAME, {"grammar": False}),
        ("'grammar': Extra inputs are not permitted", JUDGE, {}),
        ("'seed' is not supported", Request(PROMPT, ("Yes", "No"), draw=1), {"seed": False}),
        ("This is not a chat model. Did you mean to use v1/completions?", JUDGE, {"chat": False}),
        ("the weather is bad", JUDGE, {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_complaints_that_name_what_they_are_about(complaint: str, request_: Request, change: dict[str, Any]) -> None:
    assert named_in(Accepts(), complaint, request_) == change


@pytest.mark.parametrize(
    ("complaint", "n_texts"),
    [
        ("batch size 128 > maximum allowed batch size 32", 32),
        ("batch size is invalid, it should not be larger than 10.: input.contents", 10),
        ("at most 100 requests can be in one batch", 100),
        ("the batch is too big", 64),
    ],
    ids=["tei", "dashscope", "gemini", "no number"],
)
def test_complaints_about_the_number_of_texts(complaint: str, n_texts: int) -> None:
    assert named_in(Accepts(), complaint, None) == {"n_texts": n_texts}


def test_the_last_guess_leaves_out_all_that_was_sent() -> None:
    assert guesses(Accepts(), JUDGE)[-1] == {
        "n_top": 0,
        "temperature": False,
        "limit": "max_completion_tokens",
        "system": False,
    }


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "seed": st.booleans(),
        "n_top": st.integers(0, 20),
        "n_texts": st.integers(1, 128),
        "room": st.sampled_from(ROOMS),
    },
)


@given(CHANGES, CHANGES)
def test_what_two_calls_learn_at_once_does_not_depend_on_their_order(one: dict[str, Any], two: dict[str, Any]) -> None:
    assert Accepts().narrowed(one).narrowed(two) == Accepts().narrowed(two).narrowed(one)


def test_what_was_learnt_is_remembered_by_model_and_can_be_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "new" / "accepts.json"
    learnt = Learnt("openai:a@http://h/v1", path=path)
    learnt.learn({"n_top": 0})
    Learnt("openai:b@http://h/v1", path=path).learn({"seed": False})
    assert Learnt("openai:a@http://h/v1", path=path).now == Accepts(n_top=0)
    learnt.forget()
    assert learnt.now == Learnt("openai:a@http://h/v1", path=path).now == Accepts()
    assert Learnt("openai:b@http://h/v1", path=path).now == Accepts(seed=False)


@pytest.mark.parametrize("text", ["", "[]", '{"m": 3}', '{"m": {"n_top": "many", "unknown": 1}}'])
def test_a_damaged_memory_is_no_memory(tmp_path: Path, text: str) -> None:
    path = tmp_path / "accepts.json"
    path.write_text(text)
    assert Learnt("m", path=path).now == Accepts()
