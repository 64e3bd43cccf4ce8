"""Writes tables for other tools, as CSV, JSON lines or Parquet according to the file's ending."""

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
    """Return "csv", "jsonl" or "parquet" according to a file's ending; raise InputError for any other ending."""
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in FORMATS:
        raise InputError(f"cannot write {path}: unknown ending {path.suffix!r}", hint="use .csv, .jsonl or .parquet")
    return suffix


def save_table(path: Path, table: pa.Table) -> None:
    """Write a table in the format of the file's ending, whole or not at all."""
    form = format_of(path)
    if form == "parquet":
        files.write_whole(path, lambda temporary: pq.write_table(table, temporary))
    else:
        files.write_text(path, table_text(table, form))


def table_text(table: pa.Table, form: str) -> str:
    """Return a table as text in the form "csv" or "jsonl"; in CSV, lists are written as JSON."""
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
