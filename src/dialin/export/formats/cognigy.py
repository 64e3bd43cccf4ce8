"""Cognigy.AI: a CSV file without a header, each row an intent, the word "exampleSentence" and a phrase.

Source: docs.cognigy.com, upload and download of intents.
"""

from __future__ import annotations

from functools import partial

from dialin.export.base import Content, ExportFormat, Files, Labelled, PlatformLimits, always
from dialin.export.checks import broken, csv_in
from dialin.export.packing import csv_bytes
from dialin.export.text import inert

FILE = "intents.csv"
MARK = "exampleSentence"
LIMITS = PlatformLimits(usual=50)


def write(content: Content) -> Files:
    """Return the file."""
    return {FILE: csv_bytes((name, MARK, text) for name, text in content.rows)}


def validate(files: Files) -> list[Labelled]:
    """Check the file and return the phrases."""
    rows = list(csv_in(files, FILE))
    if any(len(row) != 3 or row[1] != MARK for row in rows):
        raise broken(FILE, f"a row is not an intent, {MARK} and a phrase")
    return [(name, text) for name, _, text in rows]


FORMAT = ExportFormat(
    "cognigy",
    "Cognigy.AI (CSV)",
    write,
    validate,
    limits=partial(always, LIMITS),
    one_language=True,
    none_name="",
    clean=inert,
)
