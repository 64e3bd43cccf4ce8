"""Reads what people give, packed or not, up to a bound: a small file can unpack to more than the memory holds."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import zlib
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from dialin.errors import InputError

MAX_INPUT = "DIALIN_MAX_INPUT"
"""Variable of the environment that raises or lowers the bound: bytes, or with K, M or G such as ``4G``."""
DEFAULT_BYTES = 1 << 30
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_CHUNK = 1 << 20
_N_BEGIN = 10  # bytes that tell what packed a file
_GZIP, _BZIP2, _BLOCK, _XZ = b"\x1f\x8b", b"BZh", b"1AY&SY", b"\xfd7zXZ\x00"

BROKEN_PACKING = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""What is raised for data that gzip, bzip2 or xz cannot unpack."""


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
