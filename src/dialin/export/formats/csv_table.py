"""CSV with a header: what Voiceflow and scripts of your own read."""

from __future__ import annotations

import re
from itertools import chain

from dialin.export.base import Content, ExportFormat, Files, Labelled
from dialin.export.checks import broken, csv_in, labelled
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
    files = {FILE: csv_bytes(chain([COLUMNS], records(content)))}
    return files | ({OUTCOMES: csv_bytes(outcomes)} if outcomes else {})


def _no_formula(cell: Cell) -> Cell:
    return without_formula(cell) if isinstance(cell, str) else cell


def validate(files: Files) -> list[Labelled]:
    """Check the file and return the phrases."""
    rows = csv_in(files, FILE)
    header = next(rows, [])
    if header != COLUMNS:
        raise broken(FILE, f"the columns are {header}")
    return labelled(_name_and_text(row) for row in rows)


def _name_and_text(row: list[str]) -> Labelled:
    if len(row) != len(COLUMNS):
        raise broken(FILE, f"a row has {len(row)} cells")
    return row[0], row[1]


FORMAT = ExportFormat("csv", "CSV with a header", write, validate, naming=_NAMES, clean=inert)
