"""Finds payment cards and bank accounts, which prove themselves: length, issuer or country, and checksum."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban, luhn

from dialin.redact.finding import CARD, IBAN, Finding

_ISSUERS = re.compile(
    r"4(?:\d{15}|\d{18})"  # Visa
    r"|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|[689]\d)\d{11}"  # Diners Club
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12,15}"  # Discover
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|62\d{14,17}|9558\d{15}"  # UnionPay, and Chinese cards before it
    r"|(?:50|5[6-8])\d{14,17}|(?:6304|6759|676[1-3])\d{12,15}"  # Maestro
)
"""First digits and lengths of the cards of each issuer (ISO/IEC 7812; the issuers' own tables)."""
_DIGITS = re.compile(r"(?<![0-9A-Za-z])(?<![0-9][.,])[0-9]+(?:(?:  ?|-| - )[0-9]+)*(?![0-9A-Za-z])")
_GROUP = re.compile("[0-9]+")
_MOST_GROUPS = 6
_IBAN = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2}(?=[ -]?[0-9A-Za-z])")
_IBAN_CHARS = 34


def cards(text: str) -> Iterator[Finding]:
    """Yield the payment cards in a plain text: an issuer's first digits and length, grouped as on a card, and Luhn.

    Examples
    --------
    >>> list(cards("card 4111 1111 1111 1111 12/27, order 4111111111111112"))
    [Finding(start=5, end=24, type='CARD')]
    """
    for run in _DIGITS.finditer(text):
        if len(run[0]) < 14:
            continue
        groups = [found.span() for found in _GROUP.finditer(text, *run.span())]
        for first in range(len(groups)):
            for last in range(first, min(first + _MOST_GROUPS, len(groups))):
                if _is_card([text[start:end] for start, end in groups[first : last + 1]]):
                    yield Finding(groups[first][0], groups[last][1], CARD)


def _is_card(groups: list[str]) -> bool:
    number = "".join(groups)
    return _is_grouped([len(group) for group in groups]) and bool(_ISSUERS.fullmatch(number)) and luhn.is_valid(number)


def _is_grouped(sizes: list[int]) -> bool:
    """Return whether the digits of a card may be grouped like this: in fours, 4-6-5, 4-6-4, 6 and the rest, or not."""
    return len(sizes) == 1 or set(sizes[:-1]) == {4} or sizes[:2] == [4, 6] or (sizes[0] == 6 and len(sizes) == 2)


def ibans(text: str) -> Iterator[Finding]:
    """Yield the bank accounts (ISO 13616) in a plain text: the length of the country, and remainder 1 of 97.

    Examples
    --------
    >>> list(ibans("to GB82 WEST 1234 5698 7654 32 please"))
    [Finding(start=3, end=30, type='IBAN')]
    """
    for found in _IBAN.finditer(text):
        end = _end_of_iban(text, found.start())
        if end:
            yield Finding(found.start(), end, IBAN)


def _end_of_iban(text: str, start: int) -> int:
    """Return where an IBAN ends that begins here; 0 if none does."""
    compact, at = "", start
    while at < len(text) and len(compact) < _IBAN_CHARS:
        if text[at] in " -" and at + 1 < len(text) and _is_plain(text[at + 1]):
            at += 1
        if not _is_plain(text[at]):
            break
        compact, at = compact + text[at], at + 1
        is_end = at == len(text) or not _is_plain(text[at])
        if is_end and len(compact) >= 15 and iban.is_valid(compact, check_country=False):
            return at
    return 0


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isalnum()
