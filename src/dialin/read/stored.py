"""Reads some columns of Parquet files, some rows at a time, and tells the row of what is damaged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from dialin.bounded_parquet import BROKEN_PARQUET, parquet_batches
from dialin.errors import InputError
from dialin.read.cells import is_string, one_array
from dialin.read.source import error_line

PART_ROWS = 1 << 16
"""Rows of a part; no result depends on it."""
_ROW_BYTES = 1 << 8
"""Bytes of a row, on average, beyond which a part has fewer rows: 16 MiB for `PART_ROWS`."""
_LEAST_BYTES = 1 << 20
Column: TypeAlias = pa.ChunkedArray | pa.Array


@dataclass(frozen=True)
class PartTable(ABC):
    """A table that is read some rows at a time, as often as it has to be.

    Parameters
    ----------
    where : str
        Name of the source in messages.
    """

    where: str

    @property
    @abstractmethod
    def schema(self) -> pa.Schema:
        """All columns, in the order in which they come first."""

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """How many rows there are."""

    @property
    @abstractmethod
    def is_text(self) -> bool:
        """Whether the source is a text file."""

    @abstractmethod
    def parts(self, names: Sequence[str], n_rows: int) -> Iterator[list[Column]]:
        """Yield some columns, about `n_rows` rows at a time; a column that a part lacks is null there."""

    def column(self, name: str, n_rows: int) -> Iterator[Column]:
        """Yield one column, as `parts` does."""
        return (column for (column,) in self.parts([name], n_rows))

    def whole_column(self, name: str) -> pa.ChunkedArray:
        """Return one column, all of it."""
        chunks = [one_array(column) for column in self.column(name, PART_ROWS)]
        return pa.chunked_array(chunks, self.schema.field(name).type)


@dataclass(frozen=True)
class StoredTable(PartTable):
    """A table in Parquet files, one after another; a column that one of them lacks is null there.

    Parameters
    ----------
    where : str
        Name of the source in messages.
    paths : tuple of Path
        The files, at least one.
    is_text : bool
        Whether they are a copy of the source, which is text.
    """

    paths: tuple[Path, ...]
    is_text: bool = False

    @cached_property
    def schema(self) -> pa.Schema:
        """All columns, in the order in which they come first; raises one of `BROKEN_PARQUET`."""
        return pa.unify_schemas(list(map(pq.read_schema, self.paths)))

    @cached_property
    def n_rows(self) -> int:
        """How many rows there are; raises one of `BROKEN_PARQUET`."""
        return sum(pq.read_metadata(path).num_rows for path in self.paths)

    def parts(self, names: Sequence[str], n_rows: int) -> Iterator[list[Column]]:
        """Yield some columns, about `n_rows` rows at a time.

        Raises
        ------
        InputError
            A file is damaged, or a text is not UTF-8; the message names the row.
        """
        n = 0
        try:
            for part in gathered(self._batches(names, n_rows), n_rows, max(_LEAST_BYTES, n_rows * _ROW_BYTES)):
                check_text(part, n, self.where)
                n += part.num_rows
                yield [part[name] for name in names]
        except BROKEN_PARQUET as error:
            told = f"{self.where} is not readable Parquet from row {n:,} on: {error_line(error)}"
            raise InputError(told, hint="write it again") from error

    def _batches(self, names: Sequence[str], n_rows: int) -> Iterator[pa.RecordBatch]:
        for path in self.paths:
            known = pq.read_schema(path).names
            there = [name for name in names if name in known] or known[:1]  # a batch without columns has no rows
            for batch in parquet_batches(path, self.where, there, n_rows):
                yield self._filled(batch, names)

    def _filled(self, batch: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
        columns = [self._column_of(batch, name) for name in names]
        return pa.RecordBatch.from_arrays(columns, list(names))

    def _column_of(self, batch: pa.RecordBatch, name: str) -> pa.Array:
        has_it = name in batch.schema.names
        return batch.column(name) if has_it else pa.nulls(batch.num_rows, self.schema.field(name).type)


def gathered(batches: Iterable[pa.RecordBatch], n_rows: int, n_bytes: int) -> Iterator[pa.Table]:
    """Yield tables of at least so many rows or bytes, of batches that may be small; the last one has the rest."""
    kept, n = list[pa.RecordBatch](), 0
    for batch in batches:
        kept.append(batch)
        n += batch.num_rows
        if n >= n_rows or sum(each.nbytes for each in kept) >= n_bytes:
            yield pa.Table.from_batches(kept)
            kept, n = [], 0
    if n:
        yield pa.Table.from_batches(kept)


def check_text(part: pa.Table, first: int, where: str) -> None:
    """Raise InputError if a text is not UTF-8, with its row in the whole file; `first` is that of the part."""
    for name in part.column_names:
        try:
            part[name].validate(full=True)
        except pa.ArrowInvalid as error:
            if not is_text(part[name].type):
                raise
            cells = part[name].cast(pa.large_binary()).to_pylist()
            row = first + next(i for i, cell in enumerate(cells) if cell is not None and not _is_utf8(cell))
            raise InputError(
                f"row {row:,} of {where} is not UTF-8 in column {name!r}", hint="write the file again as UTF-8"
            ) from error


def is_text(kind: pa.DataType) -> bool:
    """Return whether a type is that of texts, in a dictionary or not."""
    return is_string(kind.value_type if pa.types.is_dictionary(kind) else kind)


def _is_utf8(cell: bytes) -> bool:
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True
