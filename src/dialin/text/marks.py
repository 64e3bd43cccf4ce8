"""Marks of a transcript, which nobody said: "[inaudible]", "【图片】", "<noise>"."""

from __future__ import annotations

import re

_MARK = re.compile(r"\[[^\[\]]{1,30}\]|【[^【】]{1,20}】|<[^<>]{1,30}>")


def without_marks(text: str) -> str:
    """Return what was said: the text without marks in brackets.

    Examples
    --------
    >>> without_marks("[clears throat] my husband passed"), without_marks("[听不清] 那个 四四"), without_marks("5 < 7")
    (' my husband passed', ' 那个 四四', '5 < 7')
    """
    return _MARK.sub("", text)
