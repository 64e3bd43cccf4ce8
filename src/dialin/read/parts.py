"""Reads utterances some rows at a time, so that the memory does not grow with the input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from dialin.bounded_parquet import BROKEN_PARQUET
from dialin.read.columns import DEFAULT, Columns
from dialin.read.copied import text_rows
from dialin.read.corpus import Corpus
from dialin.read.distinct import corpus_of_parts
from dialin.read.flat import FlatRows
from dialin.read.held import held_table
from dialin.read.importers.containers import is_archive, is_zip, sizes_in_zip
from dialin.read.input_file import PARQUET, InputFile, at_hand
from dialin.read.limits import NO_LIMITS, WHOLE_TIMES, ReadLimits
from dialin.read.stored import StoredTable
from dialin.read.stored_turns import stored_turn_rows
from dialin.read.table import read, read_table
from dialin.read.text_parts import is_large, text_parts, unpacked_size
from dialin.room import temporary_folder

LARGE_ROWS = 1 << 19
"""Rows of a Parquet file from which on its distinct sentences are found in parts; no result depends on it."""


def read_parts(
    source: object,
    columns: Columns | None = None,
    *,
    in_dialogues: bool,
    may_copy: bool = True,
    limits: ReadLimits = NO_LIMITS,
) -> Iterator[pa.Table]:
    """Yield the table of `dialin.read.table.read_table` in parts, in input order.

    A Parquet file is read in parts, whatever its size, and so is a large file that `dialin.read.text_parts.text_parts`
    can read so. Any other source is read whole, and then cut.

    Parameters
    ----------
    source, columns
        As for `read_table`.
    in_dialogues : bool
        Whether dialogues count: a source that has them comes in one part, which stays in a file if the source is read
        in parts. If not, the parts of such a source have neither dialogues, nor turns, nor dates.
    may_copy : bool
        Whether the folder for temporary files may hold what a source holds; if not, the file itself is read as often
        as its rows are looked at.
    limits : ReadLimits
        What reading may take.

    Raises
    ------
    InputError
        As for `read_table`; what is wrong in the middle of a Parquet file is raised when it is reached. Or the limits
        raise it.
    """
    with at_hand(source, may_copy=may_copy) as held:
        yield from _parts_of(held, columns or DEFAULT, limits, in_dialogues=in_dialogues, may_copy=may_copy)


def _parts_of(
    source: object, columns: Columns, limits: ReadLimits, *, in_dialogues: bool, may_copy: bool
) -> Iterator[pa.Table]:
    n_rows = limits.n_rows
    with flat_rows(source, columns, may_copy=may_copy, n_rows=n_rows) as flat:
        if flat and not (in_dialogues and flat.columns.dialogue):
            yield from flat.said(n_rows)
            return
        if flat and flat.can_be_told:
            limits.check_number(0, flat.stored.n_rows)
            with temporary_folder() as folder:
                yield held_table(flat.tables(n_rows, folder), folder / "rows.arrow")
            return
    check_whole(source, limits)
    table = read_table(source, columns)
    if in_dialogues and table["dialogue_id"].null_count < table.num_rows:
        yield table
        return
    yield from (table.slice(first, n_rows) for first in range(0, table.num_rows, n_rows))


def read_large(source: object, columns: Columns | None = None, limits: ReadLimits = NO_LIMITS) -> Corpus:
    """Read sentences and count the unique ones, as `dialin.read.table.read` does, in memory that large files spare.

    Of a large file that `read_parts` reads in parts, only the distinct sentences are in memory; where they occur is in
    a file.

    Parameters
    ----------
    source, columns
        As for `read`.
    limits : ReadLimits
        What reading may take.

    Raises
    ------
    InputError
        As for `read`, the limits raise it, or the folder for temporary files cannot be written.
    """
    with at_hand(source, may_copy=True) as held:
        with large_tables(held, columns or DEFAULT, n_rows=limits.n_rows) as large:
            if large:
                limits.check_number(0, large.n_rows)
                return corpus_of_parts(large.tables(), limits)
        check_whole(held, limits)
        return read(held, columns)


def check_whole(source: object, limits: ReadLimits) -> None:
    """Raise InputError if a large file that is read whole does not fit; of any other source, nobody knows."""
    file = _file_of(source)
    n_bytes = _whole_size(file) if file else 0
    if file and is_large(n_bytes):
        limits.check_whole(n_bytes, file.where)


def _whole_size(file: InputFile) -> int:
    """Return how many bytes a file has, unpacked; of an archive, about as many as count, as it is not all in memory."""
    if not is_zip(file.place):
        return unpacked_size(file)
    sizes = sizes_in_zip(file.place)
    if is_archive(file.place, file.name):  # each file is parsed by itself, and what is said in it is kept
        return max(sizes, default=0) + sum(sizes) // WHOLE_TIMES
    return sum(sizes) // 4  # of a workbook, the cells are kept, and the marks between them are not


@dataclass(frozen=True)
class LargeTables:
    """The rows of a large file, in parts.

    Parameters
    ----------
    flat : FlatRows
        The file.
    folder : Path
        A folder of its own, in which no text lies that the file does not.
    part_rows : int
        Rows of a part, about.
    """

    flat: FlatRows
    folder: Path
    part_rows: int

    @property
    def n_rows(self) -> int:
        """How many rows the file has."""
        return self.flat.stored.n_rows

    def tables(self) -> Iterator[pa.Table]:
        """Yield the rows as `dialin.read.table.read_table` gives them."""
        return self.flat.tables(self.part_rows, self.folder)


@contextmanager
def large_tables(
    source: object, given: Columns, *, may_copy: bool = True, n_rows: int = NO_LIMITS.n_rows
) -> Iterator[LargeTables | None]:
    """Open a large file as tables, which are there until the end of the block; None if it is to be read whole."""
    with flat_rows(source, given, may_copy=may_copy, n_rows=n_rows) as flat, temporary_folder() as folder:
        is_large = flat and flat.can_be_told and (flat.stored.is_text or flat.stored.n_rows >= LARGE_ROWS)
        yield LargeTables(flat, folder, n_rows) if flat and is_large else None


@contextmanager
def flat_rows(
    source: object, given: Columns, *, may_copy: bool = True, n_rows: int = NO_LIMITS.n_rows
) -> Iterator[FlatRows | None]:
    """Open a source as a table with a sentence in each row, which is there until the end of the block.

    None if it is anything else, or broken: then `read_table` says how.
    """
    file = _file_of(source) if given.format is None else None
    stored = _stored(file) if file else None
    if stored:
        yield FlatRows.of(stored, stored.schema.names, given) or stored_turn_rows(stored, given)
        return
    with temporary_folder() as folder:
        text = text_parts(file, given, n_rows) if file else None
        yield text_rows(text, given, folder if may_copy else None) if text else None


def _file_of(source: object) -> InputFile | None:
    """Return a source as one file; None if it is anything else."""
    if isinstance(source, InputFile):
        return source
    if not isinstance(source, str | Path) or str(source) == "-":
        return None
    return InputFile(Path(str(source)), str(source), Path(str(source)).name)


def _stored(file: InputFile) -> StoredTable | None:
    """Return a Parquet file as a table; None if it is anything else."""
    if isinstance(file.place, bytes):
        return None
    stored = StoredTable(file.where, (file.place,))
    try:
        with file.place.open("rb") as opened:
            return stored if opened.read(len(PARQUET)) == PARQUET and stored.schema else None
    except (*BROKEN_PARQUET, ValueError):  # no such file, or a path with a NUL
        return None
