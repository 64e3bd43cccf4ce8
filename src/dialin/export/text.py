"""Writes phrases on one line, tells which are the same, and takes out what a spreadsheet or a platform would act on."""

from __future__ import annotations

import re
import unicodedata

from dialin.redact.placeholders import in_words
from dialin.text.formulas import without_formula
from dialin.text.unseen import without_surrogates, without_unseen

_FINAL = " .!?。！？…,，;；:："
_MARK = re.compile(r"[=+\-@＝＋－＠]")
_FORMULA_MARKS = re.compile(r"(^|[;\t\r\n])\s*[=+\-@＝＋－＠]+\s*")


def one_line(text: str) -> str:
    r"""Return a phrase on one line, with single spaces, without control characters, and without placeholders.

    Examples
    --------
    >>> one_line("  where is\n my\x07 parcel ")
    'where is my parcel'
    >>> one_line("my card <CARD_1> is lost")
    'my card number is lost'
    """
    line = " ".join((in_words(text) if "<" in text else text).split())
    is_plain = line.isascii() and line.isprintable()  # as most English is: there is nothing to take out
    return line if is_plain else " ".join(without_unseen(without_surrogates(line)).split())


def normalised(text: str) -> str:
    """Return what two phrases have in common that count as the same: NFKC, no case, single spaces, no final marks.

    Examples
    --------
    >>> normalised("Where  is my CARD?!") == normalised("where is my card"), normalised("我要退款。")
    (True, '我要退款')
    """
    if text.isascii():
        return " ".join(text.casefold().split()).rstrip(_FINAL) or text.casefold()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split()).rstrip(_FINAL) or folded


def inert(text: str) -> str:
    """Return a phrase without the marks with which a spreadsheet would begin a formula.

    A platform learns the phrase as it stands, so the apostrophe that dialin's other tables put before them would be
    learnt, too.

    Examples
    --------
    >>> inert("=1+2"), inert("- where is it"), inert("a;=b"), inert("two-way")
    ('1+2', 'where is it', 'a;b', 'two-way')
    """
    while _MARK.search(text) and without_formula(text) != text:
        shorter = _FORMULA_MARKS.sub(r"\1", text)
        if shorter == text:
            return ""
        text = shorter
    return text
