"""Finds what must not be seen by rules: checksums, number plans, and the words beside a value."""

from __future__ import annotations

from dialin.redact.contact import emails, phones
from dialin.redact.finding import Finding, without_overlaps
from dialin.redact.ids import ids
from dialin.redact.numbers import cards, ibans
from dialin.redact.plain import PlainText, placeholders_in
from dialin.redact.reference import plates, references
from dialin.redact.web import ips, urls

FAMILIES = (
    *((urls, 0), (emails, 0), (ibans, 8), (cards, 14), (ids, 6), (ips, 1)),
    *((plates, 1), (phones, 7), (references, 1)),
)
"""Each family of rules, and how many digits a text needs to have for it."""


def find_private(text: str) -> list[Finding]:
    """Return what must not be seen in a text, in its order and without overlaps.

    Placeholders stay as they are, those of dialin (<PHONE_1>) and of others ([PII], {NAME}). The rules are asked again
    without what they have found, until they find nothing: so a text whose findings are replaced has none.

    Examples
    --------
    >>> find_private("card ４１１１ 1111 1111 1111, not [CARD]")
    [Finding(start=5, end=24, type='CARD')]
    """
    found, kept = list[Finding](), placeholders_in(text)
    while True:
        new = _once(text, [*kept, *((one.start, one.end) for one in found)])
        if not new:
            return sorted(found)
        found += new


def _once(text: str, gone: list[tuple[int, int]]) -> list[Finding]:
    """Return what the rules find in a text of which some places are gone."""
    plain = PlainText.of(text, gone)
    n_digits = sum(map(plain.text.count, "0123456789"))
    here = without_overlaps(one for family, least in FAMILIES if n_digits >= least for one in family(plain.text))
    placed = [Finding(*plain.place(one.start, one.end), one.type) for one in here]
    return without_overlaps(one for one in placed if all(one.end <= start or end <= one.start for start, end in gone))
