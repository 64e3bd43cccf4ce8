"""Excel: a workbook with one sheet; every text is a text, so none can act as a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from dialin.errors import InputError
from dialin.export.base import Content, ExportFormat, Files, Labelled, PlatformLimits
from dialin.export.checks import broken, labelled
from dialin.export.formats.neutral import ANY_NAME, COLUMNS, Cell, outcome_rows, records
from dialin.export.packing import rezipped

FILE = "intents.xlsx"
LIMITS = PlatformLimits(None, length=32_767, total_phrases=1_048_575)
"""Excel's own: characters of a cell, and rows of a sheet without the header."""
_ABOUT = "docProps/core.xml"
"""The file of a workbook that tells when it was written."""
_FIRST_DAY = datetime(1980, 1, 1)
_TIMES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def limits_of_sheet(_language: str) -> PlatformLimits:
    """Return the limits of a sheet."""
    return LIMITS


def openpyxl_library() -> Any:
    """Return the module `openpyxl`; raise InputError if it is not installed."""
    try:
        import openpyxl  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise InputError("the format xlsx needs openpyxl", hint='pip install "dialin[excel]"') from error
    return openpyxl


def write(content: Content) -> Files:
    """Return the file, with a second sheet of outcomes if any is known."""
    library = openpyxl_library()
    book = library.Workbook(write_only=True)
    header: list[Cell] = [*COLUMNS]
    sheets: dict[str, Iterable[list[Cell]]] = {"intents": chain([header], records(content))}
    if outcomes := outcome_rows(content):
        sheets["outcomes"] = outcomes
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([_cell(library, sheet, value) for value in row])
    stream = io.BytesIO()
    book.save(stream)
    return {FILE: rezipped(stream, {_ABOUT: _timeless})}


def _cell(library: Any, sheet: Any, value: Cell) -> Any:
    if not isinstance(value, str):
        return value
    cell = library.cell.WriteOnlyCell(sheet, value)
    cell.data_type = "s"  # a text that begins with "=" would become a formula
    return cell


def _timeless(data: bytes) -> bytes:
    """Return a file of the workbook without the time at which it was written."""
    return _TIMES.sub(rb"\g<1>" + _FIRST_DAY.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), data)


def validate(files: Files) -> list[Labelled]:
    """Check the file and return the phrases."""
    book = openpyxl_library().load_workbook(io.BytesIO(files[FILE]), read_only=True)
    rows = book["intents"].iter_rows()
    if [cell.value for cell in next(rows)] != COLUMNS:
        raise broken(FILE, "the sheet has other columns")
    return labelled(map(_name_and_text, rows))


def _name_and_text(row: Sequence[Any]) -> Labelled:
    if any(cell.data_type == "f" for cell in row):
        raise broken(FILE, "a cell is a formula")
    return str(row[0].value), str(row[1].value)


FORMAT = ExportFormat(
    "xlsx",
    "Excel workbook (extra excel)",
    write,
    validate,
    naming=ANY_NAME,
    limits=limits_of_sheet,
    per_language=False,
    library="openpyxl",
)
