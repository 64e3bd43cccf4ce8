"""Reads Parquet files up to a bound: a dictionary lets a small file hold more than the memory does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dialin.bounded import most_bytes, too_large

BROKEN_PARQUET = (OSError, UnicodeDecodeError, pa.ArrowException)
"""What pyarrow raises for what is no Parquet, or has names that are not UTF-8."""

_ROWS = 1 << 17  # rows of Parquet that are measured at once; with each, the dictionary is copied, but no text
_BATCH_BYTES = 1 << 24  # of text in a batch of Parquet, unless a single row has more
_BUFFER = 1 << 20


def parquet_table(source: Path | bytes, where: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Return some columns of a Parquet file, all by default, after measuring what they hold once decoded.

    A dictionary lets a file of some kB hold a long text a million times. So the text is measured with its dictionary,
    some rows at a time, before it is read without.

    Raises
    ------
    InputError
        The columns hold more than `most_bytes`.
    OSError, UnicodeDecodeError, pyarrow.ArrowException
        One of `BROKEN_PARQUET`: the file cannot be read as Parquet.
    """
    most = most_bytes()
    with _opened(source) as file:
        names = [name for name in file.schema_arrow.names if columns is None or name in columns]
        leaves = _leaves(file, names)
        _read_a_row_of_each_group(file, names)
        if _declared_bytes(file.metadata, leaves, range(file.metadata.num_row_groups)) > most:
            raise too_large(where, most)
        packed = _packed(file, leaves)
    with _opened(source, packed) as file:
        n_bytes = 0
        for group in range(file.metadata.num_row_groups) if packed else ():  # each has a dictionary of its own
            for batch in file.iter_batches(_ROWS, [group], columns=names, use_threads=False):
                n_bytes += sum(map(_decoded_bytes, batch.columns))
                if n_bytes > most:
                    raise too_large(where, most)
    with _opened(source) as file:
        table = file.read(columns=names, use_threads=False)
    table.validate(full=True)  # text that is not UTF-8
    return table


def parquet_batches(path: Path, where: str, columns: Sequence[str], n_rows: int) -> Iterator[pa.RecordBatch]:
    """Yield some columns of a Parquet file, at most `n_rows` rows at a time, and fewer where a text is very long.

    No more is in memory than a batch, and what the file says that a row group holds is at most `most_bytes`; so the
    file itself may be of any size.

    Raises
    ------
    InputError
        A row group, or a batch of lists, holds more than `most_bytes`.
    OSError, UnicodeDecodeError, pyarrow.ArrowException
        One of `BROKEN_PARQUET`: the file cannot be read as Parquet.
    """
    most = most_bytes()
    with _opened(path) as file:
        leaves = _leaves(file, columns)
        packed = _packed(file, leaves)
        are_nested = any(pa.types.is_nested(file.schema_arrow.field(name).type) for name in columns)
        _read_a_row_of_each_group(file, columns)
        with _opened(path, packed) as measured:
            for group in range(file.metadata.num_row_groups):
                declared = _declared_bytes(file.metadata, leaves, [group])
                if declared > most:
                    raise too_large(where, most)
                if are_nested:
                    n = _rows_of(n_rows, declared // max(1, file.metadata.row_group(group).num_rows))
                    batches, sizes = (_batches(one, n, group, columns) for one in (file, measured))
                    yield from _measured(batches, sizes, where)
                else:
                    a_row = next(_batches(measured, 1, group, columns), None)
                    n = _rows_of(n_rows, sum(map(_longest, a_row.columns)) if a_row else 0)
                    yield from _batches(file, n, group, columns)


def _rows_of(n_rows: int, row_bytes: int) -> int:
    """Return how many rows a batch has, at most `n_rows`: fewer where a row has many bytes."""
    return max(1, min(n_rows, _BATCH_BYTES // (row_bytes + 1)))


def _batches(file: pq.ParquetFile, n: int, group: int, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    return iter(file.iter_batches(n, [group], columns=columns, use_threads=False))


def _measured(
    batches: Iterator[pa.RecordBatch], with_dictionaries: Iterator[pa.RecordBatch], where: str
) -> Iterator[pa.RecordBatch]:
    """Yield batches, each after what it holds was measured: a list may say a long text of a dictionary many times."""
    most = most_bytes()
    for batch in with_dictionaries:
        if sum(map(_decoded_bytes, batch.columns)) > most:
            raise too_large(where, most)
        yield next(batches)


def _longest(array: pa.Array) -> int:
    """Return the bytes of the longest text in the dictionary of a flat array, which is that of its row group."""
    return pc.max(pc.binary_length(array.dictionary)).as_py() or 0 if pa.types.is_dictionary(array.type) else 8


def _leaves(file: pq.ParquetFile, names: Sequence[str]) -> list[int]:
    """Return the places of the columns of Parquet that make up some columns of Arrow, which may be nested."""
    return [i for i in range(len(file.schema)) if file.schema.column(i).path.split(".")[0] in set(names)]


def _packed(file: pq.ParquetFile, leaves: Sequence[int]) -> list[str]:
    """Return those columns that hold text, which a dictionary may hold."""
    return [c.path for c in map(file.schema.column, leaves) if c.physical_type == "BYTE_ARRAY"]


def _opened(source: Path | bytes, packed: Sequence[str] = ()) -> pq.ParquetFile:
    read_from = pa.BufferReader(source) if isinstance(source, bytes) else source
    return pq.ParquetFile(read_from, read_dictionary=packed, buffer_size=_BUFFER)


def _read_a_row_of_each_group(file: pq.ParquetFile, names: Sequence[str]) -> None:
    """Raise OSError if the metadata of a column are damaged; asked for by themselves, Arrow 26 ends the process."""
    for group in range(file.metadata.num_row_groups):
        next(iter(file.iter_batches(1, [group], columns=names, use_threads=False)), None)


def _declared_bytes(metadata: pq.FileMetaData, leaves: Sequence[int], groups: Sequence[int]) -> int:
    """Return the bytes that the file says the pages of some row groups hold, or 8 for each value if that is more."""
    chunks = [metadata.row_group(group).column(i) for group in groups for i in leaves]
    n_bytes: int = sum(chunk.total_uncompressed_size for chunk in chunks)
    return max(n_bytes, 8 * int(sum(chunk.num_values for chunk in chunks)))


def _decoded_bytes(array: pa.Array) -> int:
    """Return the bytes of an array without dictionaries, in lists and objects too."""
    if pa.types.is_dictionary(array.type):
        lengths = pc.binary_length(array.dictionary).take(array.indices)
        n_bytes: int = pc.sum(lengths).as_py() or 0
        return n_bytes + 8 * len(array)
    if pa.types.is_struct(array.type):
        return sum(map(_decoded_bytes, array.flatten()))
    if pa.types.is_map(array.type):
        return _decoded_bytes(array.keys) + _decoded_bytes(array.items)
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        return _decoded_bytes(array.flatten()) + 8 * len(array)
    return int(array.nbytes)
