"""Reads utterances some rows at a time, so that the memory does not grow with the input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dialin.bounded import BROKEN_PARQUET
from dialin.read.columns import Columns
from dialin.read.copied import large_text
from dialin.read.corpus import Corpus
from dialin.read.distinct import Check, corpus_of_parts, no_check
from dialin.read.flat import FlatRows
from dialin.read.formats import PARQUET
from dialin.read.stored import PART_ROWS, StoredTable
from dialin.read.table import read, read_table
from dialin.room import temporary_folder

LARGE_ROWS = 1 << 19
"""Rows of a Parquet file from which on its distinct sentences are found in parts; no result depends on it."""


def read_parts(
    source: object,
    columns: Columns | None = None,
    *,
    in_dialogues: bool,
    may_copy: bool = True,
    n_rows: int = PART_ROWS,
) -> Iterator[pa.Table]:
    """Yield the table of `dialin.read.table.read_table` in parts, in input order.

    A Parquet file with a sentence in each row is read in parts, whatever its size, and so is a large text that
    `dialin.read.copied.large_text` can read so. Any other source is read whole, and then cut.

    Parameters
    ----------
    source, columns
        As for `read_table`.
    in_dialogues : bool
        Whether dialogues count: a source that has them comes in one part. If not, the parts of a file that is read in
        parts have neither dialogues, nor turns, nor dates.
    may_copy : bool
        Whether the folder for temporary files may hold what a text file holds; if not, the file itself is read as often
        as its rows are looked at.
    n_rows : int
        Rows of a part, about.

    Raises
    ------
    InputError
        As for `read_table`; what is wrong in the middle of a Parquet file is raised when it is reached.
    """
    with flat_rows(source, columns or Columns(), may_copy=may_copy) as flat:
        if flat and not (in_dialogues and flat.columns.dialogue):
            yield from flat.said(n_rows)
            return
        if flat and flat.can_be_told:
            with temporary_folder() as folder:
                yield pa.concat_tables(flat.tables(n_rows, folder)).combine_chunks()
            return
    table = read_table(source, columns)
    if in_dialogues and table["dialogue_id"].null_count < table.num_rows:
        yield table
        return
    yield from (table.slice(first, n_rows) for first in range(0, table.num_rows, n_rows))


def read_large(source: object, columns: Columns | None = None, check_number: Check = no_check) -> Corpus:
    """Read sentences and count the unique ones, as `dialin.read.table.read` does, in memory that large files spare.

    Of a large file that `read_parts` reads in parts, only the distinct sentences are in memory; where they occur is in
    a file.

    Parameters
    ----------
    source, columns
        As for `read`.
    check_number : callable
        Is asked whether there may be as many distinct sentences and rows as a large file turns out to have.

    Raises
    ------
    InputError
        As for `read`, `check_number` raises it, or the folder for temporary files cannot be written.
    """
    with large_tables(source, columns or Columns()) as large:
        if large:
            check_number(0, large.n_rows)
            return corpus_of_parts(large.tables(), check_number)
    return read(source, columns)


@dataclass(frozen=True)
class LargeTables:
    """The rows of a large file, in parts.

    Parameters
    ----------
    flat : FlatRows
        The file.
    folder : Path
        A folder of its own, in which no text lies that the file does not.
    """

    flat: FlatRows
    folder: Path

    @property
    def n_rows(self) -> int:
        """How many rows the file has."""
        return self.flat.stored.n_rows

    def tables(self) -> Iterator[pa.Table]:
        """Yield the rows as `dialin.read.table.read_table` gives them."""
        return self.flat.tables(PART_ROWS, self.folder)


@contextmanager
def large_tables(source: object, given: Columns, *, may_copy: bool = True) -> Iterator[LargeTables | None]:
    """Open a large file as tables, which are there until the end of the block; None if it is to be read whole."""
    with flat_rows(source, given, may_copy=may_copy) as flat, temporary_folder() as folder:
        is_large = flat and flat.can_be_told and (flat.stored.is_text or flat.stored.n_rows >= LARGE_ROWS)
        yield LargeTables(flat, folder) if flat and is_large else None


@contextmanager
def flat_rows(source: object, given: Columns, *, may_copy: bool = True) -> Iterator[FlatRows | None]:
    """Open a source as a table with a sentence in each row, which is there until the end of the block.

    None if it is anything else, or broken: then `read_table` says how.
    """
    is_path = isinstance(source, str | Path) and str(source) != "-" and given.format is None
    path = Path(str(source)) if is_path else None
    schema = _schema(path) if path else None
    if path and schema is not None:
        yield FlatRows.of(StoredTable(str(path), (path,)), schema.names, given)
        return
    with temporary_folder() as folder:
        text = large_text(path, given, folder if may_copy else None) if path else None
        yield FlatRows.of(text.table, text.names, given, has_header=text.has_header) if text else None


def _schema(path: Path) -> pa.Schema | None:
    """Return the columns of a Parquet file; None if it is anything else."""
    try:
        with path.open("rb") as file:
            return pq.read_schema(path) if file.read(len(PARQUET)) == PARQUET else None
    except (*BROKEN_PARQUET, ValueError):  # no such file, or a path with a NUL
        return None
