"""JSON lines: one object for each phrase."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence

from dialin.export.base import Content, ExportFormat, Files, Labelled
from dialin.export.checks import broken, check_shape, labelled
from dialin.export.formats.neutral import ANY_NAME, COLUMNS, Cell, outcome_rows, records
from dialin.export.packing import text_bytes
from dialin.text.unseen import as_escapes

FILE, OUTCOMES = "intents.jsonl", "outcomes.jsonl"
_SHAPE = dict(zip(COLUMNS, (str, str, str, int, float, int, [str]), strict=True))


def write(content: Content) -> Files:
    """Return the files: the phrases, and the outcomes if any is known."""
    outcomes = outcome_rows(content)
    paths = (list(intent.path) for intent in content.intents for _ in intent.phrases)
    rows = ([*row[:-1], path] for row, path in zip(records(content), paths, strict=True))
    files = {FILE: _lines(COLUMNS, rows)}
    return files | ({OUTCOMES: _lines(list(map(str, outcomes[0])), outcomes[1:])} if outcomes else {})


def _lines(columns: list[str], rows: Iterable[Sequence[Cell | list[str]]]) -> bytes:
    lines = (json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) for row in rows)
    return text_bytes(as_escapes(line) + "\n" for line in lines)


def validate(files: Files) -> list[Labelled]:
    """Check the file and return the phrases."""
    return labelled(_name_and_text(n, line) for n, line in enumerate(io.BytesIO(files[FILE]), 1))


def _name_and_text(n: int, line: bytes) -> Labelled:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise broken(FILE, f"line {n} is no JSON: {error}") from error
    check_shape(row, _SHAPE, f"{FILE} line {n}")
    return row["intent"], row["utterance"]


FORMAT = ExportFormat("jsonl", "JSON lines", write, validate, naming=ANY_NAME)
