"""Reads a sheet of an Excel workbook (.xlsx) as columns of text; the extra ``excel`` brings openpyxl."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, datetime, time
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

import pyarrow as pa

from dialin.bounded import most_bytes, too_large
from dialin.errors import InputError, InputNote
from dialin.read.importers.containers import is_zip
from dialin.read.source import ColumnFilter, RawTable, check_distinct, error_line, needs_extra
from dialin.read.stored import PART_ROWS

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_AS_CSV = "save the sheet as .xlsx or as CSV (UTF-8)"


def is_workbook(place: Path | bytes) -> bool:
    """Return whether a file, or its bytes, is a workbook of .xlsx, or of .xlsm."""
    return "xl/workbook.xml" in _members(place)


def no_workbook(data: bytes, where: str) -> InputError:
    """Return the error for an Office file that is not a readable workbook."""
    members = _members(data)
    if data.startswith(OLE):
        return InputError(f"{where} is a workbook of old Excel (.xls), or has a password", hint=_AS_CSV)
    if "xl/workbook.bin" in members:
        return InputError(f"{where} is a binary workbook of Excel (.xlsb)", hint=_AS_CSV)
    if "mimetype" in members:
        return InputError(f"{where} is an OpenDocument file, such as an .ods of LibreOffice", hint=_AS_CSV)
    if members:
        return InputError(f"{where} is a Word or PowerPoint document, not a table", hint="export its text as .txt")
    return InputError(f"{where} is not readable Excel: it cannot be unpacked", hint="copy or save it again")


def of_workbook(data: bytes, where: str, sheet: str | None, wanted: ColumnFilter) -> RawTable:
    """Return the wanted columns of a sheet, the first one by default; rows without any value do not count.

    Formulas count as what they gave when the workbook was saved, and dates become ISO 8601.

    Raises
    ------
    InputError
        openpyxl is not installed, the workbook is broken, has no such sheet, or holds more than `most_bytes`.

    Warns
    -----
    InputNote
        The workbook has several sheets, and none was named.
    """
    most, n_bytes, parts = most_bytes(), 0, list[RawTable]()
    for part in SheetReader(data, where, sheet).parts(wanted, PART_ROWS):
        n_bytes += sum(column.nbytes for column in part.columns.values())
        if n_bytes > most:
            raise too_large(where, most)
        parts.append(part)
    columns = {name: pa.chunked_array([part.columns[name].chunk(0) for part in parts]) for name in parts[0].columns}
    return replace(parts[0], columns=columns)


class SheetReader:
    """Reads a sheet of a workbook some rows at a time; openpyxl keeps the distinct texts of the workbook meanwhile.

    Parameters
    ----------
    place : Path or bytes
        The workbook.
    where : str
        Name of it in messages.
    sheet : str, optional
        Name of the sheet; by default the first.
    """

    def __init__(self, place: Path | bytes, where: str, sheet: str | None) -> None:
        self._place, self._where, self._sheet = place, where, sheet
        self._has_told = False

    def parts(self, wanted: ColumnFilter, n_rows: int) -> Iterator[RawTable]:
        """Yield the columns of `of_workbook`, at most `n_rows` rows at a time, and at least once.

        It raises and, the first time, warns as `of_workbook`.
        """
        with _stream_of(self._place) as stream, closing(self._opened(stream)) as book:
            sheet = _sheet_of(book, self._sheet, self._where)
            sheet.reset_dimensions()  # some programs write wrong ones
            rows = _filled(sheet.iter_rows(values_only=True))
            header = next(iter(self._read(rows, 1)), ())
            cells = _Cells([_text(cell) or "" for cell in header], self._where, wanted)
            part = self._read(rows, n_rows)
            yield cells.table(part)
            while part := self._read(rows, n_rows):
                yield cells.table(part)
            self._tell([one.title for one in book.worksheets])

    def _opened(self, stream: BinaryIO) -> Any:
        openpyxl = _openpyxl(self._where)
        with _broken_told(self._where):
            _check_size(stream, self._where)
            return openpyxl.load_workbook(stream, read_only=True, data_only=True)

    def _read(self, rows: Iterator[tuple[Any, ...]], n: int) -> list[tuple[Any, ...]]:
        with _broken_told(self._where):
            return list(islice(rows, n))

    def _tell(self, titles: list[str]) -> None:
        if self._sheet is None and len(titles) > 1 and not self._has_told:
            told = f"{self._where} has {len(titles)} sheets; read is the first, {titles[0]!r}"
            warnings.warn(f"{told}; --sheet names another", InputNote, stacklevel=2)
        self._has_told = True


@contextmanager
def _broken_told(where: str) -> Iterator[None]:
    """Say in one line what is broken, and do not say what openpyxl leaves out: styles, checks of cells, pictures."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            yield
        except InputError:
            raise
        except Exception as error:  # openpyxl lets anything through that broken XML makes its code do
            raise InputError(f"{where} is not readable Excel: {error_line(error)}", hint="save it again") from error


def _openpyxl(where: str) -> Any:
    try:
        import openpyxl  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise needs_extra(f"{where} is a workbook of Excel, which", "openpyxl", "excel") from error
    return openpyxl


def _members(place: Path | bytes) -> frozenset[str]:
    if not is_zip(place):
        return frozenset()
    try:
        with _stream_of(place) as stream, ZipFile(stream) as packed:
            return frozenset(packed.namelist())
    except (BadZipFile, OSError, ValueError):
        return frozenset()


def _stream_of(place: Path | bytes) -> BinaryIO:
    """Return a workbook open: openpyxl reads no file whose name ends in another way."""
    return BytesIO(place) if isinstance(place, bytes) else place.open("rb")


def _check_size(stream: BinaryIO, where: str) -> None:
    """Raise InputError if the parts of a workbook are too large; none can be read beyond the size that it names."""
    with ZipFile(stream) as packed:
        if sum(part.file_size for part in packed.infolist()) > (most := most_bytes()):
            raise too_large(where, most)


def _sheet_of(book: Any, name: str | None, where: str) -> Any:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if name is not None and name not in sheets:
        shown = ", ".join(map(repr, sheets))
        raise InputError(f"{where} has no sheet {name!r}; it has {shown}", hint="name one of these")
    if not sheets:
        raise InputError(f"{where} has no sheet with cells", hint="save the sheet as CSV (UTF-8)")
    return next(iter(sheets.values())) if name is None else sheets[name]


class _Cells:
    """The wanted columns of a sheet, of which the first row with values names the columns."""

    def __init__(self, names: list[str], where: str, wanted: ColumnFilter) -> None:
        self._where, self._names = where, [name for name in names if name]
        self._kept = {i: name for i, name in enumerate(names) if name and wanted(name)}
        check_distinct(list(self._kept.values()), where)

    def table(self, rows: list[tuple[Any, ...]]) -> RawTable:
        """Return the columns of some rows."""
        columns = {
            name: _column([_text(row[i]) if i < len(row) else None for row in rows]) for i, name in self._kept.items()
        }
        return RawTable(self._where, self._names, columns)


def _column(cells: list[str | None]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(cells, pa.large_string())])


def _filled(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    return (row for row in rows if any(cell is not None for cell in row))


_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA", "#SPILL!"})


def _text(cell: Any) -> str | None:
    """Return the value of a cell as text; None for an empty one, and for the error of a formula."""
    if cell is None or cell in _ERRORS:
        return None
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
