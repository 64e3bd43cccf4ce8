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
from dialin.text.formulas import without_formula
from dialin.text.unseen import as_escapes, without_unseen

_BOM = "\ufeff"
FORMATS = ("csv", "jsonl", "parquet")


def format_of(path: Path) -> str:
    """Return "csv", "jsonl" or "parquet" according to a file's ending; raise InputError for any other ending."""
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in FORMATS:
        raise InputError(f"cannot write {path}: unknown ending {path.suffix!r}", hint="use .csv, .jsonl or .parquet")
    return suffix


def check_bom(form: str, *, bom: bool) -> None:
    """Raise InputError if a byte order mark is wanted in another form than CSV."""
    if bom and form != "csv":
        raise InputError(f"a byte order mark belongs to CSV, not to {form}", hint="leave out --bom, or write .csv")


def save_table(path: Path, table: pa.Table, *, bom: bool = False) -> None:
    """Write a table in the format of the file's ending, whole or not at all; `bom` as in `table_text`."""
    form = format_of(path)
    check_bom(form, bom=bom)
    if form == "parquet":
        files.write_whole(path, lambda temporary: pq.write_table(table, temporary))
    else:
        files.write_text(path, table_text(table, form, bom=bom))


def table_text(table: pa.Table, form: str, *, bom: bool = False) -> str:
    """Return a table as text in the form "csv" or "jsonl".

    In CSV, lists are written as JSON, text and headers cannot act as formulas of a spreadsheet
    (`dialin.text.formulas.without_formula`), and numbers are written as they are. JSON keeps every text as it is.

    Parameters
    ----------
    table : pyarrow.Table
        The table.
    form : {"csv", "jsonl"}
        The form.
    bom : bool
        Whether CSV begins with a byte order mark: Excel reads a file without one in the encoding of its country.

    Raises
    ------
    InputError
        A byte order mark is wanted and the form is not CSV.
    """
    check_bom(form, bom=bom)
    records = table.to_pylist()
    if form == "jsonl":
        return "".join(as_escapes(json.dumps(record, ensure_ascii=False)) + "\n" for record in records)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(_cell, table.column_names))
    writer.writerows(map(_cell, record.values()) for record in records)
    return _BOM * bom + stream.getvalue()


def _cell(value: object) -> object:
    value = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
    return without_formula(without_unseen(value)) if isinstance(value, str) else value
