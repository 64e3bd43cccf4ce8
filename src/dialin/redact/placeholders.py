"""Replaces what was found by typed placeholders: within a dialogue, the same value gets the same one."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from dialin.redact.finding import EMAIL, PHONE, URL, Finding

_NUMBERED = re.compile(r"<([A-Z]+)_([0-9]{1,6})>")
_PHONE_DIGITS = 9
"""Digits at the end of a telephone number that are the same with and without the code of the country."""


def value_key(kind: str, written: str) -> str:
    """Return a value without what may be written in several ways; equal for equal values of a type.

    Examples
    --------
    >>> value_key("PHONE", "+44 20 7946 0018") == value_key("PHONE", "(020) 7946-0018")
    True
    >>> value_key("CARD", "４１１１ 1111"), value_key("EMAIL", "Ana@Example.com")
    ('41111111', 'ana@example.com')
    """
    plain = unicodedata.normalize("NFKC", written).casefold()
    if kind in (URL, EMAIL):
        return plain
    kept = "".join(filter(str.isalnum, plain))
    return kept[-_PHONE_DIGITS:] if kind == PHONE else kept


@dataclass
class Numbering:
    """The placeholders of one dialogue so far; its numbers go on after those that its texts hold already."""

    known: dict[tuple[str, str], str] = field(default_factory=dict)
    last: Counter[str] = field(default_factory=Counter)

    @classmethod
    def after(cls, texts: Sequence[str]) -> Numbering:
        """Return the numbering of a dialogue with these texts."""
        last = Counter[str]()
        for text in texts:
            for kind, number in _NUMBERED.findall(text):
                last[kind] = max(last[kind], int(number))
        return cls(last=last)

    def replaced(self, text: str, found: Sequence[Finding]) -> str:
        """Return a text with a placeholder for each finding; they do not overlap, and come in the order of the text.

        Examples
        --------
        >>> Numbering().replaced("a@b.de or c@d.de", [Finding(0, 6, "EMAIL"), Finding(10, 16, "EMAIL")])
        '<EMAIL_1> or <EMAIL_2>'
        """
        pieces, at = list[str](), 0
        for one in found:
            pieces += [text[at : one.start], self._placeholder(one.type, text[one.start : one.end])]
            at = one.end
        return "".join([*pieces, text[at:]])

    def _placeholder(self, kind: str, written: str) -> str:
        key = kind, value_key(kind, written)
        if key not in self.known:
            self.last[kind] += 1
            self.known[key] = f"<{kind}_{self.last[kind]}>"
        return self.known[key]
