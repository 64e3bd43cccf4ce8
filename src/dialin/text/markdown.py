"""Builds Markdown tables whose cells show any text literally."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dialin.text.unseen import without_unseen

_MARKS = re.compile(r"[\\`*\[\]|~]|(?<!\w)_|_(?!\w)")
_TAGS = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; the values of a tuple share one cell, separated by commas.

    Examples
    --------
    >>> print(table(("a", "b"), [(1, ("x", "y"))]))
    | a | b |
    | --- | --- |
    | 1 | x, y |
    """
    return _laid_out([*map(cell, names)], ([*map(cell, row)] for row in rows))


def raw_table(names: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    r"""Return a table of cells that already are Markdown; only a bar, which would end a cell, is escaped.

    Examples
    --------
    >>> print(raw_table(["a|b"], [["**bold**"]]))
    | a\|b |
    | --- |
    | **bold** |
    """
    return _laid_out([*map(_barred, names)], ([*map(_barred, row)] for row in rows))


def _barred(text: str) -> str:
    return text.replace("|", "\\|")


def _laid_out(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in [names, ["---"] * len(names), *rows])


def cell(value: object) -> str:
    r"""Return a value as text that cannot end its cell or line, and cannot act as markup.

    Examples
    --------
    >>> cell("held_out | <i>_a_") == r"held_out \| &lt;i&gt;\_a\_"
    True
    """
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    plain = " ".join(without_unseen(text).split())
    marked = _MARKS.sub(lambda found: "\\" + found[0], plain)
    return re.sub(r"[&<>]", lambda found: _TAGS[found[0]], marked)
