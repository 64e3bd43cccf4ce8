"""CSV with a header: what Voiceflow and scripts of your own read."""

from __future__ import annotations

import re

from dialin.export.base import Content, ExportFormat, Files, Labelled
from dialin.export.checks import broken, csv_in
from dialin.export.formats.neutral import COLUMNS, records
from dialin.export.names import Naming
from dialin.export.packing import csv_bytes
from dialin.export.text import inert

FILE = "intents.csv"
_NAMES = Naming(re.compile(r"[^\s=+@;]+(?:\s+[^\s=+@;]+)*"), longest=256)
"""Names that a spreadsheet takes for no formula."""


def write(content: Content) -> Files:
    """Return the file."""
    return {FILE: csv_bytes([COLUMNS, *records(content)])}


def validate(files: Files) -> list[Labelled]:
    """Check the file and return the phrases."""
    header, *rows = csv_in(files, FILE)
    if header != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        raise broken(FILE, f"the columns are {header}")
    return [(row[0], row[1]) for row in rows]


FORMAT = ExportFormat("csv", "CSV with a header", write, validate, naming=_NAMES, clean=inert)
