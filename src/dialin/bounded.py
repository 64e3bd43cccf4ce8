"""Reads what people give, packed or not, up to a bound: a small file can unpack to more than the memory holds."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import zlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dialin.errors import InputError

MAX_INPUT = "DIALIN_MAX_INPUT"
"""Variable of the environment that raises or lowers the bound: bytes, or with K, M or G such as ``4G``."""
DEFAULT_BYTES = 1 << 30
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_CHUNK = 1 << 20
_ROWS = 1 << 10  # rows of Parquet that are measured at once
_GZIP, _BZIP2, _BLOCK, _XZ = b"\x1f\x8b", b"BZh", b"1AY&SY", b"\xfd7zXZ\x00"

BROKEN_PARQUET = (OSError, UnicodeDecodeError, pa.ArrowException)
"""What pyarrow raises for what is no Parquet, or has names that are not UTF-8."""


class Readable(Protocol):
    """What bytes are read from, some at a time."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end."""
        ...


def most_bytes() -> int:
    """Return how many bytes of one input are read, once unpacked: 1 GiB, or what `MAX_INPUT` says.

    Raises
    ------
    InputError
        The variable holds no size.
    """
    given = os.environ.get(MAX_INPUT, "").strip()
    if not given:
        return DEFAULT_BYTES
    found = re.fullmatch(r"(\d+)\s*([KMG]?)(i?B)?", given, re.IGNORECASE)
    if not found:
        raise InputError(f"{MAX_INPUT} is {given!r}, not a size", hint="give bytes, or a size such as 512M or 4G")
    return int(found[1]) * _UNITS[found[2].upper()]


def read_bounded(stream: Readable, where: str) -> bytes:
    """Return all bytes of a stream.

    Raises
    ------
    InputError
        There are more than `most_bytes`; no more than these are in memory at any time.
    """
    most, kept = most_bytes(), BytesIO()
    while chunk := stream.read(_CHUNK):
        if kept.tell() + len(chunk) > most:
            raise too_large(where, most)
        kept.write(chunk)
    return kept.getvalue()


def read_path(path: Path, where: str) -> bytes:
    """Return the bytes of a file, unpacked if it is gzip, bzip2 or xz; raise OSError or `InputError` as its parts."""
    with path.open("rb") as stream:
        return unpacked(read_bounded(stream, where), where)


def unpacked(data: bytes, where: str) -> bytes:
    """Return the bytes that gzip, bzip2 or xz packed, known by how they begin; any others unchanged.

    Raises
    ------
    InputError
        The data is broken, or holds more than `most_bytes` once unpacked.
    """
    kind = _kind(data)
    if not kind:
        return data
    try:
        with _opener(kind, BytesIO(data)) as stream:
            return read_bounded(stream, where)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        said = " ".join(str(error).split())
        raise InputError(f"{where} is broken {kind}: {said}", hint="copy or compress it again") from error


def _opener(kind: str, packed: BytesIO) -> gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile:
    if kind == "gzip":
        return gzip.open(packed)
    return bz2.open(packed) if kind == "bzip2" else lzma.open(packed)


def _kind(data: bytes) -> str:
    if data.startswith(_GZIP):
        return "gzip"
    if data.startswith(_BZIP2) and data[4:10] == _BLOCK:
        return "bzip2"
    return "xz" if data.startswith(_XZ) else ""


def too_large(where: str, most: int) -> InputError:
    """Return the error for an input with more than `most` bytes."""
    return InputError(
        f"{where} holds more than {most / (1 << 20):,.0f} MiB of data once it is unpacked",
        hint=f"give a part of it, or raise the limit: {MAX_INPUT}=4G in the environment",
    )


# --- Parquet --------------------------------------------------------------------------------------


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
        leaves = [i for i in range(len(file.schema)) if file.schema.column(i).path.split(".")[0] in set(names)]
        _read_a_row_of_each_group(file, names)
        if _declared_bytes(file.metadata, leaves) > most:
            raise too_large(where, most)
        packed = [c.path for c in map(file.schema.column, leaves) if c.physical_type == "BYTE_ARRAY"]
    with _opened(source, packed) as file:
        n_bytes = 0
        for batch in file.iter_batches(_ROWS, columns=names, use_threads=False) if packed else ():
            n_bytes += sum(map(_decoded_bytes, batch.columns))
            if n_bytes > most:
                raise too_large(where, most)
    with _opened(source) as file:
        table = file.read(columns=names, use_threads=False)
    table.validate(full=True)  # text that is not UTF-8
    return table


def _opened(source: Path | bytes, packed: Sequence[str] = ()) -> pq.ParquetFile:
    return pq.ParquetFile(pa.BufferReader(source) if isinstance(source, bytes) else source, read_dictionary=packed)


def _read_a_row_of_each_group(file: pq.ParquetFile, names: Sequence[str]) -> None:
    """Raise OSError if the metadata of a column are damaged; asked for by themselves, Arrow 26 ends the process."""
    for group in range(file.metadata.num_row_groups):
        next(iter(file.iter_batches(1, [group], columns=names, use_threads=False)), None)


def _declared_bytes(metadata: pq.FileMetaData, leaves: Sequence[int]) -> int:
    """Return the bytes that the file says its pages hold, or 8 for each value if that is more."""
    chunks = [metadata.row_group(group).column(i) for group in range(metadata.num_row_groups) for i in leaves]
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
