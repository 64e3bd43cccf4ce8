"""Loads files (tables, plain lines, exports), folders of exports, frames and lists as named columns, unchanged."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dialin.bounded import read_bounded, read_path, unpacked, without_packing
from dialin.bounded_parquet import BROKEN_PARQUET, parquet_table
from dialin.errors import InputError, InputWarning
from dialin.read.columns import DEFAULT, Columns
from dialin.read.csv_tsv import delimiter_of, header_of, is_table, of_csv, without_empty_cells, without_separator_line
from dialin.read.database import SqlQuery, of_query
from dialin.read.encoding import to_utf8
from dialin.read.excel import OLE, ZIP, is_workbook, no_workbook, of_workbook
from dialin.read.importers.containers import files_in_folder, files_in_zip, is_archive
from dialin.read.importers.documents import SourceFile
from dialin.read.importers.gather import imported, is_export
from dialin.read.importers.subtitles import is_subtitles
from dialin.read.input_file import PARQUET, STDIN, InputFile, opened_input, shown_path
from dialin.read.json_records import of_json, of_json_lines, of_object, of_records
from dialin.read.remote import file_name, files_in_remote_folder, is_remote, is_remote_folder
from dialin.read.signatures import check_may_be_text
from dialin.read.source import ColumnFilter, RawTable, check_distinct, error_line

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".txt": "txt",
    ".parquet": "parquet",
    ".pq": "parquet",
}


def load_raw(source: object, wanted: ColumnFilter, columns: Columns = DEFAULT) -> RawTable:
    """Return the wanted columns of a source.

    Parameters
    ----------
    source : str, Path, InputFile, SqlQuery, frame, mapping or iterable
        A path of a file or folder, the URL of a file, ``"-"`` for standard input, a file at hand, a query, a pandas,
        polars or pyarrow frame, a mapping of columns, or a list of sentences or records.
    wanted : callable
        Tells whether a column with this name may be needed; other columns are dropped.
    columns : Columns
        What the user said of the source.

    Raises
    ------
    InputError
        If the source cannot be found, decoded or parsed.
    """
    if isinstance(source, SqlQuery):
        return of_query(source, wanted)
    if isinstance(source, InputFile):
        return _load_input(source, wanted, columns)
    if isinstance(source, str | Path):
        return _load_path(str(source), wanted, columns)
    if isinstance(source, Mapping):
        return of_object(source, "the mapping", wanted)
    if hasattr(type(source), "columns") or hasattr(type(source), "schema"):
        return _of_frame(source, wanted)
    if isinstance(source, bytes) or not isinstance(source, Iterable):
        raise InputError(
            f"cannot read sentences from a {type(source).__name__}",
            hint="give a path, a frame or a list of str",
        )
    to_list = getattr(source, "to_pylist", None) or getattr(source, "to_list", None)
    return of_records(to_list() if to_list else source, "the list", wanted)


# --- frames ---------------------------------------------------------------------------------------


def _of_frame(frame: object, wanted: ColumnFilter) -> RawTable:
    where = f"the {type(frame).__module__.partition('.')[0]} {type(frame).__name__}"
    try:
        names, table = _table(frame, wanted)
    except (TypeError, pa.ArrowException) as error:
        raise InputError(
            f"{where} cannot be turned into an Arrow table: {error_line(error)}",
            hint="give a pandas, polars or pyarrow frame; collect() it if it is lazy",
        ) from error
    return _of_table(table, names, where, wanted)


def _table(frame: object, wanted: ColumnFilter) -> tuple[list[str], pa.Table]:
    labels = getattr(frame, "columns", None) if hasattr(type(frame), "loc") else None
    if labels is None:
        table = pa.table(frame)
        return table.column_names, table
    # pandas columns of mixed objects do not convert, and must not block the others
    names = [str(label) for label in labels]
    keep = [i for i, name in enumerate(names) if wanted(name)]
    part = frame.iloc[:, keep]  # type: ignore[attr-defined]
    table = pa.Table.from_pandas(part.set_axis(range(len(keep)), axis=1), preserve_index=False)
    return names, table.rename_columns([names[i] for i in keep])


def _of_table(table: pa.Table, names: list[str], where: str, wanted: ColumnFilter) -> RawTable:
    keep = [i for i, name in enumerate(table.column_names) if wanted(name)]
    check_distinct([table.column_names[i] for i in keep], where)
    return RawTable(where, names, {table.column_names[i]: table.column(i) for i in keep})


# --- files ----------------------------------------------------------------------------------------


def _load_path(path: str, wanted: ColumnFilter, columns: Columns) -> RawTable:
    where = shown_path(path)
    if path != "-" and Path(path).is_dir():
        return imported(files_in_folder(Path(path)), where, columns)
    if is_remote_folder(path):
        return imported(files_in_remote_folder(path), where, columns)
    if path == "-" or is_remote(path):
        with opened_input(path) as stream:
            place: bytes | Path = read_bounded(stream, where)
    else:
        place = Path(path)
    return _load_input(InputFile(place, where, STDIN if path == "-" else file_name(path)), wanted, columns)


def _load_input(source: InputFile, wanted: ColumnFilter, columns: Columns) -> RawTable:
    where = source.where
    if is_archive(source.place, source.name):  # one of its files is in memory at a time
        return imported(files_in_zip(source.place, where), where, columns)
    data = _read(source)
    if not data.strip():
        raise InputError(f"{where} is empty", hint="give a file with at least one sentence")
    if is_archive(data, source.name):
        return imported(files_in_zip(data, where), where, columns)
    file = SourceFile(source.name, where, data)
    if columns.format is not None:
        return imported([file], where, columns)
    return _load_file(file, wanted, columns)


def _load_file(file: SourceFile, wanted: ColumnFilter, columns: Columns) -> RawTable:
    where, data = file.where, file.data
    if is_workbook(data):
        return of_workbook(data, where, columns.sheet, wanted)
    if data.startswith((ZIP, OLE)):
        raise no_workbook(data, where)
    check_may_be_text(data, where)
    name = without_packing(file.path.lower())
    form = "parquet" if data.startswith(PARQUET) else _SUFFIXES.get(Path(name).suffix)
    if form == "parquet":
        return _parquet(data, where, wanted)
    text = to_utf8(data, where)
    warn_of_unused(columns, where)
    if is_export(text, columns) or is_subtitles(text[:1000].decode(errors="ignore")):
        return imported([replace(file, data=text)], where, columns)
    form = _by_content(text, form, where, wanted)
    if columns.speakers:
        told = f"--speakers {columns.speakers} is not used: {where} is a table, not an export that numbers its speakers"
        warnings.warn(told, InputWarning, stacklevel=2)
    if not form and file.path != STDIN:
        raise InputError(
            f"cannot tell the format of {where}: the ending {Path(name).suffix!r} is unknown "
            f"and the first line is neither JSON nor a header",
            hint="rename it to .txt (one sentence per line), .csv, .tsv, .jsonl, .json or .parquet",
        )
    return _parse(text, form or "txt", where, wanted)


def warn_of_unused(columns: Columns, where: str) -> None:
    """Warn of options that the user gave for another kind of source than a text file is."""
    if columns.sheet is not None:
        told = f"--sheet {columns.sheet} is not used: {where} is not an Excel workbook"
        warnings.warn(told, InputWarning, stacklevel=2)


def _read(source: InputFile) -> bytes:
    where = source.where
    if isinstance(source.place, bytes):
        return unpacked(source.place, where)
    try:
        return read_path(source.place, where)
    except InputError:  # which is a ValueError
        raise
    except FileNotFoundError as error:
        raise InputError(f"there is no file {where}", hint="check the path") from error
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot read {where!r}: {error_line(error)}", hint="check the path and its permissions"
        ) from error


def _parquet(data: bytes, where: str, wanted: ColumnFilter) -> RawTable:
    try:
        names = pq.read_schema(pa.BufferReader(data)).names
        table = parquet_table(data, where, [name for name in names if wanted(name)])
    except BROKEN_PARQUET as error:
        raise InputError(f"{where} is not readable Parquet: {error_line(error)}", hint="write it again") from error
    return _of_table(table, names, where, wanted)


def _parse(text: bytes, form: str, where: str, wanted: ColumnFilter) -> RawTable:
    if form in {"csv", "tsv"}:
        text, told = without_separator_line(without_empty_cells(text))
        found = "\t" if form == "tsv" else delimiter_of(text, wanted)
        return of_csv(text, told or found, where, wanted)
    if form == "txt":
        return _lines(text.decode(), where, wanted)
    is_json = form == "json" or text.lstrip().startswith(b"[")
    return of_json(text.decode(), where, wanted) if is_json else of_json_lines(text.decode(), where, wanted)


def _lines(text: str, where: str, wanted: ColumnFilter) -> RawTable:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    return of_records(lines, where, wanted)


def _by_content(text: bytes, form: str | None, where: str, wanted: ColumnFilter) -> str | None:
    """Return the format by the ending of the name (`form`), unless the text tells another one."""
    if form not in {None, "txt"}:
        return form
    if form is None:
        return _sniff(text, wanted)
    if is_table(text, wanted):  # Excel's "Unicode Text (*.txt)"
        names = ", ".join(map(repr, header_of(text, delimiter_of(text, wanted))))
        warnings.warn(f"{where} is read as a table: its first line names columns: {names}", InputWarning, stacklevel=2)
        return "csv"
    return form


def _sniff(text: bytes, wanted: ColumnFilter) -> str | None:
    """Return the format that the text looks like; None if it can only be plain lines."""
    start = text.lstrip()
    if start.startswith((b"{", b'["', b"[{")) or (start.startswith(b"[") and start.rstrip().endswith(b"]")):
        return "json"  # falls back to JSON lines
    table, told = without_separator_line(text)
    delimiter = told or delimiter_of(table, wanted)
    return "csv" if any(wanted(name) for name in header_of(table, delimiter)) else None
