"""Finds e-mail addresses and telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from dialin.redact.context import is_said_near
from dialin.redact.finding import EMAIL, PHONE, Finding

REGIONS = ("US", "GB", "CN", "IN", "AU", "NZ", "IE", "ZA")
"""Where national numbers are known from: regions whose customers write English or Chinese."""
ABROAD = ("DE", "FR", "ES", "IT", "NL", "AT", "CH", "BE", "TW", "PL")
"""Where national numbers count, too, if a word beside them says that they are numbers to call."""
_LOCAL = r"0-9A-Za-z\u00c0-\u024f._%+'-"
_EMAIL = re.compile(
    rf"(?<![0-9A-Za-z\u00c0-\u024f])[0-9A-Za-z\u00c0-\u024f_][{_LOCAL}]{{0,63}}"
    r"@(?:[0-9A-Za-z][0-9A-Za-z-]{0,62}\.){1,8}[A-Za-z]{2,24}(?![0-9A-Za-z])"
)
_PHONE = re.compile(
    r"(?<![0-9A-Za-z+])(?<![0-9][.,/-])(?:\+ ?|\()?[0-9](?:(?:[ .-]|\) ?|\)-|[ -]\(| - )?[0-9]){6,16}"
    r"(?![0-9A-Za-z])(?![.,][0-9])"
)
_DATE = re.compile(r"(?:[0-9]{4}([ .-])[0-9]{1,2}\1[0-9]{1,2}|[0-9]{1,2}([ .-])[0-9]{1,2}\2[0-9]{4})(?![0-9])")
_WRITTEN = re.compile(
    r"\(?[2-9][0-9]{2}\)?[ .-]{1,2}[2-9][0-9]{2}[.-][0-9]{4}"  # (415) 555-0132
    r"|1[ .-]?\(?[2-9][0-9]{2}\)?[ .-]{1,2}[0-9]{3}[ .-][0-9]{4}"  # 1-415-555-0132
    r"|1[3-9][0-9]([ -]?)[0-9]{4}\1[0-9]{4}"  # 138 0013 8000
    r"|\(?0[0-9]{2,5}\)?[ -][0-9 -]{5,10}"  # 020 7946 0018, 010-62345678
    r"|[48]00(-?)[0-9]{3}\2[0-9]{4}|[48]00-[0-9]{4}-[0-9]{3}"  # 400-810-8888
)
"""National numbers that look like one without a word beside them."""
_CALL = re.compile(
    r"\b(?:call(?:ed|ing)?|r[iau]ng|phone|mobile|cell|tel|telephone|fax|text|sms|whats ?app|reach|contact|dial|handy"
    r"|my (?:new |old |other )?number|your (?:new |old |other )?number|numbers?:)\b|\btel\.|numbers?:"
    r"|电话|手机|号码|座机|热线|致电|拨打|联系|来电|传真|打给|回电|短信",
    re.IGNORECASE,
)


def emails(text: str) -> Iterator[Finding]:
    """Yield the e-mail addresses in a plain text.

    Examples
    --------
    >>> list(emails("write to ana.b@example.com."))
    [Finding(start=9, end=26, type='EMAIL')]
    """
    if "@" in text:
        yield from (Finding(*found.span(), EMAIL) for found in _EMAIL.finditer(text))


def phones(text: str) -> Iterator[Finding]:
    """Yield the telephone numbers in a plain text that a national plan has.

    An international number begins with + or 00. A national one is written as they are, or a word beside it tells that
    it is one to call.

    Examples
    --------
    >>> list(phones("ring +44 20 7946 0018; we sold 4155550132"))
    [Finding(start=5, end=21, type='PHONE')]
    """
    for found in _PHONE.finditer(text):
        end = _end_of_phone(text, *found.span())
        if end:
            yield Finding(found.start(), end, PHONE)


def _end_of_phone(text: str, start: int, end: int) -> int:
    """Return where a number ends that begins here; 0 if none does. Groups at its end may belong to something else."""
    is_to_call = is_said_near(text, (start, end), _CALL, 30, 15)
    while end:
        if _is_phone(text[start:end], is_to_call=is_to_call):
            return end
        cut = max(text.rfind(" ", start, end), text.rfind("-", start, end))
        end = cut if cut - start >= 7 else 0
    return 0


@lru_cache(maxsize=4096)
def _is_phone(written: str, *, is_to_call: bool) -> bool:
    if _DATE.match(written):
        return False
    if written.startswith(("+", "00")):
        return _is_possible("+" + written.removeprefix("+").removeprefix("00") if written[0] == "0" else written)
    if _WRITTEN.fullmatch(written) and any(_is_valid(written, region) for region in REGIONS):
        return True
    return is_to_call and (
        any(_is_valid(written, region) for region in (*REGIONS, *ABROAD)) or bool(_TRUNK.fullmatch(written))
    )


_TRUNK = re.compile(r"\(?0(?:[ ()-]{0,2}[0-9]){9,10}")
"""A national number of ten or eleven digits: plans change, and some numbers are kept for films and examples."""


def _is_possible(written: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(written, None))
    except phonenumbers.NumberParseException:
        return False


def _is_valid(written: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number_for_region(phonenumbers.parse(written, region), region)
    except phonenumbers.NumberParseException:
        return False
