"""Reads what people give, packed or not, up to a bound: a small file can unpack to more than the memory holds."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dialin.errors import InputError

MAX_INPUT = "DIALIN_MAX_INPUT"
"""Variable of the environment that raises or lowers the bound: bytes, or with K, M or G such as ``4G``."""
DEFAULT_BYTES = 1 << 30
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_CHUNK = 1 << 20
_ROWS = 1 << 17  # rows of Parquet that are measured at once; with each, the dictionary is copied, but no text
_BATCH_BYTES = 1 << 24  # of text in a batch of Parquet, unless a single row has more
_BUFFER = 1 << 20
_N_BEGIN = 10  # bytes that tell what packed a file
_GZIP, _BZIP2, _BLOCK, _XZ = b"\x1f\x8b", b"BZh", b"1AY&SY", b"\xfd7zXZ\x00"

BROKEN_PACKING = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""What is raised for data that gzip, bzip2 or xz cannot unpack."""
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
    try:
        return bytes_of(given)
    except ValueError:
        raise InputError(
            f"{MAX_INPUT} is {given!r}, not a size", hint="give bytes, or a size such as 512M or 4G"
        ) from None


def bytes_of(size: str) -> int:
    """Return the bytes of a size; raise ValueError if it is none.

    Examples
    --------
    >>> bytes_of("1000"), bytes_of("4k"), bytes_of("2 GB") == bytes_of("2GiB") == bytes_of("2048M")
    (1000, 4096, True)
    """
    found = re.fullmatch(r"(\d+)\s*([KMG]?)(i?B)?", size.strip(), re.IGNORECASE)
    if not found:
        raise ValueError(f"{size!r} is not a size")
    return int(found[1]) * _UNITS[found[2].upper()]


def shown_size(n_bytes: int) -> str:
    """Return a number of bytes as people read it.

    Examples
    --------
    >>> shown_size(1 << 29), shown_size(3 << 29)
    ('512 MB', '1.5 GB')
    """
    return f"{n_bytes / (1 << 30):,.1f} GB" if n_bytes >= 1 << 30 else f"{n_bytes / (1 << 20):,.0f} MB"


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
    kind = packing_of(data)
    if not kind:
        return data
    try:
        with _opener(kind, BytesIO(data)) as stream:
            return read_bounded(stream, where)
    except BROKEN_PACKING as error:
        raise broken_packing(kind, where, error) from error


def broken_packing(kind: str, where: str, error: BaseException) -> InputError:
    """Return the error for data that gzip, bzip2 or xz (`kind`) cannot unpack."""
    said = " ".join(str(error).split())
    return InputError(f"{where} is broken {kind}: {said}", hint="copy or compress it again")


def packing_of_file(place: Path | bytes) -> str:
    """Return what packed a file, or its bytes, as `packing_of`; raise OSError if it cannot be read."""
    with _stream_of(place) as stream:
        return packing_of(stream.read(_N_BEGIN))


def open_unpacked(place: Path | bytes) -> BinaryIO:
    """Open a file, or its bytes, unpacked as they are read if they are gzip, bzip2 or xz; nothing bounds their number.

    Reading raises one of `BROKEN_PACKING` where the packed data is broken.
    """
    kind = packing_of_file(place)
    if not kind:
        return _stream_of(place)
    packed = BytesIO(place) if isinstance(place, bytes) else place
    return BufferedReader(cast("io.RawIOBase", _opener(kind, packed)), _CHUNK)


def _stream_of(place: Path | bytes) -> BinaryIO:
    return BytesIO(place) if isinstance(place, bytes) else place.open("rb")


def _opener(kind: str, packed: BytesIO | Path) -> gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile:
    if kind == "gzip":
        return gzip.open(packed)
    return bz2.open(packed) if kind == "bzip2" else lzma.open(packed)


def packing_of(data: bytes) -> str:
    """Return what packed some bytes, "gzip", "bzip2" or "xz", by how they begin; "" if none of these did."""
    if data.startswith(_GZIP):
        return "gzip"
    if data.startswith(_BZIP2) and data[4:10] == _BLOCK:
        return "bzip2"
    return "xz" if data.startswith(_XZ) else ""


def without_packing(name: str) -> str:
    """Return the name of a file without the ending that says what packed it.

    Examples
    --------
    >>> without_packing("calls.csv.GZ"), without_packing("calls.csv")
    ('calls.csv', 'calls.csv')
    """
    return re.sub(r"\.(gz|bz2|xz)$", "", name, flags=re.IGNORECASE)


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
        A row group holds more than `most_bytes`.
    OSError, UnicodeDecodeError, pyarrow.ArrowException
        One of `BROKEN_PARQUET`: the file cannot be read as Parquet.
    """
    most = most_bytes()
    with _opened(path) as file:
        leaves = _leaves(file, columns)
        packed = _packed(file, leaves)
        _read_a_row_of_each_group(file, columns)
        with _opened(path, packed) as measured:
            for group in range(file.metadata.num_row_groups):
                if _declared_bytes(file.metadata, leaves, [group]) > most:
                    raise too_large(where, most)
                a_row = next(measured.iter_batches(1, [group], columns=columns, use_threads=False), None)
                longest = sum(map(_longest, a_row.columns)) if a_row else 0
                n = max(1, min(n_rows, _BATCH_BYTES // (longest + 1)))
                yield from file.iter_batches(n, [group], columns=columns, use_threads=False)


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
