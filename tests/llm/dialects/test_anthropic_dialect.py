"""Anthropic's protocol: what is sent, and what is read."""

from __future__ import annotations

from typing import Any

import pytest

from dialin.llm.accepts import ROOMS, Accepts
from dialin.llm.base import Request
from dialin.llm.dialects.anthropic import ANTHROPIC_MESSAGES
from dialin.prompts.prompt import Prompt

JUDGE = Request(Prompt("Same?", (("a / b", "Yes"),), "c / d"), ("Yes", "No"))
START = ANTHROPIC_MESSAGES.start


def said(*blocks: dict[str, Any], stop: str = "end_turn", **usage: int) -> dict[str, Any]:
    return {"type": "message", "content": list(blocks), "stop_reason": stop, "usage": usage}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


THINKING = {"type": "thinking", "thinking": "Both ask for money.", "signature": "EqoBCkg"}


def test_the_system_stands_apart_and_the_static_part_is_marked_for_the_cache() -> None:
    body = ANTHROPIC_MESSAGES.body("claude", JUDGE, START)
    marked = {"cache_control": {"type": "ephemeral"}}
    assert body == {
        "model": "claude",
        "max_tokens": 8,
        "temperature": 0,
        "system": [text("Same?")],
        "messages": [
            {"role": "user", "content": [text("a / b")]},
            {"role": "assistant", "content": [text("Yes") | marked]},
            {"role": "user", "content": [text("c / d")]},
        ],
    }
    alone = ANTHROPIC_MESSAGES.body("claude", Request(Prompt("Name it", (), "x"), (), 12), START)
    assert alone["system"] == [text("Name it") | marked]
    assert alone["max_tokens"] == 12


def test_only_what_the_model_accepts_is_sent() -> None:
    plain = Accepts(system=False, temperature=False, limit="", n_top=0, room=ROOMS[2])
    body = ANTHROPIC_MESSAGES.body("m", Request(Prompt("Same?", (), "a / b"), ("Yes", "No"), draw=2), plain)
    assert body == {
        "model": "m",
        "max_tokens": 8 + ROOMS[2],
        "messages": [{"role": "user", "content": [text("Same?\n\na / b")]}],
    }


def test_a_further_draw_is_warm() -> None:
    assert ANTHROPIC_MESSAGES.body("m", Request(JUDGE.prompt, JUDGE.options, draw=1), START)["temperature"] == 1


def test_tokens_of_the_cache_are_counted() -> None:
    usage: dict[str, Any] = {"input_tokens": 30, "cache_creation_input_tokens": 500, "cache_read_input_tokens": 1000}
    answer = ANTHROPIC_MESSAGES.read(said(text("Yes"), **usage, output_tokens=2))
    assert (answer.text, answer.tokens_in, answer.tokens_out, answer.candidates) == ("Yes", 1530, 2, None)
    assert answer.tokens_cached == 1000


ANSWERS = {
    "thoughts before it": (said(THINKING, text("Yes")), "Yes", False, True, ""),
    "thoughts alone": (said(THINKING, stop="max_tokens"), "", True, True, ""),
    "hidden thoughts": (said({"type": "redacted_thinking", "data": "x"}, text("No")), "No", False, True, ""),
    "cut": (said(text("**"), stop="max_tokens"), "**", True, False, ""),
    "cut after the answer": (said(text("Yes, as"), stop="max_tokens"), "Yes, as", False, False, ""),
    "refused": (said(stop="refusal"), "", False, False, "refusal"),
    "too long": (said(stop="model_context_window_exceeded"), "", False, False, "model_context_window_exceeded"),
    "a fence": (said(text('```json\n{"answer": "是"}\n```')), "是", False, False, ""),
    "nothing": (said(), "", False, False, ""),
}


@pytest.mark.parametrize(("sent", "words", "is_cut", "has_thoughts", "refused"), ANSWERS.values(), ids=ANSWERS)
def test_answers(sent: dict[str, Any], words: str, is_cut: bool, has_thoughts: bool, refused: str) -> None:
    answer = ANTHROPIC_MESSAGES.read(sent)
    assert (answer.text, answer.is_cut, answer.has_thoughts, answer.refused) == (words, is_cut, has_thoughts, refused)


def test_who_asks_is_shown_in_headers_of_its_own() -> None:
    shown = ANTHROPIC_MESSAGES.key_header
    assert (shown.variable, shown.header, shown.prefix) == ("ANTHROPIC_API_KEY", "x-api-key", "")
    assert shown.others["anthropic-version"] == "2023-06-01"
    assert (ANTHROPIC_MESSAGES.path("m", START), ANTHROPIC_MESSAGES.models_path()) == ("/messages", "/models")
