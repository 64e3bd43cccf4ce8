"""Cuts text to a width on a screen, where a Chinese character takes two columns."""

from __future__ import annotations

from rich.cells import cell_len

JOINER = "\u200d"


def shortened(text: str, width: int) -> str:
    """Return the text in at most `width` columns; a text that was cut ends with "…".

    Examples
    --------
    >>> shortened("where is it", 20), shortened("where is my parcel", 9)
    ('where is it', 'where is…')
    >>> shortened("我的包裹到哪了", 9)
    '我的包裹…'
    """
    if len(text) <= width and cell_len(text) <= width:
        return text
    used = 0
    for i, character in enumerate(text[:width]):
        used += cell_len(character)
        if used > width - 1:
            return _cut(text[:i])
    return _cut(text[:width])


def _cut(text: str) -> str:
    return text.rstrip().rstrip(JOINER) + "…"
