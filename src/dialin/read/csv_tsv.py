"""Parses CSV and TSV into columns: finds the delimiter and the header, and names the faulty line of a broken file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.csv as pacsv

from dialin.errors import InputError
from dialin.read.source import ColumnFilter, RawTable, check_distinct, error_line, shortened_repr

_DELIMITERS = ",;\t|"
_LONGEST_HEADER = 1 << 20  # maximum length of a CSV header, in bytes
_CSV_BLOCK = 1 << 24  # maximum length of a CSV record, in bytes


def of_csv(text: bytes, delimiter: str, where: str, wanted: ColumnFilter) -> RawTable:
    """Return the wanted columns of delimited text, every value as a string.

    Parameters
    ----------
    text : bytes
        UTF-8, with a header.
    delimiter : str
        One character.
    where : str
        Name of the source in messages.
    wanted : callable
        Tells whether a column with this name may be needed.

    Raises
    ------
    InputError
        If two wanted columns share a name, a quote never closes, or a line has more or fewer fields than the header.
    """
    names = header_of(text, delimiter)
    keep = [name for name in names if wanted(name)]
    check_distinct(keep, where)
    if text.count(b'"') % 2:
        _check_quotes(text, delimiter, where)
    if not keep:
        return RawTable(where, names, {})
    table = _table(text, delimiter, names, keep, where)
    return RawTable(where, names, {name: table[name] for name in keep})


def _table(text: bytes, delimiter: str, names: list[str], keep: list[str], where: str) -> pa.Table:
    try:
        return pacsv.read_csv(
            pa.BufferReader(text),
            pacsv.ReadOptions(block_size=_CSV_BLOCK),
            pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            pacsv.ConvertOptions(
                column_types=dict.fromkeys(keep, pa.large_string()),
                include_columns=keep,
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        _check_ragged(text, delimiter, len(names), where)
        raise InputError(f"{where} is not valid CSV: {error_line(error)}", hint="check its quotes") from error


def delimiter_of(text: bytes) -> str:
    """Return the most frequent delimiter of the first line; a comma if it has none."""
    first = text.lstrip().partition(b"\n")[0].decode()
    return max(_DELIMITERS, key=first.count)


def header_of(text: bytes, delimiter: str) -> list[str]:
    """Return the fields of the first record that is not empty; an empty list if there is no such record."""
    head = text[:_LONGEST_HEADER].decode(errors="ignore")
    return next((row for _, row in _rows(head, delimiter) if row), [])


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line (from 1) and the fields of each record; stop where `csv` cannot continue."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error:  # a field beyond the limit of the csv module
        yield line, []


def _check_ragged(text: bytes, delimiter: str, n_names: int, where: str) -> None:
    for line, row in _rows(text.decode(), delimiter):
        if row and len(row) != n_names:
            raise InputError(
                f"line {line} of {where} has {len(row)} fields, the header {n_names}: {shortened_repr(row[0])}",
                hint="put text that contains the delimiter in double quotes, or use .txt with one sentence per line",
            )


def _check_quotes(text: bytes, delimiter: str, where: str) -> None:
    """Raise InputError if a quoted field never ends: the parser would read the rest of the file as one field."""
    line, last = 0, [""]
    for line, last in _rows(text.decode().rstrip("\r\n") + "\n", delimiter):  # noqa: B007
        pass
    if not last or last[-1].endswith("\n"):
        raise InputError(
            f"the double quote in the record at line {line} of {where} is never closed: {shortened_repr(last)}",
            hint="close it, or double the quotes inside quoted text",
        )
