"""Turns names of intents into names that a platform takes: valid, unique, and the same each time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from dialin.text.unseen import plain_name

_UNICODE = re.compile(r"[\w.-]+")
_ASCII = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Naming:
    """Names that a platform takes.

    Parameters
    ----------
    allowed : re.Pattern
        A run of characters that may stand in a name; each other run becomes "_".
    valid : re.Pattern
        A whole name.
    longest : int
        Characters of a name.
    ascii_only : bool
        Whether letters must be ASCII: accents are dropped, and a name with any other letter becomes "intent_12".
    lower : bool
        Whether letters must be small.
    reserved : tuple of str
        Names that the platform uses itself.
    """

    allowed: re.Pattern[str] = _UNICODE
    valid: re.Pattern[str] = re.compile(r"\S.*")
    longest: int = 128
    ascii_only: bool = False
    lower: bool = False
    reserved: tuple[str, ...] = ()


UNICODE_NAMES = Naming()


def ascii_naming(**more: object) -> Naming:
    """Return the naming of a platform that takes ASCII letters, digits, "_" and "-" alone."""
    return Naming(**({"allowed": _ASCII, "valid": re.compile(r"[A-Za-z0-9_-]+"), "ascii_only": True} | more))  # type: ignore[arg-type]


def slug(label: str, intent_id: int, naming: Naming) -> str:
    """Return a name that a platform takes for the name of an intent; "intent_12" where too little of it would be left.

    Examples
    --------
    >>> ascii_name = ascii_naming(lower=True)
    >>> [slug(label, 12, ascii_name) for label in ("Cancel order/now", "réclamer-avoir", "重置-密码", "取消-VIP")]
    ['cancel_order_now', 'reclamer-avoir', 'intent_12', 'intent_12']
    >>> slug("重置 密码", 12, Naming())
    '重置_密码'
    """
    text = unicodedata.normalize("NFKC", plain_name(label))
    if naming.ascii_only:
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        if any(c.isalpha() and not c.isascii() for c in text):
            return _numbered(intent_id)
    runs = naming.allowed.findall(text.lower() if naming.lower else text)
    name = re.sub(r"([_.-])[_.-]+", r"\1", "_".join(runs))[: naming.longest].strip("_.-")
    return name if naming.valid.fullmatch(name) and any(map(str.isalnum, name)) else _numbered(intent_id)


def _numbered(intent_id: int) -> str:
    return f"intent_{intent_id}"


def exported_names(labels: Iterable[tuple[int, str]], naming: Naming) -> dict[int, str]:
    """Return the exported name of each intent, given its number and name; a name that is taken gets "_2", "_3", ….

    Names that differ in case alone count as the same, because the names of files do on some systems.

    Examples
    --------
    >>> exported_names([(0, "pay bill"), (4, "pay/bill"), (7, "PAY_BILL")], ascii_naming(lower=True))
    {0: 'pay_bill', 4: 'pay_bill_2', 7: 'pay_bill_3'}
    """
    taken = {name.casefold() for name in naming.reserved}
    found = dict[int, str]()
    for intent_id, label in labels:
        found[intent_id] = _free(slug(label, intent_id, naming), taken, naming.longest)
        taken.add(found[intent_id].casefold())
    return found


def _free(name: str, taken: set[str], longest: int) -> str:
    n, free = 1, name
    while free.casefold() in taken:
        n += 1
        free = f"{name[: longest - len(f'_{n}')].rstrip('_.-')}_{n}"
    return free
