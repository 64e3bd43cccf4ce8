"""Anthropic's Messages: no probabilities, the system apart, a limit that must be given, its own errors."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx

from servers.exchange import Asked, said
from servers.mind import think, tokens_in
from servers.personality import Personality

Body = dict[str, Any]
FIELDS = frozenset(
    (
        *("model", "max_tokens", "messages", "system", "temperature", "top_p", "top_k", "stop_sequences", "stream"),
        *("metadata", "thinking", "tools", "tool_choice", "service_tier", "cache_control", "output_config"),
    )
)


def anthropic_fault(kind: str, message: str, status: int) -> httpx.Response:
    """Return an error in Anthropic's shape."""
    error = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_011CZAau32QzxDkriovTaFCB"}
    return said(error, status, request_id="req_011CZAau32QzxDkriovTaFCB")


def invalid(message: str) -> httpx.Response:
    """Return the refusal of something in a request."""
    return anthropic_fault("invalid_request_error", message, 400)


class Anthropic(Personality):
    """claude-haiku-4-5: overloaded once (529), limited once (429), and one question is refused in the answer.

    https://docs.anthropic.com/en/api/messages
    https://docs.anthropic.com/en/api/errors
    https://github.com/anthropics/anthropic-sdk-typescript/issues/616
    """

    base = "https://api.anthropic.com/v1"
    model = "claude-haiku-4-5"
    unwanted: ClassVar[str] = "kettle"
    draws = 3

    @property
    def spec(self) -> str:
        """The model alone: there is one address."""
        return f"anthropic:{self.model}"

    def answer(self, asked: Asked) -> httpx.Response:
        """Answer a request by its path, if key and version are there."""
        if asked.headers.get("x-api-key") != self.key:
            return anthropic_fault("authentication_error", "invalid x-api-key", 401)
        if "anthropic-version" not in asked.headers:
            return invalid("anthropic-version: header is required")
        if asked.path == "/models":
            return said({"data": [{"type": "model", "id": self.model}], "has_more": False})
        if asked.path != "/messages" or asked.method != "POST":
            return anthropic_fault("not_found_error", "Not found", 404)
        return self.hindered() or self.message(asked.body)

    def hindered(self) -> httpx.Response | None:
        """Be overloaded at the second call, and ask to wait at the fourth."""
        number = self.count()
        if number == 2:
            return anthropic_fault("overloaded_error", "Overloaded", 529)
        if number == 4:
            message = "This request would exceed your organization's rate limit of 50 requests per minute."
            limited = anthropic_fault("rate_limit_error", message, 429)
            limited.headers["retry-after"] = "0"
            return limited
        return None

    def message(self, body: Body) -> httpx.Response:
        """Answer a question, unless something in it is refused."""
        refusal = self.refused(body)
        if refusal is not None:
            return refusal
        question = text_of(body["messages"][-1]["content"])
        if self.unwanted and self.unwanted in question:
            return self.written(body, "", "refusal")
        thought = think([turn | {"content": text_of(turn["content"])} for turn in body["messages"]])
        words = thought.text.split(" ")
        if body["max_tokens"] < len(words):
            return self.written(body, " ".join(words[: body["max_tokens"]]), "max_tokens")
        self.pay(question)
        return self.written(body, thought.text, "end_turn")

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse what is missing or not known, and roles that there are not."""
        for name in body:
            if name not in FIELDS:
                return invalid(f"{name}: Extra inputs are not permitted")
        for name in ("model", "max_tokens", "messages"):
            if name not in body:
                return invalid(f"{name}: Field required")
        if any(turn["role"] == "system" for turn in body["messages"]):
            message = (
                'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, '
                'not "system" as an input message role.'
            )
            return invalid(message)
        if {"temperature", "top_p"} <= set(body):
            return invalid("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
        return None

    def written(self, body: Body, text: str, why: str) -> httpx.Response:
        """Return an answer, with its tokens and what the cache of prompts had."""
        n_in = sum(tokens_in(text_of(turn["content"])) for turn in body["messages"])
        usage = {"input_tokens": n_in, "output_tokens": tokens_in(text)}
        usage |= {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
        found: Body = {
            "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [{"type": "text", "text": text}] if text else [],
            "stop_reason": why,
            "stop_sequence": None,
            "usage": usage,
        }
        if why == "refusal":
            found["stop_details"] = {"type": "refusal", "category": None, "explanation": None}
        return said(found)


class AnthropicThinking(Anthropic):
    """claude-opus-4-7: temperature is no longer taken, and thoughts stand before the text.

    https://github.com/szczyglis-dev/py-gpt/pull/184
    https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking
    """

    model = "claude-opus-4-7"
    unwanted = ""

    def refused(self, body: Body) -> httpx.Response | None:
        """Refuse a temperature."""
        return (
            invalid("`temperature` is deprecated for this model.") if "temperature" in body else super().refused(body)
        )

    def written(self, body: Body, text: str, why: str) -> httpx.Response:
        """Put the thoughts first."""
        found = super().written(body, text, why).json()
        found["content"].insert(0, {"type": "thinking", "thinking": "They all ask for money.", "signature": "EqoBCkg"})
        return said(found)


def text_of(content: str | list[Body]) -> str:
    """Return the text of a message, which may come in blocks."""
    return content if isinstance(content, str) else "".join(block.get("text", "") for block in content)
