"""CSV with a header: what Voiceflow and scripts of your own read."""

from __future__ import annotations

import re

from dialin.export.base import Content, ExportFormat, Files, Labelled
from dialin.export.checks import broken, csv_in
from dialin.export.formats.neutral import COLUMNS, Cell, outcome_rows, records
from dialin.export.names import Naming
from dialin.export.packing import csv_bytes
from dialin.export.text import inert
from dialin.text.formulas import without_formula

FILE, OUTCOMES = "intents.csv", "outcomes.csv"
_NAMES = Naming(re.compile(r"[^\s=+@;]+(?:\s+[^\s=+@;]+)*"), longest=256)
"""Names that a spreadsheet takes for no formula."""


def write(content: Content) -> Files:
    """Return the files: the phrases, and the outcomes if any is known."""
    outcomes = [[_no_formula(cell) for cell in row] for row in outcome_rows(content)]
    files = {FILE: csv_bytes([COLUMNS, *records(content)])}
    return files | ({OUTCOMES: csv_bytes(outcomes)} if outcomes else {})


def _no_formula(cell: Cell) -> Cell:
    return without_formula(cell) if isinstance(cell, str) else cell


def validate(files: Files) -> list[Labelled]:
    """Check the file and return the phrases."""
    header, *rows = csv_in(files, FILE)
    if header != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        raise broken(FILE, f"the columns are {header}")
    return [(row[0], row[1]) for row in rows]


FORMAT = ExportFormat("csv", "CSV with a header", write, validate, naming=_NAMES, clean=inert)
