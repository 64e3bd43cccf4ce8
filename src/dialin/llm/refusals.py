"""Tells refusals of one question, for its content or its length, from refusals of the request as such."""

from __future__ import annotations

import re

from dialin.llm.http import RefusedError

TOO_LARGE = 413
"""The HTTP status of a request that is too large."""
_LENGTH = re.compile(
    r"context_length_exceeded|string_above_max_length|context[ _-](?:length|window|size)|exceed_context_size"
    r"|max_model_len|reduce the length|(?:prompt|input|text|message|request)s? (?:is|are|was)? ?too (?:long|large)"
    r"|too many (?:input |total |prompt )?tokens|(?:input|prompt|total)(?: token)?(?:s| count| length)? ?"
    r"(?:\(\d+\) |of \d+ )?(?:exceeds?|must (?:have|be) (?:less|fewer|at most))|token limit"
    r"|maximum (?:input|prompt) length",
    re.IGNORECASE,
)
_CONTENT = re.compile(
    r"content[ _-]?(?:filter|policy|management|moderation|violation)|responsibleai|responsible ai|safety"
    r"|data_inspection|inappropriate content|prohibited_content|moderation|flagged"
    r"|blocked by (?:a |the |our )?(?:policy|guardrail)|guardrail|sensitive (?:content|words?)|usage polic",
    re.IGNORECASE,
)


def is_about_length(error: RefusedError) -> bool:
    """Return whether a server refuses a text because it is too long."""
    return error.status == TOO_LARGE or bool(_LENGTH.search(error.details))


def refusal_of(error: RefusedError) -> str:
    """Return the words with which a server refuses one question for its content or its length; "" for any other.

    Such a question is unreadable, and others are not: OpenAI and vLLM name the context length, Azure its content
    management policy, DashScope ``data_inspection_failed``.
    """
    is_one = is_about_length(error) or bool(_CONTENT.search(error.details))
    return (error.complaint or f"answered {error.status}") if is_one else ""
