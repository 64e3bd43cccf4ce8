"""A text as the rules read it: plain letters, digits and dashes, and a mark for each value that is gone already."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

MARK = "\ufffc"
"""Stands for a placeholder, whatever its length: so a text reads the same before and after a value is replaced."""
PLACEHOLDER = re.compile(
    r"<[A-Za-z][A-Za-z_]*(?:_[0-9]+)?>"
    r"|\[[A-Za-z][A-Za-z_ ]*(?:_[0-9]+)?\]"
    r"|\{{1,2}[A-Za-z][A-Za-z_]*(?:_[0-9]+)?\}{1,2}"
    r"|[\[【][\u4e00-\u9fff]{1,6}[\]】]"
)
"""What dialin and the redaction of others leave: <PHONE_1>, [PII], {NAME}, [姓名]."""


@dataclass(frozen=True)
class PlainText:
    """A text as the rules read it.

    Parameters
    ----------
    text : str
        In NFKC, with ASCII digits and dashes.
    origins : tuple of (int, int)
        Where each of its characters comes from: first character of the source, and the one after the last.
    """

    text: str
    origins: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, source: str, gone: Iterable[tuple[int, int]] = ()) -> PlainText:
        """Return a text with one mark for each of its places (start, end) that are gone."""
        pieces, at = list[tuple[str, tuple[int, int]]](), 0
        for start, end in sorted(gone):
            pieces += [(_plain(source[i]), (i, i + 1)) for i in range(at, start)]
            pieces.append((MARK, (start, end)))
            at = end
        pieces += [(_plain(source[i]), (i, i + 1)) for i in range(at, len(source))]
        origins = tuple(origin for piece, origin in pieces for _ in piece)
        return cls("".join(piece for piece, _ in pieces), origins)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part of the plain text is in the source."""
        return self.origins[start][0], self.origins[end - 1][1]


def placeholders_in(text: str) -> list[tuple[int, int]]:
    """Return the places of the placeholders in a text.

    Examples
    --------
    >>> placeholders_in("call <PHONE_1> or [PII]")
    [(5, 14), (18, 23)]
    """
    return [found.span() for found in PLACEHOLDER.finditer(text)]


def _plain(character: str) -> str:
    """Return a character in NFKC, its digits and dashes as ASCII ones.

    Examples
    --------
    >>> _plain("４"), _plain("٣"), _plain("–"), _plain("京")
    ('4', '3', '-', '京')
    """
    if character.isascii():
        return character
    if character == "\u2212" or unicodedata.category(character) == "Pd":
        return "-"
    return "".join(_as_ascii_digit(one) for one in unicodedata.normalize("NFKC", character))


def _as_ascii_digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)
