"""Xenioo: a CSV file with the columns name, locale and expression.

Source: docs.xenioo.com.
"""

from __future__ import annotations

from functools import partial

from dialin.export.base import Content, ExportFormat, Files, Labelled, PlatformLimits, always
from dialin.export.checks import broken, csv_in
from dialin.export.packing import csv_bytes
from dialin.export.text import inert

FILE = "intents.csv"
HEADER = ["name", "locale", "expression"]
LOCALES = frozenset({"en", "es", "de", "it", "fr"})
LIMITS = PlatformLimits(usual=50)


def write(content: Content) -> Files:
    """Return the file."""
    rows = [
        (intent.name, phrase.language.partition("-")[0], phrase.text)
        for intent in content.intents
        for phrase in intent.phrases
    ]
    return {FILE: csv_bytes([HEADER, *rows])}


def validate(files: Files) -> list[Labelled]:
    """Check the file and return the phrases."""
    header, *rows = csv_in(files, FILE)
    if header != HEADER:
        raise broken(FILE, f"the columns are {header}")
    if any(len(row) != 3 or row[1] not in LOCALES for row in rows):
        raise broken(FILE, f"a row is not an intent, one of {', '.join(sorted(LOCALES))}, and a phrase")
    return [(name, text) for name, _, text in rows]


FORMAT = ExportFormat(
    "xenioo",
    "Xenioo (CSV)",
    write,
    validate,
    limits=partial(always, LIMITS),
    languages=LOCALES,
    none_name="",
    clean=inert,
)
