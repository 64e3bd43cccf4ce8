"""Tables as files that other tools read: CSV, JSON lines or Parquet, by the ending of the file's name."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dialin import files
from dialin.errors import InputError

FORMATS = ("csv", "jsonl", "parquet")


def format_of(path: Path) -> str:
    """Return csv, jsonl or parquet, by the end of a file's name; raise InputError for others."""
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in FORMATS:
        raise InputError(f"cannot write {path}: unknown ending {path.suffix!r}", hint="use .csv, .jsonl or .parquet")
    return suffix


def save_table(path: Path, table: pa.Table) -> None:
    """Write a table as the end of the file's name says, whole or not at all."""
    form = format_of(path)
    if form == "parquet":
        files.write_whole(path, lambda temporary: pq.write_table(table, temporary))
    else:
        files.write_text(path, table_text(table, form))


def table_text(table: pa.Table, form: str) -> str:
    """Return a table as "csv" or "jsonl" text; lists become JSON in a CSV."""
    records = table.to_pylist()
    if form == "jsonl":
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows([_cell(value) for value in record.values()] for record in records)
    return stream.getvalue()


def _cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
