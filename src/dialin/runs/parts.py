"""Writes tables that come in parts, as CSV, JSON lines or Parquet according to the file's ending."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dialin import files
from dialin.runs.save_table import check_bom, format_of, table_text


def save_parts(path: Path, parts: Iterable[pa.Table], *, bom: bool = False) -> None:
    """Write one table in the format of the file's ending, whole or not at all; each part is written when it comes.

    Parameters
    ----------
    path : Path
        The file; in Parquet, each part is a row group.
    parts : iterable of pyarrow.Table
        The rows, at least one part; if it raises anything, no file is left.
    bom : bool
        As in `dialin.runs.save_table.table_text`.

    Raises
    ------
    InputError
        The file cannot be written, has another ending, or a byte order mark is wanted in another form than CSV.
    """
    form = format_of(path)
    check_bom(form, bom=bom)

    def fill(temporary: Path) -> None:
        if form == "parquet":
            _fill_parquet(temporary, parts)
            return
        with temporary.open("wb") as file:
            file.writelines(text.encode("utf-8", "replace") for text in _texts(parts, form, bom=bom))

    files.write_whole(path, fill)


def _fill_parquet(path: Path, parts: Iterable[pa.Table]) -> None:
    rest = iter(parts)
    first = next(rest)
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        for part in rest:
            writer.write_table(part)


def _texts(parts: Iterable[pa.Table], form: str, *, bom: bool) -> Iterator[str]:
    """Yield the text of each part; in CSV, the first one alone has the line of names."""
    for n, part in enumerate(parts):
        text = table_text(part, form, bom=bom and not n)
        yield text.partition("\n")[2] if n and form == "csv" else text
