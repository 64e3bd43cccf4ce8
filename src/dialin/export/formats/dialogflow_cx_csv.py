"""Dialogflow CX: a CSV file of intents and training phrases, for "Import" on the page of the intents.

Sources: `ExportIntentsRequest.DataFormat` in googleapis, google/cloud/dialogflow/cx/v3/intent.proto; the header is that
of other people's files.
"""

from __future__ import annotations

from functools import partial

from dialin.export.base import Content, ExportFormat, Files, Labelled, always
from dialin.export.checks import broken, csv_in
from dialin.export.formats.dialogflow_cx import CX_NAMES, LIMITS, NEGATIVES, cx_language
from dialin.export.packing import csv_bytes
from dialin.export.text import inert

FILE = "intents.csv"
HEADER = ["Intent Display Name", "Language", "Phrase"]


def write(content: Content) -> Files:
    """Return the file."""
    rows = [
        (intent.name, cx_language(phrase.language), phrase.text)
        for intent in content.intents
        for phrase in intent.phrases
    ]
    return {FILE: csv_bytes([HEADER, *rows])}


def validate(files: Files) -> list[Labelled]:
    """Check the file and return the phrases."""
    header, *rows = csv_in(files, FILE)
    if header != HEADER:
        raise broken(FILE, f"the columns are {header}")
    if not all(len(row) == 3 and all(row) for row in rows):
        raise broken(FILE, "a row has an empty cell")
    return [(name, text) for name, _, text in rows]


FORMAT = ExportFormat(
    "dialogflow-cx-csv",
    "Dialogflow CX (CSV of intents)",
    write,
    validate,
    naming=CX_NAMES,
    limits=partial(always, LIMITS),
    none_name=NEGATIVES,
    clean=inert,
)
