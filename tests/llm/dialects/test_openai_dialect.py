"""The OpenAI protocol: what is asked for, and what is read from the shapes that servers send."""

from __future__ import annotations

import math
from typing import Any

import pytest

from dialin.llm.accepts import ROOMS, Accepts
from dialin.llm.base import Request
from dialin.llm.dialects.openai import OPENAI
from dialin.prompts.prompt import Prompt

JUDGE = Request(Prompt("Same?", (), "a / b"), ("Yes", "No"))


def said(content: Any, finish: str = "stop", **message: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"content": content, **message}, "finish_reason": finish}]}


def token(text: str, **top: float) -> dict[str, Any]:
    return {"token": text, "top_logprobs": [{"token": t, "logprob": math.log(p)} for t, p in top.items()]}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (said("<think>\nboth ask\n</think>\n\nYes"), "Yes"),
        (said([{"type": "thinking", "thinking": []}, {"type": "text", "text": "Yes"}]), "Yes"),
        (said('```json\n{"answer": "是"}\n```'), "是"),
        (said(None, tool_calls=[{"function": {"name": "f", "arguments": '{"label": "Yes"}'}}]), "Yes"),
        (said("Yes", refusal="I cannot"), ""),
        (said('{"a": 1, "b": 2}'), '{"a": 1, "b": 2}'),
    ],
    ids=["thoughts", "parts", "fence", "tool", "refusal", "JSON of two"],
)
def test_the_answer_is_found_in_what_was_written(message: dict[str, Any], text: str) -> None:
    assert OPENAI.read(message).text == text


@pytest.mark.parametrize(
    ("answer", "is_cut", "has_thoughts"),
    [
        (said("", "length", reasoning_content="well"), True, True),
        (said("<think>well", "stop"), True, True),
        (said("**", "length"), True, False),
        (said("", "stop"), False, False),
        (said("Yes", "length"), False, False),
    ],
    ids=["hidden thoughts", "thoughts that never end", "a mark", "nothing", "an answer"],
)
def test_an_answer_that_ended_before_it_began_is_cut(answer: dict[str, Any], is_cut: bool, has_thoughts: bool) -> None:
    read = OPENAI.read(answer)
    assert (read.is_cut, read.has_thoughts) == (is_cut, has_thoughts)


def test_candidates_are_those_of_the_token_with_which_the_answer_begins() -> None:
    answer = said("<think>Yes?</think>\n**No**")
    tokens = ["<think>", "Yes", "?", "</think>", "\n", "**"]
    entries = [token(t, Yes=0.9) for t in tokens] + [token("No", No=0.8, Yes=0.1), token("**", Yes=0.9)]
    answer["choices"][0]["logprobs"] = {"content": entries}
    assert OPENAI.read(answer).candidates == ((b"No", math.log(0.8)), (b"Yes", math.log(0.1)))


def test_no_candidates_and_none_for_this_token_differ() -> None:
    thought = said("<think>a</think>Yes")
    assert OPENAI.read(thought).candidates is None
    thought["choices"][0]["logprobs"] = {"content": [token("<think>", Yes=0.9)]}
    assert OPENAI.read(thought).candidates == ()


def test_only_what_the_model_accepts_is_sent() -> None:
    plain = Accepts(
        system=False, temperature=False, seed=False, grammar=False, effort=False, limit="", n_top=0, room=ROOMS[2]
    )
    body = OPENAI.body("m", JUDGE, plain)
    assert body == {"model": "m", "messages": [{"role": "user", "content": "Same?\n\na / b"}]}


def test_thinking_models_get_room_and_are_asked_to_think_little() -> None:
    body = OPENAI.body("m", JUDGE, Accepts(room=ROOMS[2]))
    assert (body["max_tokens"], body["reasoning_effort"]) == (1 + 1024, "low")


def test_a_further_draw_is_warm_and_asks_for_words() -> None:
    body = OPENAI.body("m", Request(JUDGE.prompt, JUDGE.options, draw=2), Accepts())
    assert (body["temperature"], body["seed"], body["max_tokens"]) == (1, 2, 8)
    assert "logprobs" not in body


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 8}}, (9, 2, 8)),
        ({"prompt_tokens": 9, "completion_tokens": 2, "prompt_cache_hit_tokens": 8}, (9, 2, 8)),
        ({"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": None}, (9, 2, 0)),
        ({"prompt_tokens": "n/a", "completion_tokens": None, "prompt_tokens_details": [8]}, (0, 0, 0)),
        ({"prompt_tokens": True, "completion_tokens": -2}, (0, 0, 0)),
        ("none", (0, 0, 0)),
        (None, (0, 0, 0)),
    ],
    ids=["openai", "deepseek", "no details", "nonsense", "no numbers", "text", "null"],
)
def test_tokens_are_read_and_what_is_no_count_is_none(sent: object, expected: tuple[int, int, int]) -> None:
    answer = OPENAI.read(said("Yes") | {"usage": sent})
    assert (answer.tokens_in, answer.tokens_out, answer.tokens_cached) == expected
