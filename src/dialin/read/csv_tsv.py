"""CSV and TSV become columns: the delimiter, the header, and which line is wrong where a file is broken."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.csv as pacsv

from dialin.errors import InputError
from dialin.read.source import Raw, Wanted, check_distinct, error_line, shortened_repr

_DELIMITERS = ",;\t|"
_LONGEST_HEADER = 1 << 20  # bytes in which the header of a CSV must end
_CSV_BLOCK = 1 << 24  # bytes; no record of a CSV may be longer


def of_csv(text: bytes, delimiter: str, where: str, wanted: Wanted) -> Raw:
    """Return the wanted columns of delimited text, every value as a string.

    Parameters
    ----------
    text : bytes
        UTF-8, with a header.
    delimiter : str
        One character.
    where : str
        The source as messages call it.
    wanted : callable
        Whether a column of this name may be needed.

    Raises
    ------
    InputError
        If two wanted columns have one name, a quote never closes, or a line has more or fewer fields than the header.
    """
    names = header_of(text, delimiter)
    keep = [name for name in names if wanted(name)]
    check_distinct(keep, where)
    if text.count(b'"') % 2:
        _check_quotes(text, delimiter, where)
    if not keep:
        return Raw(where, names, {})
    table = _table(text, delimiter, names, keep, where)
    return Raw(where, names, {name: table[name] for name in keep})


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
    """Return the delimiter that is most frequent in the first line, a comma if there is none."""
    first = text.lstrip().partition(b"\n")[0].decode()
    return max(_DELIMITERS, key=first.count)


def header_of(text: bytes, delimiter: str) -> list[str]:
    """Return the fields of the first record that is not empty; none where there is no such record."""
    head = text[:_LONGEST_HEADER].decode(errors="ignore")
    return next((row for _, row in _rows(head, delimiter) if row), [])


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line (from 1) where each record starts, and its fields; stop where `csv` cannot go on."""
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
                hint="put text that holds the delimiter in double quotes, or use .txt with one sentence a line",
            )


def _check_quotes(text: bytes, delimiter: str, where: str) -> None:
    """Raise where a quoted field never ends: the parser would take the rest of the file for one field."""
    line, last = 0, [""]
    for line, last in _rows(text.decode().rstrip("\r\n") + "\n", delimiter):  # noqa: B007
        pass
    if not last or last[-1].endswith("\n"):
        raise InputError(
            f"the double quote in the record at line {line} of {where} is never closed: {shortened_repr(last)}",
            hint="close it, or double the quotes inside quoted text",
        )
