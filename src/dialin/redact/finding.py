"""A place in a text that must not be seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

URL, EMAIL, IBAN, CARD, ID, IP = "URL", "EMAIL", "IBAN", "CARD", "ID", "IP"
PLATE, PHONE, ACCOUNT, ORDER, NAME, PLACE = "PLATE", "PHONE", "ACCOUNT", "ORDER", "NAME", "PLACE"
TYPES = (URL, EMAIL, IBAN, CARD, ID, IP, PLATE, ACCOUNT, ORDER, PHONE, NAME, PLACE)
"""All types, the most certain first: each one is checked more closely than those after it."""


@dataclass(frozen=True, order=True)
class Finding:
    """A place in a text that must not be seen: from `start` to before `end`, in characters, and its type."""

    start: int
    end: int
    type: str


def without_overlaps(found: Iterable[Finding]) -> list[Finding]:
    """Return findings that do not overlap, in the order of the text: of two, the longer stays, then the more certain.

    Examples
    --------
    >>> without_overlaps([Finding(0, 4, "ORDER"), Finding(2, 9, "PHONE"), Finding(2, 9, "CARD")])
    [Finding(start=2, end=9, type='CARD')]
    """
    kept = list[Finding]()
    for one in sorted(set(found), key=lambda f: (f.start - f.end, TYPES.index(f.type), f.start)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept)
