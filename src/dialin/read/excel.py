"""Reads a sheet of an Excel workbook (.xlsx) as columns of text; the extra ``excel`` brings openpyxl."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import date, datetime, time
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

import pyarrow as pa

from dialin.bounded import most_bytes, too_large
from dialin.errors import InputError, InputNote
from dialin.read.source import ColumnFilter, RawTable, check_distinct, error_line, needs_extra

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_AS_CSV = "save the sheet as .xlsx or as CSV (UTF-8)"


def is_workbook(data: bytes) -> bool:
    """Return whether bytes are a workbook of .xlsx, or of .xlsm."""
    return "xl/workbook.xml" in _members(data)


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
    openpyxl = _openpyxl(where)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of what openpyxl leaves out: styles, checks of cells, pictures
        try:
            _check_size(data, where)
            book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
            cells = _Cells.of(_sheet_of(book, sheet, where), where, wanted)
        except InputError:
            raise
        except Exception as error:  # openpyxl lets anything through that broken XML makes its code do
            raise InputError(f"{where} is not readable Excel: {error_line(error)}", hint="save it again") from error
    if sheet is None and len(book.worksheets) > 1:
        told = f"{where} has {len(book.worksheets)} sheets; read is the first, {book.worksheets[0].title!r}"
        warnings.warn(f"{told}; --sheet names another", InputNote, stacklevel=2)
    return cells.table


def _openpyxl(where: str) -> Any:
    try:
        import openpyxl  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise needs_extra(f"{where} is a workbook of Excel, which", "openpyxl", "excel") from error
    return openpyxl


def _members(data: bytes) -> frozenset[str]:
    if not data.startswith(ZIP):
        return frozenset()
    try:
        with ZipFile(BytesIO(data)) as packed:
            return frozenset(packed.namelist())
    except (BadZipFile, OSError, ValueError):
        return frozenset()


def _check_size(data: bytes, where: str) -> None:
    """Raise InputError if the parts of a workbook are too large; none can be read beyond the size that it names."""
    with ZipFile(BytesIO(data)) as packed:
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
    """The wanted columns of a sheet, as they are read row by row."""

    def __init__(self, names: list[str], where: str, wanted: ColumnFilter) -> None:
        self.names, self.where = names, where
        self.kept = {i: list[str | None]() for i, name in enumerate(names) if name and wanted(name)}
        check_distinct([names[i] for i in self.kept], where)

    @classmethod
    def of(cls, sheet: Any, where: str, wanted: ColumnFilter) -> _Cells:
        """Read a sheet, of which the first row with values names the columns."""
        sheet.reset_dimensions()  # some programs write wrong ones
        rows = _filled(sheet.iter_rows(values_only=True))
        cells = cls([_text(cell) or "" for cell in next(rows, ())], where, wanted)
        most, n_bytes = most_bytes(), 0
        for row in rows:
            n_bytes += cells.add(row)
            if n_bytes > most:
                raise too_large(where, most)
        return cells

    def add(self, row: tuple[Any, ...]) -> int:
        """Add a row, and return about how many bytes it takes."""
        for i, column in self.kept.items():
            column.append(_text(row[i]) if i < len(row) else None)
        return sum(len(column[-1] or "") + 8 for column in self.kept.values())

    @property
    def table(self) -> RawTable:
        """The columns."""
        arrays = {self.names[i]: pa.chunked_array([pa.array(c, pa.large_string())]) for i, c in self.kept.items()}
        return RawTable(self.where, [name for name in self.names if name], arrays)


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
