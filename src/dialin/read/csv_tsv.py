"""Parses CSV and TSV into columns: finds the header, and names the faulty line of a broken file."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as pacsv

from dialin.errors import InputError, InputWarning
from dialin.read.source import ColumnFilter, RawTable, check_distinct, error_line, shortened_repr

DELIMITERS = ",;\t|"
_HEAD_BYTES = 1 << 20  # what the dialect and the header are found in
_N_RECORDS = 50  # what the delimiter is found in
_CSV_BLOCK = 1 << 24  # maximum length of a CSV record, in bytes


@dataclass(frozen=True)
class Dialect:
    """How text is delimited: by which character, and by which one a quote within quotes is escaped, if not doubled."""

    delimiter: str
    escape: str | None = None


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
    source = CsvText(where, text, lambda: io.BytesIO(text), lambda: io.StringIO(text.decode(), newline=""))
    dialect, names, keep = source.checked(delimiter, wanted)
    if not keep:
        return RawTable(where, names, {})
    batches = list(source.batches(dialect, keep, len(names)))
    table = pa.Table.from_batches(batches, pa.schema([(name, pa.large_string()) for name in keep]))
    return RawTable(where, names, {name: table[name] for name in keep})


@dataclass(frozen=True)
class CsvText:
    """Delimited text in UTF-8, with a header, which is read from the beginning as often as it has to be.

    Parameters
    ----------
    where : str
        Name of the source in messages.
    head : bytes
        Its first MiB, or more.
    opened : callable
        Returns its bytes.
    lines : callable
        Returns its lines with their ends, as ``newline=""`` of `open` has it.
    """

    where: str
    head: bytes
    opened: Callable[[], BinaryIO]
    lines: Callable[[], Iterable[str]]

    def checked(self, delimiter: str, wanted: ColumnFilter) -> tuple[Dialect, list[str], list[str]]:
        """Return how it is delimited, all columns, and the wanted ones; raise InputError as `of_csv` does."""
        escapes = self._escapes_quotes(delimiter)
        dialect = Dialect(delimiter, "\\" if escapes else None)
        names = header_of(self.head, delimiter, dialect.escape)
        keep = [name for name in names if wanted(name)]
        check_distinct(keep, self.where)
        if not escapes and self._has(lambda line: line.count(b'"') % 2 == 1):
            _check_quotes(self, delimiter)
        return dialect, names, keep

    def batches(self, dialect: Dialect, keep: Sequence[str], n_names: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows of some columns, as text; raise InputError if a line has another number of fields."""
        try:
            with self.opened() as file, _csv_reader(file, dialect, keep) as reader:
                yield from reader
        except pa.ArrowException as error:
            _check_ragged(self, dialect.delimiter, n_names)
            raise InputError(f"{self.where} is not valid CSV: {error_line(error)}", hint="check its quotes") from error

    def _escapes_quotes(self, delimiter: str) -> bool:
        r"""Return whether quotes within quotes are escaped by a backslash, as MySQL, Redshift and Spark write them.

        They are if some field is wrong as CSV has it, and the same records are right with backslashes.
        """
        if not self._has(lambda line: b'\\"' in line):
            return False
        head = _head(self.head)
        n_bad = sum(1 for _ in _misquoted(_lines_in(head), Dialect(delimiter)))
        return n_bad > 0 and not any(_misquoted(_lines_in(head), Dialect(delimiter, "\\")))

    def _has(self, is_one: Callable[[bytes], bool]) -> bool:
        with self.opened() as file:
            return any(map(is_one, file))


def _csv_reader(file: BinaryIO, dialect: Dialect, keep: Sequence[str]) -> pacsv.CSVStreamingReader:
    return pacsv.open_csv(
        file,
        pacsv.ReadOptions(block_size=_CSV_BLOCK, use_threads=False),
        pacsv.ParseOptions(delimiter=dialect.delimiter, escape_char=dialect.escape or False, newlines_in_values=True),
        pacsv.ConvertOptions(
            column_types=dict.fromkeys(keep, pa.large_string()), include_columns=keep, strings_can_be_null=False
        ),
    )


def delimiter_of(text: bytes, wanted: ColumnFilter) -> str:
    """Return the delimiter of delimited text; a comma if there is none.

    It is one of ``, ; tab |``. Characters in quotes do not count. Where the header has several, it is the one that
    gives a wanted column, then the one that gives most of the first records as many fields as the header, then the
    most frequent one.
    """
    head = _head(text)
    return max(DELIMITERS, key=lambda delimiter: _fit(head, delimiter, wanted))


def _fit(head: str, delimiter: str, wanted: ColumnFilter) -> tuple[bool, float, int]:
    header, *records = [row for _, row in islice(_rows(_lines_in(head), delimiter), _N_RECORDS) if row] or [[]]
    if len(header) < 2:
        return False, 0.0, len(header)
    n_alike = sum(len(row) == len(header) for row in records)
    return any(map(wanted, header)), n_alike / max(len(records), 1), len(header)


def is_table(text: bytes, wanted: ColumnFilter) -> bool:
    """Return whether text is a table despite its name: a header with a wanted column, and all records as long."""
    has_wanted, share, _ = _fit(_head(text), delimiter_of(text, wanted), wanted)
    return has_wanted and share == 1.0


def without_separator_line(text: bytes) -> tuple[bytes, str | None]:
    r"""Return text without the first line ``sep=;``, by which Excel is told the delimiter, and this delimiter.

    Examples
    --------
    >>> without_separator_line(b"sep=;\ntext;intent\n")
    (b'text;intent\n', ';')
    """
    found = re.match(rb"\"?sep=([,;\t|])\"?\r?\n", text, re.IGNORECASE)
    return (text[found.end() :], found[1].decode()) if found else (text, None)


def without_empty_cells(text: bytes) -> bytes:
    r"""Return text whose lines of empty cells before the header are empty lines, and without the end mark of DOS.

    Excel writes such lines for the empty rows above a table.

    Examples
    --------
    >>> without_empty_cells(b";;\n\ntext;role\nhi;agent\n\x1a")
    b'\n\ntext;role\nhi;agent\n'
    """
    found = re.match(rb"[ ,;\t|\r\n]*\n", text)
    return (b"\n" * found[0].count(b"\n") + text[found.end() :] if found else text).removesuffix(b"\x1a")


def header_of(text: bytes, delimiter: str, escape: str | None = None) -> list[str]:
    """Return the fields of the first record that is not empty; an empty list if there is no such record."""
    return next((row for _, row in _rows(_lines_in(_head(text)), delimiter, escape) if row), [])


def _head(text: bytes) -> str:
    return text[:_HEAD_BYTES].decode(errors="ignore")


def _lines_in(text: str) -> Iterable[str]:
    return io.StringIO(text, newline="")


def _rows(lines: Iterable[str], delimiter: str, escape: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line (from 1) and the fields of each record; stop where `csv` cannot continue."""
    reader = csv.reader(lines, delimiter=delimiter, escapechar=escape)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error:  # a field beyond the limit of the csv module
        yield line, []


def _check_ragged(text: CsvText, delimiter: str, n_names: int) -> None:
    for line, row in _rows(text.lines(), delimiter):
        if row and len(row) != n_names:
            raise InputError(
                f"line {line} of {text.where} has {len(row)} fields, the header {n_names}: {shortened_repr(row[0])}",
                hint="put text that contains the delimiter in double quotes, or use .txt with one sentence per line",
            )


# --- quotes ---------------------------------------------------------------------------------------


def _misquoted(lines: Iterable[str], dialect: Dialect) -> Iterator[tuple[int, int]]:
    """Yield the first and last line (from 1) of each record whose quotes are wrong."""
    reader = csv.reader(lines, delimiter=dialect.delimiter, escapechar=dialect.escape, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            next(reader)
        except csv.Error:
            yield line, reader.line_num
        except StopIteration:
            return


def _to_last_text(lines: Iterable[str]) -> Iterator[str]:
    r"""Yield lines without the empty ones at the end, where the last one ends with a line feed.

    Examples
    --------
    >>> list(_to_last_text(["a\r\n", "\n", "b\r\n", "\n"]))
    ['a\r\n', '\n', 'b\n']
    """
    kept = list[str]()
    for line in lines:
        if line.strip("\r\n") and kept:
            yield from kept
            kept = []
        kept.append(line)
    if kept:
        yield kept[0].rstrip("\r\n") + "\n"


def _check_quotes(text: CsvText, delimiter: str) -> None:
    """Raise InputError if a quote swallows records, and warn if one seems to.

    One does if it closes in the middle of a later record's text, or never. One seems to if each line within it would be
    a record by itself.
    """
    n_lines = sum(1 for _ in _to_last_text(text.lines()))
    for line, last in _misquoted(_to_last_text(text.lines()), Dialect(delimiter)):
        if last > line or line == n_lines:
            ends = (
                "never closed" if last >= n_lines else f"not closed before line {last}, where text goes on behind one"
            )
            raise InputError(
                f"the double quote in the record at line {line} of {text.where} is {ends}: {_shown(text, line)}",
                hint="close it, or double the quotes inside quoted text",
            )
    n_names = len(header_of(text.head, delimiter))
    for line, row in _rows(text.lines(), delimiter) if n_names > 1 else ():
        if n := max((_n_records(field, delimiter, n_names) for field in row), default=0):
            warnings.warn(
                f"the quoted text at line {line} of {text.where} holds {n} lines that look like rows of their own: "
                f"{_shown(text, line)}; is its first quote a mistake?",
                InputWarning,
                stacklevel=2,
            )


def _shown(text: CsvText, line: int) -> str:
    """Return a line (from 1), as messages show it."""
    found = next(islice(text.lines(), line - 1, None), "")
    return shortened_repr(found.rstrip("\r\n"))


def _n_records(field: str, delimiter: str, n_names: int) -> int:
    """Return the number of lines within a field, without the first and the last, if all have as many fields as rows."""
    inner = field.splitlines()[1:-1]
    return len(inner) if inner and all(line.count(delimiter) == n_names - 1 for line in inner) else 0
