"""Finds the words of a glossary that occur in a question, so that an LLM is told these and no others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dialin.errors import InputError

MEANS = " = "
"""Stands between a term and its meaning: "FTTC = fibre to the cabinet"."""
MAX_TERMS, MAX_TERM_CHARS, MAX_MEANING_CHARS = 500, 40, 120
"""Most terms of a glossary, and most characters of a term and of its meaning."""
MAX_TOLD = 8
"""Most terms that are told with one question: the first ones of the glossary that occur in it."""


def occurring(glossary: Sequence[str], text: str) -> list[tuple[str, str]]:
    """Return the terms of a glossary that occur in a text, each with its meaning.

    Case does not count. A term that begins or ends with a letter from A to Z or a digit has to begin or end a word.

    Examples
    --------
    >>> glossary = ["FTTC = fibre to the cabinet", "ATA = phone adapter", "花呗 = 先用后付"]
    >>> occurring(glossary, "the fttc line is slow; what data?"), occurring(glossary, "我的花呗还不了")
    ([('FTTC', 'fibre to the cabinet')], [('花呗', '先用后付')])
    """
    said, found = text.casefold(), []
    for entry in glossary:
        term, _, meaning = entry.partition(MEANS)
        if term.casefold() in said and _stands_alone(term.casefold(), said):
            found.append((term, meaning))
    return found[:MAX_TOLD]


def _stands_alone(term: str, said: str) -> bool:
    before = r"(?<![A-Za-z0-9])" if _is_plain(term[0]) else ""
    after = r"(?![A-Za-z0-9])" if _is_plain(term[-1]) else ""
    return bool(re.search(f"{before}{re.escape(term)}{after}", said))


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isalnum()


def check_glossary(glossary: Sequence[str]) -> None:
    """Raise InputError if a glossary is too long, or an entry is not one line with a term and its meaning."""
    if len(glossary) > MAX_TERMS:
        raise InputError(f"the glossary has {len(glossary):,} terms, at most {MAX_TERMS} are read")
    first: dict[str, int] = {}
    for n, entry in enumerate(glossary, 1):
        term, _, meaning = entry.partition(MEANS)
        if not (0 < len(term) <= MAX_TERM_CHARS and 0 < len(meaning) <= MAX_MEANING_CHARS and entry.isprintable()):
            raise InputError(
                f"term {n} of the glossary must be one line, at most {MAX_TERM_CHARS} characters for the term and "
                f"{MAX_MEANING_CHARS} for its meaning, got {entry[:60]!r}",
                hint="write it as in: FTTC = fibre to the cabinet",
            )
        if (before := first.setdefault(term.casefold(), n)) != n:
            raise InputError(f"the glossary has {term!r} twice, as terms {before} and {n}", hint="keep one of them")
