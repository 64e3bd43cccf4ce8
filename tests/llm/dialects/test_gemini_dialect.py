"""Gemini's protocol: what is sent, and what is read."""

from __future__ import annotations

import math
from typing import Any

import pytest

from dialin.llm.accepts import ROOMS, Accepts
from dialin.llm.base import Request
from dialin.llm.dialects.gemini import GEMINI_CONTENT, model_path
from dialin.prompts.prompt import Prompt

JUDGE = Request(Prompt("Same?", (("a / b", "Yes"),), "c / d"), ("Yes", "No"))
START = GEMINI_CONTENT.start


def said(*parts: dict[str, Any], finish: str = "STOP", **counts: int) -> dict[str, Any]:
    content = {"role": "model"} | ({"parts": list(parts)} if parts else {})
    return {"candidates": [{"content": content, "finishReason": finish}], "usageMetadata": counts}


def text(words: str) -> dict[str, Any]:
    return {"text": words}


def chances(**top: float) -> dict[str, Any]:
    return {"candidates": [{"token": t, "tokenId": 7, "logProbability": math.log(p)} for t, p in top.items()]}


def test_what_is_sent() -> None:
    assert GEMINI_CONTENT.body("gemini", JUDGE, START) == {
        "systemInstruction": {"parts": [text("Same?")]},
        "contents": [
            {"role": "user", "parts": [text("a / b")]},
            {"role": "model", "parts": [text("Yes")]},
            {"role": "user", "parts": [text("c / d")]},
        ],
        "generationConfig": {"maxOutputTokens": 1, "temperature": 0, "responseLogprobs": True, "logprobs": 20},
    }


def test_only_what_the_model_accepts_is_sent() -> None:
    plain = Accepts(system=False, temperature=False, seed=False, effort=False, n_top=0, room=ROOMS[2])
    body = GEMINI_CONTENT.body("m", Request(Prompt("Same?", (), "a / b"), ("Yes", "No"), draw=2), plain)
    assert body == {
        "contents": [{"role": "user", "parts": [text("Same?\n\na / b")]}],
        "generationConfig": {"maxOutputTokens": 8 + ROOMS[2]},
    }


def test_a_further_draw_is_warm_and_asks_for_words() -> None:
    config = GEMINI_CONTENT.body("m", Request(JUDGE.prompt, JUDGE.options, draw=2), START)["generationConfig"]
    assert config == {"maxOutputTokens": 8, "temperature": 1, "seed": 2}


def test_thinking_models_get_room_and_are_asked_to_think_little() -> None:
    config = GEMINI_CONTENT.body("m", JUDGE, Accepts(room=ROOMS[2]))["generationConfig"]
    assert (config["maxOutputTokens"], config["thinkingConfig"]) == (1 + ROOMS[2], {"thinkingBudget": 512})


def test_candidates_are_those_of_the_token_with_which_the_answer_begins() -> None:
    answer = said(text("**No**"), finish="MAX_TOKENS")
    answer["candidates"][0]["logprobsResult"] = {
        "chosenCandidates": [{"token": "**"}, {"token": "No"}],
        "topCandidates": [chances(**{"**": 0.9}), chances(No=0.8, Yes=0.1)],
    }
    assert GEMINI_CONTENT.read(answer).candidates == ((b"No", math.log(0.8)), (b"Yes", math.log(0.1)))


def test_tokens_are_counted_thoughts_among_those_out() -> None:
    counts: dict[str, Any] = {
        "promptTokenCount": 90,
        "cachedContentTokenCount": 60,
        "candidatesTokenCount": 2,
        "thoughtsTokenCount": 9,
    }
    answer = GEMINI_CONTENT.read(said(text("Yes"), **counts))
    assert (answer.tokens_in, answer.tokens_out, answer.tokens_cached, answer.has_thoughts) == (90, 11, 60, True)


ANSWERS = {
    "thoughts before it": (said({"text": "well", "thought": True}, text("Yes")), "Yes", False, False, ""),
    "thoughts that used up the tokens": (said(finish="MAX_TOKENS"), "", True, True, ""),
    "a mark": (said(text("**"), finish="MAX_TOKENS"), "**", True, False, ""),
    "one token": (said(text("Yes"), finish="MAX_TOKENS"), "Yes", False, False, ""),
    "in parts": (said(text("Ye"), text("s")), "Yes", False, False, ""),
    "nothing": (said(), "", False, False, ""),
    "blocked question": ({"promptFeedback": {"blockReason": "OTHER"}, "usageMetadata": {}}, "", False, False, "OTHER"),
}
ANSWERS |= {
    f"finish {reason}": (said(finish=reason), "", False, False, reason)
    for reason in ("SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII")
}


@pytest.mark.parametrize(("sent", "words", "is_cut", "has_thoughts", "refused"), ANSWERS.values(), ids=ANSWERS)
def test_answers(sent: dict[str, Any], words: str, is_cut: bool, has_thoughts: bool, refused: str) -> None:
    answer = GEMINI_CONTENT.read(sent)
    assert (answer.text, answer.is_cut, answer.has_thoughts, answer.refused) == (words, is_cut, has_thoughts, refused)


def test_the_key_goes_into_a_header_and_the_model_into_the_path() -> None:
    shown = GEMINI_CONTENT.key_header
    assert (shown.variable, shown.header, shown.prefix) == ("GEMINI_API_KEY", "x-goog-api-key", "")
    assert GEMINI_CONTENT.path("gemini-2.5-flash", START) == "/models/gemini-2.5-flash:generateContent"
    assert model_path("tunedModels/my bot?") == "/tunedModels/my%20bot%3F"
