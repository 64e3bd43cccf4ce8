"""Makes text harmless in a spreadsheet, which takes a cell that begins like a formula for one and runs it."""

from __future__ import annotations

import re

_MARKS = "=+\\-@\uff1d\uff0b\uff0d\uff20"  # and their wide forms, which Excel also takes
_FORMULA = re.compile(rf"(^|[;\t\r\n])(?=[\s\u200b\ufeff]*[{_MARKS}])|^(?=[\t\r\n])")


def without_formula(text: str) -> str:
    r"""Return a text with an apostrophe before each place where a spreadsheet could begin to read a formula.

    Such a place is the beginning, also before white space, and what follows a tab, a line break or a semicolon: where
    the decimal point is a comma, Excel ends cells at semicolons. The apostrophe says that a cell is text.

    Examples
    --------
    >>> without_formula("=1+2"), without_formula("  @a"), without_formula("two-way"), without_formula("a;=b")
    ("'=1+2", "'  @a", 'two-way', "a;'=b")
    """
    return _FORMULA.sub(r"\1'", text)
