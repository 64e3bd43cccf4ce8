"""Reads the replies of an OpenAI-compatible server."""

from __future__ import annotations

from typing import Any

from dialin.llm.base import Reply, Request
from dialin.llm.options import Candidate, match_answer, option_probabilities

UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)
"""What `read_reply` raises for an answer of another shape."""


def read_reply(answer: dict[str, Any], request: Request, logprobs: bool) -> Reply | None:
    """Return the reply in a server's answer, or None if it lacks the log-probabilities that were requested.

    Raises one of `UNREADABLE` if the answer has another shape.
    """
    choice = answer["choices"][0]
    message = choice.get("message") or {}
    text = str(message.get("content") or choice.get("text") or "")
    text = "" if message.get("refusal") else text.encode("utf-8", "replace").decode("utf-8").strip()
    candidates = _candidates(choice.get("logprobs"))
    if logprobs and text and not candidates:
        return None
    return Reply(text, _probabilities(text, candidates, request.options), *usage(answer))


def _probabilities(text: str, candidates: list[Candidate], options: tuple[str, ...]) -> tuple[float, ...]:
    if candidates and text:
        return option_probabilities(candidates, options)
    return match_answer(text, options)


def _candidates(logprobs: dict[str, Any] | None) -> list[Candidate]:
    """Return the candidates for the first token, from the shape of chats or the older one of completions."""
    if not logprobs:
        return []
    if logprobs.get("content"):
        return [_candidate(entry) for entry in logprobs["content"][0].get("top_logprobs") or []]
    older = logprobs.get("top_logprobs") or [{}]
    return [_candidate({"token": token, "logprob": value}) for token, value in (older[0] or {}).items()]


def _candidate(entry: dict[str, Any]) -> Candidate:
    as_bytes = entry.get("bytes")
    token = bytes(as_bytes) if isinstance(as_bytes, list) and as_bytes else entry["token"].encode("utf-8", "replace")
    return token, float(entry["logprob"])


def usage(answer: dict[str, Any]) -> tuple[int, int]:
    """Return the tokens in and out that the server counted; 0 if it counted none."""
    counts = answer.get("usage") or {}
    return _tokens(counts.get("prompt_tokens")), _tokens(counts.get("completion_tokens"))


def _tokens(count: Any) -> int:
    """Return a count; 0 where it is none, since no count may lower what was spent."""
    return count if isinstance(count, int) and count > 0 else 0
