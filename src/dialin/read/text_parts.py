"""Reads a large text file with a sentence in each row, packed or not, part by part: it is never in memory whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from dialin.bounded import BROKEN_PACKING, broken_packing, without_packing
from dialin.errors import InputError
from dialin.read.columns import Columns, wanted_of
from dialin.read.csv_tsv import CsvText, delimiter_of, is_table, without_empty_cells, without_separator_line
from dialin.read.excel import OLE, ZIP
from dialin.read.importers.gather import is_export
from dialin.read.importers.subtitles import is_subtitles
from dialin.read.json_records import array_items, json_lines, record_parts
from dialin.read.source import ColumnFilter, RawTable
from dialin.read.stored import PART_ROWS
from dialin.read.table import flat_columns
from dialin.read.text_file import TextFile

LARGE_BYTES = 1 << 25
"""Bytes of a text file from which on it is read in parts rather than whole; no result depends on it."""
UNPACKED_TIMES = 8
"""How many times as long a packed text is taken to be once it is unpacked, to tell whether it is large."""
ReadParts: TypeAlias = Callable[[ColumnFilter], Iterator[RawTable]]
"""The wanted columns -> the file, part by part, always in the same parts."""
_FORMS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "txt"}
_FORMS |= {".json": "json"}


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


def text_parts(path: Path, given: Columns) -> TextParts | None:
    """Open a large CSV, TSV, JSON lines or TXT file, or one with a JSON array, packed by gzip, bzip2, xz or not.

    Parameters
    ----------
    path : Path
        The file.
    given : Columns
        What the user said of it.

    Returns
    -------
    TextParts or None
        None if the file is small, an export of a contact centre or subtitles, is not in UTF-8, or begins or ends as
        only Excel and DOS write it: `dialin.read.table.read_table` reads those whole.

    Raises
    ------
    InputError
        The file is broken, as `read_table` says it.
    """
    text = TextFile(path)
    try:
        form = _form(text, given) if _is_large(text) else None
        if form is None or not text.is_plain(in_lines=form != "json"):
            return None
    except BROKEN_PACKING as error:
        if isinstance(error, InputError) or not text.packing:
            raise
        raise broken_packing(text.packing, str(path), error) from error
    parts = _of_table(text, form, given) if form in {"csv", "tsv"} else _of_records(text, form)
    return TextParts(str(path), parts)


def _form(text: TextFile, given: Columns) -> str | None:
    """Return the format of a large text file by its name and how it begins; None for one that is read whole."""
    form = _FORMS.get(Path(without_packing(text.path.name)).suffix.lower())
    if form is None or given.sheet is not None or given.speakers:  # which warns
        return None
    return _form_by_head(text.head, form, given)


def _is_large(text: TextFile) -> bool:
    """Return whether a file is there, can be opened, and is large."""
    try:
        n_bytes = text.path.stat().st_size if text.path.is_file() else 0
        return n_bytes > 0 and n_bytes * (UNPACKED_TIMES if text.packing else 1) >= LARGE_BYTES
    except (OSError, ValueError):  # ValueError: a path with a NUL
        return False


def _form_by_head(head: bytes, form: str, given: Columns) -> str | None:
    begins = head.lstrip()
    if head.startswith((ZIP, OLE)) or not begins:
        return None
    if is_export(head, given) or is_subtitles(head[:1000].decode(errors="ignore")):
        return None
    if form in {"json", "jsonl"} and begins.startswith(b"["):
        return "json" if _begins_with_item(begins) else None
    return form if _begins_plainly(head, form, given) else None


def _begins_plainly(head: bytes, form: str, given: Columns) -> bool:
    if form in {"json", "jsonl"}:
        return form == "jsonl" and b"\n" in head.lstrip()
    if form == "txt":
        return not is_table(head, wanted_of(given))
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
    source, wanted = CsvText(str(text.path), text.head, text.opened, text.lines), wanted_of(given)
    delimiter = "\t" if form == "tsv" else delimiter_of(text.head, wanted)
    dialect, names, keep = source.checked(delimiter, wanted)
    if not keep:
        flat_columns(names, [], given, source.where)  # raises

    def read(wanted: ColumnFilter) -> Iterator[RawTable]:
        kept = list(filter(wanted, keep))
        for batch in source.batches(dialect, kept, len(names)):
            yield RawTable(source.where, names, dict(zip(kept, batch.columns, strict=True)))

    return read


def _of_records(text: TextFile, form: str) -> ReadParts:
    return lambda wanted: record_parts(_records(text, form), str(text.path), wanted, PART_ROWS)


def _records(text: TextFile, form: str) -> Iterable[object]:
    if form == "json":
        return _items(text)
    if form == "txt":
        return (line.removesuffix("\n") for line in text.lines(None))
    lines = (line.removesuffix("\n") for line in text.lines("\n"))
    return (value for _, value in json_lines(lines, str(text.path)))


def _items(text: TextFile) -> Iterator[object]:
    with text.text() as file:
        yield from array_items(file.read)
