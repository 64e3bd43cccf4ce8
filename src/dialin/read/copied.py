"""Copies a large text file with a sentence in each row into Parquet, part by part: it is never in memory whole."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from dialin.bounded import packing_of
from dialin.errors import InputError
from dialin.files import cannot_write
from dialin.read.columns import Columns, wanted_of
from dialin.read.csv_tsv import CsvText, delimiter_of, is_table, without_empty_cells, without_separator_line
from dialin.read.excel import OLE, ZIP
from dialin.read.importers.gather import is_export
from dialin.read.importers.subtitles import is_subtitles
from dialin.read.json_records import json_lines, record_parts
from dialin.read.stored import PART_ROWS, StoredTable
from dialin.read.table import flat_columns

LARGE_BYTES = 1 << 25
"""Bytes of a text file from which on it is copied rather than read whole; no result depends on it."""
_FORMS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "txt"}
_HEAD_BYTES = 1 << 20
_CHUNK = 1 << 20
_MARK = codecs.BOM_UTF8


@dataclass(frozen=True)
class CopiedText:
    """A text file as Parquet.

    Parameters
    ----------
    stored : StoredTable
        Its wanted columns, all of them text.
    names : list of str
        All columns of the source.
    has_header : bool
        Whether the source itself names its columns.
    """

    stored: StoredTable
    names: list[str]
    has_header: bool


def copied_text(path: Path, given: Columns, folder: Path) -> CopiedText | None:
    """Copy a large CSV, TSV, JSON lines or TXT file into a folder, with the columns that may be wanted.

    Parameters
    ----------
    path : Path
        The file.
    given : Columns
        What the user said of it.
    folder : Path
        Folder of its own, for Parquet files.

    Returns
    -------
    CopiedText or None
        None if the file is small, packed, an export of a contact centre or subtitles, has lists or objects in wanted
        columns, is not in UTF-8, or begins or ends as only Excel and DOS write it: `dialin.read.table.read_table` reads
        those whole.

    Raises
    ------
    InputError
        The file is broken, as `read_table` says it, or the folder cannot be written.
    """
    form = _form(path, given)
    if form is None or not _is_plain(path):
        return None
    copied = _copied_table if form in {"csv", "tsv"} else _copied_records
    try:
        return copied(TextFile(path), form, given, folder)
    except OSError as error:
        if isinstance(error, InputError):
            raise
        raise cannot_write(folder, error) from error


@dataclass(frozen=True)
class TextFile:
    """A text file in UTF-8, which may begin with a byte order mark.

    Parameters
    ----------
    path : Path
        The file.
    """

    path: Path

    @property
    def head(self) -> bytes:
        """How it begins, without the mark."""
        with self.opened() as file:
            return file.read(_HEAD_BYTES)

    def opened(self) -> BinaryIO:
        """Return the open file, behind the mark."""
        file = self.path.open("rb")
        file.seek(len(_MARK) if file.read(len(_MARK)) == _MARK else 0)
        return file

    def lines(self, newline: str | None = "") -> Iterator[str]:
        """Yield its lines, with their ends as `newline` of `open` has it."""
        with io.TextIOWrapper(self.opened(), "utf-8", newline=newline) as file:
            yield from file


def _form(path: Path, given: Columns) -> str | None:
    """Return the format of a large text file by its name and how it begins; None for one that is read whole."""
    form = _FORMS.get(path.suffix.lower())
    try:
        is_large = form is not None and path.is_file() and path.stat().st_size >= LARGE_BYTES
    except (OSError, ValueError):
        return None
    if not is_large or given.sheet is not None or given.speakers:  # which warns
        return None
    return form if _begins_plainly(TextFile(path).head, form or "", given) else None


def _begins_plainly(head: bytes, form: str, given: Columns) -> bool:
    begins = head.lstrip()
    if packing_of(head) or head.startswith((ZIP, OLE)) or not begins:
        return False
    if is_export(head, given) or is_subtitles(head[:1000].decode(errors="ignore")):
        return False
    if form == "jsonl":
        return not begins.startswith(b"[") and b"\n" in begins
    if form == "txt":
        return not is_table(head, wanted_of(given))
    table, told = without_separator_line(without_empty_cells(head))
    return told is None and table == head.removesuffix(b"\x1a")


def _is_plain(path: Path) -> bool:
    """Return whether a file is UTF-8 without NUL and without the end mark of DOS."""
    decoder, chunk = codecs.getincrementaldecoder("utf-8")(), b""
    try:
        with path.open("rb") as file:
            while more := file.read(_CHUNK):
                chunk = more
                if b"\0" in chunk:
                    return False
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except (OSError, UnicodeDecodeError):
        return False
    return not chunk.endswith(b"\x1a")


def _copied_table(text: TextFile, form: str, given: Columns, folder: Path) -> CopiedText | None:
    source, wanted = CsvText(str(text.path), text.head, text.opened, text.lines), wanted_of(given)
    delimiter = "\t" if form == "tsv" else delimiter_of(text.head, wanted)
    dialect, names, keep = source.checked(delimiter, wanted)
    if not keep:
        flat_columns(names, [], given, source.where)  # raises
    copy = ParquetCopy(folder)
    with closing(copy):
        for batch in source.batches(dialect, keep, len(names)):
            copy.add(dict(zip(keep, batch.columns, strict=True)))
    return CopiedText(StoredTable(source.where, tuple(copy.paths)), names, True) if copy.paths else None


def _copied_records(text: TextFile, form: str, given: Columns, folder: Path) -> CopiedText | None:
    where, names, has_header = str(text.path), dict[str, None](), False
    copy = ParquetCopy(folder)
    with closing(copy):
        for part in record_parts(_records(text, form), where, wanted_of(given), PART_ROWS):
            columns = part.columns
            if not columns or not all(pa.types.is_large_string(column.type) for column in columns.values()):
                return None
            names |= dict.fromkeys(part.names)
            has_header = has_header or part.has_header
            copy.add(columns)
    return CopiedText(StoredTable(where, tuple(copy.paths)), list(names), has_header) if copy.paths else None


def _records(text: TextFile, form: str) -> Iterable[object]:
    if form == "txt":
        return (line.removesuffix("\n") for line in text.lines(None))
    lines = (line.removesuffix("\n") for line in text.lines("\n"))
    return (value for _, value in json_lines(lines, str(text.path)))


class ParquetCopy:
    """Columns of text, written part by part; a column that begins late begins another file.

    Parameters
    ----------
    folder : Path
        Where the files are made.
    """

    def __init__(self, folder: Path) -> None:
        self.paths = list[Path]()
        self._folder, self._names, self._files = folder, list[str](), list[pq.ParquetWriter]()

    def add(self, columns: Mapping[str, pa.ChunkedArray | pa.Array]) -> None:
        """Write a part, with at least one column."""
        later = [name for name in columns if name not in self._names]
        if later:
            self._begin(later)
        n = len(next(iter(columns.values())))
        filled = [columns.get(name, pa.nulls(n, pa.large_string())) for name in self._names]
        self._files[-1].write_table(pa.table(dict(zip(self._names, filled, strict=True))))

    def close(self) -> None:
        """End the last file."""
        for file in self._files[-1:]:
            file.close()

    def _begin(self, later: Sequence[str]) -> None:
        self.close()
        self._names += later
        self.paths.append(self._folder / f"{len(self.paths)}.parquet")
        schema = pa.schema([(name, pa.large_string()) for name in self._names])
        self._files.append(pq.ParquetWriter(self.paths[-1], schema))
