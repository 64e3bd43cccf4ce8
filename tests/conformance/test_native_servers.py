"""The scripted servers of Anthropic, Gemini and Azure, in their own protocols: what they answer, refuse and count."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from servers.anthropic import Anthropic, AnthropicThinking
from servers.azure import AzureClassic, AzureNewest
from servers.google import GeminiNative, GeminiNoLogprobs
from servers.personality import KEY, Personality
from servers.world import World

SHOTS = [("- my card\n- a parcel", "Bad"), ("- refund money\n- money back", "Good")]
GOOD = "- refund money\n- payment return"
VERSION = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}


def post(server: Personality, url: str, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    with httpx.Client(transport=httpx.MockTransport(World(server).answer), headers=headers) as http:
        return http.post(url, json=body)


def turns(question: str, assistant: str = "assistant") -> list[dict[str, str]]:
    asked = [
        {"role": role, "content": text} for pair in SHOTS for role, text in zip(("user", assistant), pair, strict=True)
    ]
    return [*asked, {"role": "user", "content": question}]


# --- Anthropic


def ask_anthropic(server: Anthropic, question: str = GOOD, **more: Any) -> httpx.Response:
    body = {"model": server.model, "max_tokens": 8, "system": "Judge.", "messages": turns(question)} | more
    return post(server, f"{server.base}/messages", body, VERSION)


def test_anthropic_answers_in_blocks_and_counts_what_its_cache_had() -> None:
    answer = ask_anthropic(Anthropic()).json()
    assert (answer["content"], answer["stop_reason"]) == ([{"type": "text", "text": "Good"}], "end_turn")
    assert answer["usage"]["cache_read_input_tokens"] == 0
    assert answer["usage"]["input_tokens"] > answer["usage"]["output_tokens"] > 0


def test_anthropic_is_overloaded_at_the_second_call_and_limits_the_fourth() -> None:
    server = Anthropic()
    answers = [ask_anthropic(server) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 529, 200, 429]
    assert answers[1].json()["error"]["type"] == "overloaded_error"
    assert answers[3].headers["retry-after"] == "0"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"logprobs": True}, "logprobs: Extra inputs are not permitted"),
        ({"messages": [{"role": "system", "content": "x"}]}, 'Unexpected role "system"'),
        ({"temperature": 0, "top_p": 1}, "cannot both be specified"),
    ],
    ids=["logprobs", "system", "both"],
)
def test_anthropic_refuses_what_it_does_not_know(more: dict[str, Any], words: str) -> None:
    refused = ask_anthropic(Anthropic(), **more)
    assert refused.status_code == 400
    assert words in refused.json()["error"]["message"]


def test_anthropic_wants_its_own_headers() -> None:
    body = {"model": Anthropic.model, "max_tokens": 8, "messages": turns(GOOD)}
    url = f"{Anthropic.base}/messages"
    assert post(Anthropic(), url, body, {"Authorization": f"Bearer {KEY}"}).status_code == 401
    assert "anthropic-version" in post(Anthropic(), url, body, {"x-api-key": KEY}).text


def test_anthropic_refuses_a_question_in_its_answer() -> None:
    answer = ask_anthropic(Anthropic(), "- a kettle").json()
    assert (answer["stop_reason"], answer["content"]) == ("refusal", [])


def test_anthropics_newest_takes_no_temperature_and_thinks_first() -> None:
    assert ask_anthropic(AnthropicThinking(), temperature=0).status_code == 400
    assert [block["type"] for block in ask_anthropic(AnthropicThinking()).json()["content"]] == ["thinking", "text"]


# --- Gemini


def ask_gemini(server: GeminiNative, question: str = GOOD, **config: Any) -> httpx.Response:
    contents = [{"role": turn["role"], "parts": [{"text": turn["content"]}]} for turn in turns(question, "model")]
    body = {"systemInstruction": {"parts": [{"text": "Judge."}]}, "contents": contents, "generationConfig": config}
    return post(server, f"{server.base}/models/{server.model}:generateContent", body, {"x-goog-api-key": KEY})


def test_gemini_gives_probabilities_where_they_are_switched_on() -> None:
    candidate = ask_gemini(GeminiNative(), responseLogprobs=True, logprobs=5).json()["candidates"][0]
    assert candidate["content"] == {"parts": [{"text": "Good"}], "role": "model"}
    top = candidate["logprobsResult"]["topCandidates"][0]["candidates"]
    assert [each["token"] for each in top] == ["Good", "Bad", "Hm"]
    assert "logprobsResult" not in ask_gemini(GeminiNative()).json()["candidates"][0]


def test_gemini_blocks_a_question_without_an_error() -> None:
    answer = ask_gemini(GeminiNative(), "- a kettle").json()
    assert answer["promptFeedback"] == {"blockReason": "PROHIBITED_CONTENT"}
    assert "candidates" not in answer


def test_gemini_refuses_unknown_names_and_probabilities_that_it_does_not_have() -> None:
    assert 'Unknown name "grammar"' in ask_gemini(GeminiNative(), grammar="x").json()["error"]["message"]
    refused = ask_gemini(GeminiNoLogprobs(), responseLogprobs=True)
    assert refused.json()["error"]["message"] == "Logprobs is not enabled for models/gemini-2.5-pro"


def test_gemini_that_thinks_too_long_has_no_parts() -> None:
    candidate = ask_gemini(GeminiNoLogprobs(), maxOutputTokens=8).json()["candidates"][0]
    assert (candidate["finishReason"], candidate["content"]) == ("MAX_TOKENS", {"role": "model"})


# --- Azure


def ask_azure(server: AzureClassic, query: str = "?api-version=2024-10-21", **more: Any) -> httpx.Response:
    url = f"{server.base}/openai/deployments/{server.model}/chat/completions{query}"
    return post(server, url, {"messages": turns(GOOD)} | more, {"api-key": KEY})


def test_azure_answers_a_deployment_with_its_filters() -> None:
    answer = ask_azure(AzureClassic()).json()
    assert answer["choices"][0]["message"]["content"] == "Good"
    assert not answer["choices"][0]["content_filter_results"]["violence"]["filtered"]


def test_azure_wants_a_version_and_a_deployment_that_exists() -> None:
    assert ask_azure(AzureClassic(), "").json() == {"error": {"code": "404", "message": "Resource not found"}}
    url = f"{AzureClassic.base}/openai/deployments/other/chat/completions?api-version=2024-10-21"
    missing = post(AzureClassic(), url, {"messages": turns(GOOD)}, {"api-key": KEY})
    assert missing.json()["error"]["code"] == "DeploymentNotFound"


def test_azure_takes_no_bearer_token_at_the_classic_address() -> None:
    url = f"{AzureClassic.base}/openai/deployments/{AzureClassic.model}/chat/completions?api-version=2024-10-21"
    assert post(AzureClassic(), url, {"messages": turns(GOOD)}, {"Authorization": f"Bearer {KEY}"}).status_code == 401


def test_a_newer_model_on_azure_has_the_refusals_of_openai() -> None:
    assert "max_completion_tokens" in ask_azure(AzureNewest(), max_tokens=8).json()["error"]["message"]
    assert ask_azure(AzureNewest(), temperature=0).status_code == 400
    assert ask_azure(AzureNewest(), max_completion_tokens=8).status_code == 200
