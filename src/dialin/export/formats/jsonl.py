"""JSON lines: one object for each phrase."""

from __future__ import annotations

import json

from dialin.export.base import Content, ExportFormat, Files, Labelled
from dialin.export.checks import broken, check_shape
from dialin.export.formats.neutral import ANY_NAME, COLUMNS, Cell, outcome_rows, records
from dialin.text.unseen import as_escapes

FILE, OUTCOMES = "intents.jsonl", "outcomes.jsonl"
_SHAPE = dict(zip(COLUMNS, (str, str, str, int, float, int), strict=True))


def write(content: Content) -> Files:
    """Return the files: the phrases, and the outcomes if any is known."""
    outcomes = outcome_rows(content)
    files = {FILE: _lines(COLUMNS, records(content))}
    return files | ({OUTCOMES: _lines(list(map(str, outcomes[0])), outcomes[1:])} if outcomes else {})


def _lines(columns: list[str], rows: list[list[Cell]]) -> bytes:
    lines = (json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) for row in rows)
    return "".join(as_escapes(line) + "\n" for line in lines).encode()


def validate(files: Files) -> list[Labelled]:
    """Check the file and return the phrases."""
    try:
        rows = [json.loads(line) for line in files[FILE].decode().split("\n")[:-1]]
    except ValueError as error:
        raise broken(FILE, f"a line is no JSON: {error}") from error
    for n, row in enumerate(rows, 1):
        check_shape(row, _SHAPE, f"{FILE} line {n}")
    return [(row["intent"], row["utterance"]) for row in rows]


FORMAT = ExportFormat("jsonl", "JSON lines", write, validate, naming=ANY_NAME)
