"""Looks for words beside a value: what tells an order number from a price, or an id from any other number."""

from __future__ import annotations

import re


def is_said_near(text: str, place: tuple[int, int], words: re.Pattern[str], before: int = 40, after: int = 25) -> bool:
    """Return whether words are said close to a place, at most so many characters before or after it.

    Examples
    --------
    >>> is_said_near("my bsn is 111222333", (10, 19), re.compile("bsn"))
    True
    """
    start, end = place
    return bool(words.search(text, max(0, start - before), start) or words.search(text, end, end + after))
