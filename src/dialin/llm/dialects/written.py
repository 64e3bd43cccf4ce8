"""Finds the answer in what a model wrote: behind its thoughts, in a fence, or in a JSON object."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from dialin.llm.options import Candidate

_THOUGHTS = re.compile(r"\A\s*<(think|thinking|thought|reasoning)>.*?</\1>\s*", re.DOTALL)
_ENDLESS = re.compile(r"\A\s*<(?:think|thinking|thought|reasoning)>")
_LATE = re.compile(r"\A.*</(?:think|thinking|thought|reasoning)>\s*", re.DOTALL)
_FENCE = re.compile(r"\A```\w*\s*\n?(.*?)\n?\s*```\s*\Z", re.DOTALL)
_LETTER = re.compile(r"[^\W_]")


def without_thoughts(text: str) -> str:
    r"""Return what follows the thoughts of a model; "" if they never end.

    Examples
    --------
    >>> without_thoughts("<think>both ask for it</think>\n\nGood"), without_thoughts("<think>well")
    ('Good', '')
    """
    if _ENDLESS.match(text) and not _THOUGHTS.match(text):
        return ""
    return _LATE.sub("", text, count=1)


def answer_in(text: str) -> str:
    r"""Return the answer that a model wrapped in a fence or in a JSON object with one text; any other text as it is.

    Examples
    --------
    >>> answer_in('```json\n{"label": "track-parcel"}\n```'), answer_in("track-parcel")
    ('track-parcel', 'track-parcel')
    """
    fenced = _FENCE.match(text.strip())
    inner = fenced[1].strip() if fenced else text.strip()
    if not inner.startswith("{"):
        return inner
    try:
        value = json.loads(inner)
    except (ValueError, RecursionError):
        return inner
    return only_text(value) or inner


def only_text(value: Any) -> str:
    """Return the text in a JSON object that holds one value, and that a text; else ""."""
    texts = list(value.values()) if isinstance(value, dict) else []
    return texts[0].strip() if len(texts) == 1 and isinstance(texts[0], str) else ""


def is_mark(text: str) -> bool:
    """Return whether a text holds no letter and no digit: ``**``, a quotation mark, a line end."""
    return _LETTER.search(text) is None


def begins_at(tokens: Sequence[str], answer: str) -> int:
    r"""Return the index of the token in which the answer's first letter stands; -1 if it is in none of them.

    Examples
    --------
    >>> begins_at(["<think>", "so", "</think>", "\n", "**", "Good", "**"], "**Good**")
    5
    """
    letter = _LETTER.search(answer)
    whole = "".join(tokens)
    start = whole.rfind(answer)
    if letter is None or start < 0:
        return -1
    place, end = start + letter.start(), 0
    for index, token in enumerate(tokens):
        end += len(token)
        if end > place:
            return index
    return -1


def candidates_of(
    tokens: Sequence[str], lists: Sequence[Sequence[Candidate]], answer: str, has_thoughts: bool
) -> tuple[Candidate, ...] | None:
    """Return the candidates for the token with which an answer begins.

    Parameters
    ----------
    tokens : sequence of str
        What was written, token by token.
    lists : sequence of sequence of Candidate
        The candidates for each token.
    answer : str
        The answer that was found in what was written.
    has_thoughts : bool
        Whether something other than marks stands before it.

    Returns
    -------
    tuple of Candidate or None
        None if there are no candidates at all; empty if there are none for that token.
    """
    if not any(lists):
        return None
    index = begins_at(tokens, answer)
    if index < 0 and not has_thoughts:  # the text was cleaned, or the server writes tokens in its own way
        index = next((i for i, token in enumerate(tokens) if not is_mark(token)), -1)
    return tuple(lists[index]) if 0 <= index < len(lists) else ()
