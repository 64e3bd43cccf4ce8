"""JSON lines: one object for each phrase."""

from __future__ import annotations

import json

from dialin.export.base import Content, ExportFormat, Files, Labelled
from dialin.export.checks import broken, check_shape
from dialin.export.formats.neutral import ANY_NAME, COLUMNS, records
from dialin.text.unseen import as_escapes

FILE = "intents.jsonl"
_SHAPE = dict(zip(COLUMNS, (str, str, str, int, float, int, [str]), strict=True))


def write(content: Content) -> Files:
    """Return the file."""
    paths = (list(intent.path) for intent in content.intents for _ in intent.phrases)
    rows = (
        dict(zip(COLUMNS, row, strict=True)) | {"path": path} for row, path in zip(records(content), paths, strict=True)
    )
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    return {FILE: "".join(as_escapes(line) + "\n" for line in lines).encode()}


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
