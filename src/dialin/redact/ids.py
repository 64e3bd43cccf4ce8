"""Finds numbers that states give to people: by their checksum where they have one, else by the word beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.cn import ric
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.exceptions import InvalidComponent
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.pt import cc
from stdnum.se import personnummer
from stdnum.us import itin, ssn

from dialin.redact.context import is_said_near
from dialin.redact.finding import ID, Finding


@dataclass(frozen=True)
class IdKind:
    """A kind of number that a state gives to people.

    Parameters
    ----------
    shape : re.Pattern
        How it is written.
    is_valid : callable
        Whether a number of this shape is one: its checksum.
    words : re.Pattern or None
        Words of which one has to be said beside it; None: shape and checksum are enough.
    """

    shape: re.Pattern[str]
    is_valid: Callable[[str], bool]
    words: re.Pattern[str] | None = None


def _kind(shape: str, is_valid: Callable[[str], bool], words: str = "") -> IdKind:
    alone = rf"(?<![0-9A-Za-z])(?:{shape})(?![0-9A-Za-z])"
    return IdKind(re.compile(alone, re.I), is_valid, re.compile(words, re.I) if words else None)


def _always(_: str) -> bool:
    return True


def _is_resident(number: str) -> bool:
    """Return whether a Chinese number has a date and its checksum; not where from: counties come and go."""
    compact = re.sub("[ -]", "", number).upper()
    try:
        ric.get_birth_date(compact)
    except InvalidComponent:
        return False
    return bool(ric.calc_check_digit(compact) == compact[-1])


_SSN_WORDS = r"\bssn\b|social security|\bitin\b|taxpayer"
_KINDS = (
    _kind(r"[1-8][0-9]{5}[ -]?(?:19|20)[0-9]{2}[01][0-9][0-3][0-9][ -]?[0-9]{3}[0-9X]", _is_resident),
    _kind(r"[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]", codicefiscale.is_valid),
    _kind(r"[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}", nir.is_valid),
    _kind(r"[XYZ][ -]?[0-9]{7}[ -]?[A-Z]", nie.is_valid),
    _kind(r"[0-9]{6}[-+A-FYXWVU][0-9]{3}[0-9A-FHJ-NPR-Y]", hetu.is_valid, r"hetu|henkilötunnus|finnish"),
    _kind(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", cpf.is_valid),
    _kind(r"[0-9]{11}", cpf.is_valid, r"\bcpf\b"),
    _kind(r"[0-9]{3}-[0-9]{2}-[0-9]{4}", ssn.is_valid),
    _kind(r"9[0-9]{2}-[0-9]{2}-[0-9]{4}", itin.is_valid),
    _kind(r"[0-9]{3} ?[0-9]{2} ?[0-9]{4}", ssn.is_valid, _SSN_WORDS),
    _kind(r"9[0-9]{2} ?[0-9]{2} ?[0-9]{4}", itin.is_valid, _SSN_WORDS),
    _kind(r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}", nhs.is_valid, r"\bnhs\b"),
    _kind(r"(?:[A-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D])", _always, r"national insurance|\bni\b|\bnino\b"),
    _kind(r"[1-9][0-9](?: ?[0-9]{3}){3}", idnr.is_valid, r"steuer|\btax\b|\bidnr\b"),
    _kind(r"[0-9]{8}[ -]?[A-Z]", dni.is_valid, r"\bdni\b|\bnif\b|spanish|españ"),
    _kind(r"[0-9]{9}|[0-9]{4}\.[0-9]{2}\.[0-9]{3}", bsn.is_valid, r"\bbsn\b|burgerservice|\bsofi"),
    _kind(r"[0-9]{11}", pesel.is_valid, r"\bpesel\b"),
    _kind(r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}", aadhaar.is_valid, r"aadh?aa?r"),
    _kind(r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}", sin.is_valid, r"\bsin\b|social insurance"),
    _kind(r"(?:[0-9]{2})?[0-9]{6}[-+]?[0-9]{4}", personnummer.is_valid, r"personnummer|swedish"),
    _kind(r"[0-9]{8} ?[0-9] ?[A-Z0-9]{2}[0-9]", cc.is_valid, r"cart[aã]o de cidad|portuguese"),
)
_BESIDE = (
    _kind(r"[A-Z]{0,2}[0-9]{6,9}[A-Z]?", _always, r"passport(?! expired)|护照|通行证"),
    _kind(r"(?=[A-Z-]*[0-9])[A-Z0-9][A-Z0-9-]{6,17}", _always, r"driv(?:ing|er'?s?) licen[cs]e|驾驶证|驾照"),
)
"""Numbers without a checksum: the word has to stand shortly before them."""


_LONG = re.compile(r"(?:[0-9][^0-9]{0,3}){6}")


def ids(text: str) -> Iterator[Finding]:
    """Yield the numbers of people in a plain text: of residents, taxpayers, the insured, passports.

    Examples
    --------
    >>> list(ids("my NHS number is 943 476 5919, my lucky one 943 476 5918"))
    [Finding(start=17, end=29, type='ID')]
    """
    if not _LONG.search(text):
        return
    for kinds, (before, after) in ((_KINDS, (40, 25)), (_BESIDE, (25, 0))):
        near = partial(is_said_near, text, before=before, after=after)
        for kind in kinds:
            if kind.words is None or kind.words.search(text):
                for found in kind.shape.finditer(text):
                    if (kind.words is None or near(found.span(), kind.words)) and kind.is_valid(found[0]):
                        yield Finding(*found.span(), ID)
