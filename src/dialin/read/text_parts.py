"""Reads a large text file or workbook with a sentence or a dialogue in each row, part by part: never all at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath

from dialin.bounded import BROKEN_PACKING, broken_packing, without_packing
from dialin.errors import InputError
from dialin.read.columns import Columns, wanted_of
from dialin.read.csv_tsv import (
    CsvText,
    delimiter_of,
    header_of,
    is_table,
    without_empty_cells,
    without_separator_line,
)
from dialin.read.encoding import UTF16_MARKS, other_encoding
from dialin.read.excel import OLE, ZIP, SheetReader, is_workbook
from dialin.read.importers.containers import is_archive, sizes_in_zip
from dialin.read.importers.gather import is_export
from dialin.read.importers.subtitles import is_subtitles
from dialin.read.input_file import PARQUET, STDIN, InputFile
from dialin.read.json_columns import JsonColumns, may_be_columns
from dialin.read.json_records import json_lines, record_parts
from dialin.read.json_text import array_items
from dialin.read.signatures import check_may_be_text
from dialin.read.source import ColumnFilter, RawTable
from dialin.read.stored import PART_ROWS
from dialin.read.table import flat_columns
from dialin.read.text_file import TextFile
from dialin.read.turns import ReadParts

LARGE_BYTES = 1 << 25
"""Bytes of a text file from which on it is read in parts rather than whole; no result depends on it."""
UNPACKED_TIMES = 8
"""How many times as long a packed text is taken to be once it is unpacked, to tell whether it is large."""
_FORMS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "txt"}
_FORMS |= {".json": "json", ".parquet": "parquet", ".pq": "parquet"}
_COLUMNS = "columns"
"""A JSON object of columns."""


@dataclass(frozen=True)
class TextParts:
    """A text file that is read part by part.

    Parameters
    ----------
    where : str
        Name of the file in messages.
    read : callable
        What reads it. A part may lack a column that others have, and has all its columns as text but where its cells
        hold lists or objects.
    """

    where: str
    read: ReadParts


def text_parts(file: InputFile, given: Columns, n_rows: int = PART_ROWS) -> TextParts | None:
    """Open a large CSV, TSV, JSON lines, JSON or TXT file, packed by gzip, bzip2, xz or not, or a large workbook.

    Parameters
    ----------
    file : InputFile
        The file.
    given : Columns
        What the user said of it.
    n_rows : int
        Rows of a part, about.

    Returns
    -------
    TextParts or None
        None if the file is small, an export of a contact centre or subtitles, mixes encodings, has NUL, or begins or
        ends as only Excel and DOS write it: `dialin.read.table.read_table` reads those whole.

    Raises
    ------
    InputError
        The file is broken, as `read_table` says it.
    """
    if is_workbook(file.place) and not is_archive(file.place, file.name):
        return _of_workbook(file, given, n_rows)
    text = TextFile(file)
    try:
        known = _known(text, given) if is_large(unpacked_size(file)) else None
    except BROKEN_PACKING as error:
        if isinstance(error, InputError) or not text.packing:
            raise
        raise broken_packing(text.packing, file.where, error) from error
    if known is None:
        return None
    text, form = known
    return TextParts(file.where, _reader_of(text, form, given, n_rows))


def _reader_of(text: TextFile, form: str, given: Columns, n_rows: int) -> ReadParts:
    if form in {"csv", "tsv"}:
        return _of_table(text, form, given)
    return _of_columns(text, n_rows) if form == _COLUMNS else _of_records(text, form, n_rows)


def _of_workbook(file: InputFile, given: Columns, n_rows: int) -> TextParts | None:
    if not is_large(sum(sizes_in_zip(file.place))):
        return None
    reader = SheetReader(file.place, file.where, given.sheet)
    return TextParts(file.where, lambda wanted: reader.parts(wanted, n_rows))


def is_large(n_bytes: int) -> bool:
    """Return whether a file is not read whole for its size alone: one of so many bytes, unpacked."""
    return n_bytes >= LARGE_BYTES


def unpacked_size(file: InputFile) -> int:
    """Return about how many bytes a file has once it is unpacked; 0 if it is not there, or cannot be opened."""
    try:
        return file.n_bytes * (UNPACKED_TIMES if file.n_bytes and TextFile(file).packing else 1)
    except OSError:
        return 0


def _known(text: TextFile, given: Columns) -> tuple[TextFile, str] | None:
    """Return a text with its encoding, and its format; None if it is read whole."""
    if text.head.startswith(UTF16_MARKS):
        return _known_in(replace(text, encoding="utf-16"), given)
    if _form(text, given) is None:
        return None
    found = _known_in(text, given)
    if found or text.has_mark:
        return found
    encoding = other_encoding(text.byte_lines())
    return _known_in(replace(text, encoding=encoding), given) if encoding else None


def _known_in(text: TextFile, given: Columns) -> tuple[TextFile, str] | None:
    """Return a text and its format, if it is in the encoding that it is said to have; else None."""
    try:
        form = _form(text, given)
    except UnicodeDecodeError:
        return None
    return (text, form) if form and text.is_plain(in_lines=form not in {"json", _COLUMNS}) else None


def _form(text: TextFile, given: Columns) -> str | None:
    """Return the format of a large text file by its name and how it begins; None for one that is read whole."""
    if given.sheet is not None or given.speakers:  # which warns
        return None
    ending = PurePath(without_packing(text.file.name)).suffix.lower()
    head = text.head
    if head.startswith((ZIP, OLE, PARQUET)) or not head.strip() or not _may_be_text(head):
        return None
    if is_export(head, given) or is_subtitles(head[:1000].decode(errors="ignore")):
        return None
    form = _FORMS[ending] if ending in _FORMS else _form_without_ending(text, given)
    return _form_by_head(head, form, given) if form else None


def _may_be_text(head: bytes) -> bool:
    try:
        check_may_be_text(head, "")
    except InputError:
        return False
    return True


def _form_without_ending(text: TextFile, given: Columns) -> str | None:
    """Return the format that a text looks like; None if only its end tells, or it looks like none."""
    begins = text.head.lstrip()
    if begins.startswith((b"{", b"[")):
        return "json" if begins.startswith((b"{", b'["', b"[{")) else None
    table, delimiter = without_separator_line(text.head)
    names = header_of(table, delimiter or delimiter_of(table, wanted_of(given)))
    is_csv = delimiter is not None or any(map(wanted_of(given), names))
    return "csv" if is_csv else ("txt" if text.file.name == STDIN else None)


def _form_by_head(head: bytes, form: str, given: Columns) -> str | None:
    begins = head.lstrip()
    if form in {"json", "jsonl"} and begins.startswith(b"["):
        return "json" if _begins_with_item(begins) else None
    if form == "json":
        return "jsonl" if _begins_with_lines(begins) else _COLUMNS if may_be_columns(begins) else None
    return form if _begins_plainly(head, form, given) else None


def _begins_with_lines(begins: bytes) -> bool:
    """Return whether the first line is JSON, and something follows: then it is not one object, but JSON lines."""
    first, _, rest = begins.partition(b"\n")
    try:
        json.loads(first.decode(errors="ignore"))
    except (ValueError, RecursionError):
        return False
    return bool(rest.strip())


def _begins_plainly(head: bytes, form: str, given: Columns) -> bool:
    if form == "jsonl":
        return b"\n" in head.lstrip()
    if form == "txt":
        return not is_table(head, wanted_of(given))
    if form == "parquet":
        return False
    table, told = without_separator_line(without_empty_cells(head))
    return told is None and table == head.removesuffix(b"\x1a")


def _begins_with_item(array: bytes) -> bool:
    """Return whether the first item of a JSON array is there, by which an export is known."""
    try:
        json.JSONDecoder().raw_decode(array.decode(errors="ignore").removeprefix("[").lstrip())
    except (ValueError, RecursionError):
        return False
    return True


def _of_table(text: TextFile, form: str, given: Columns) -> ReadParts:
    source, wanted = CsvText(text.file.where, text.head, text.opened, text.lines), wanted_of(given)
    delimiter = "\t" if form == "tsv" else delimiter_of(text.head, wanted)
    dialect, names, keep = source.checked(delimiter, wanted)
    if not keep:
        flat_columns(names, [], given, source.where)  # raises

    def read(wanted: ColumnFilter) -> Iterator[RawTable]:
        kept = list(filter(wanted, keep))
        for batch in source.batches(dialect, kept, len(names)):
            yield RawTable(source.where, names, dict(zip(kept, batch.columns, strict=True)))

    return read


def _of_columns(text: TextFile, n_rows: int) -> ReadParts:
    columns = JsonColumns(text.file.where, text.text)
    return lambda wanted: columns.parts(wanted, n_rows)


def _of_records(text: TextFile, form: str, n_rows: int) -> ReadParts:
    return lambda wanted: record_parts(_records(text, form), text.file.where, wanted, n_rows)


def _records(text: TextFile, form: str) -> Iterable[object]:
    if form == "json":
        return _items(text)
    if form == "txt":
        return (line.removesuffix("\n") for line in text.lines(None))
    lines = (line.removesuffix("\n") for line in text.lines("\n"))
    return (value for _, value in json_lines(lines, text.file.where))


def _items(text: TextFile) -> Iterator[object]:
    with text.text() as file:
        yield from array_items(file.read)
