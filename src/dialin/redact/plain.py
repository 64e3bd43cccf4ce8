"""A text as the rules read it: plain letters, digits and dashes, and a mark for each value that is gone already."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

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
    source : str
        As it was written.
    parts : tuple of (int, int, bool)
        Parts of the source, in order: first character, the one after the last, and whether a mark stands for it.
    """

    text: str
    source: str
    parts: tuple[tuple[int, int, bool], ...]

    @classmethod
    def of(cls, source: str, gone: Iterable[tuple[int, int]] = ()) -> PlainText:
        """Return a text with one mark for each of its places (start, end) that are gone."""
        parts, at = list[tuple[int, int, bool]](), 0
        for start, end in sorted(gone):
            parts += [(at, start, False), (start, end, True)]
            at = end
        parts.append((at, len(source), False))
        text = "".join(MARK if is_gone else _plain_of(source[start:end]) for start, end, is_gone in parts)
        return cls(text, source, tuple(parts))

    @cached_property
    def _origins(self) -> list[tuple[int, int]]:
        """Where each plain character comes from: first character of the source, and the one after the last."""
        found = list[tuple[int, int]]()
        for start, end, is_gone in self.parts:
            if is_gone:
                found.append((start, end))
            else:
                found += [(i, i + 1) for i in range(start, end) for _ in _plain(self.source[i])]
        return found

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part of the plain text is in the source."""
        return self._origins[start][0], self._origins[end - 1][1]


def placeholders_in(text: str) -> list[tuple[int, int]]:
    """Return the places of the placeholders in a text.

    Examples
    --------
    >>> placeholders_in("call <PHONE_1> or [PII]")
    [(5, 14), (18, 23)]
    """
    return [found.span() for found in PLACEHOLDER.finditer(text)]


def _plain_of(text: str) -> str:
    return text if text.isascii() else "".join(map(_plain, text))


@lru_cache(maxsize=1 << 14)
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
