"""Anthropic's Messages: no token probabilities, the system message apart, a limit that must be given.

The shapes are those of https://docs.anthropic.com/en/api/messages and, for the cache of prompts,
https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching.
"""

from __future__ import annotations

from typing import Any

from dialin.llm.accepts import Accepts
from dialin.llm.base import Request
from dialin.llm.dialects.base import Answer, KeyHeader, messages_of, n_answer_tokens, token_count
from dialin.llm.dialects.written import answer_in, is_mark, without_thoughts
from dialin.llm.providers import ANTHROPIC
from dialin.text.unseen import without_surrogates

VERSION = "2023-06-01"
"""Version of the protocol."""
_CACHED = {"cache_control": {"type": "ephemeral"}}
_THOUGHTS = frozenset({"thinking", "redacted_thinking"})
_REFUSALS = frozenset({"refusal", "model_context_window_exceeded"})


class AnthropicDialect:
    """``/messages``."""

    kind = ANTHROPIC.kind
    key_header = KeyHeader(ANTHROPIC.key_variables[0], "x-api-key", "", {"anthropic-version": VERSION})
    # The limit has one name, which no refusal can change, and so is none that could be learnt.
    start = Accepts(seed=False, stop=False, grammar=False, effort=False, limit="", n_top=0)

    def path(self, model: str, accepts: Accepts) -> str:  # noqa: ARG002  (other protocols name the model in it)
        """Return the one endpoint."""
        return "/messages"

    def models_path(self) -> str:
        """Return the list of models."""
        return "/models"

    def body(self, model: str, request: Request, accepts: Accepts) -> dict[str, Any]:
        """Return the request; what all questions of a kind begin with is marked for the provider's cache."""
        *static, question = map(_turn, messages_of(request, accepts))
        if static:
            static[-1]["content"][0] |= _CACHED
        system = [turn["content"] for turn in static if turn["role"] == "system"]
        body: dict[str, Any] = {"model": model, "max_tokens": n_answer_tokens(request, accepts)}
        body |= {"system": system[0]} if system else {}
        body["messages"] = [*static[len(system) :], question]
        return body | ({"temperature": 1 if request.draw else 0} if accepts.temperature else {})

    def read(self, answer: dict[str, Any]) -> Answer:
        """Return what the model wrote."""
        blocks, reason = answer["content"], answer["stop_reason"]
        raw = without_surrogates("".join(str(block["text"]) for block in blocks if block["type"] == "text"))
        spoken = without_thoughts(raw)
        text = answer_in(spoken)
        tokens_in, tokens_out, tokens_cached = _tokens(answer)
        return Answer(
            text=text,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            tokens_cached=tokens_cached,
            is_cut=is_mark(text) and reason == "max_tokens",
            has_thoughts=spoken != raw or any(block["type"] in _THOUGHTS for block in blocks),
            refused=str(reason) if reason in _REFUSALS and not text else "",
        )


ANTHROPIC_MESSAGES = AnthropicDialect()


def _turn(message: dict[str, str]) -> dict[str, Any]:
    return {"role": message["role"], "content": [{"type": "text", "text": message["content"]}]}


def _tokens(answer: dict[str, Any]) -> tuple[int, int, int]:
    """Return the tokens in, out, and from the cache; the server counts apart what its cache took in and gave."""
    counts = answer.get("usage") or {}
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
    plain, taken, given, out = (token_count(counts.get(name)) for name in names)
    return plain + taken + given, out, given
