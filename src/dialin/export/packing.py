"""Turns values into the bytes of files, the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, BinaryIO

from dialin.export.base import Files

_JSON = json.JSONEncoder(ensure_ascii=False, indent=2)
_CHUNK = 1 << 20
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""Time of every file in an archive: the first that the format knows."""


def json_bytes(value: Any) -> bytes:
    """Return a value as indented JSON in UTF-8."""
    return text_bytes(chain(_JSON.iterencode(value), ["\n"]))


def json_list_bytes(items: Iterable[object]) -> bytes:
    """Return values as a list in JSON, each on a line of its own, without holding all of them."""
    shown = (json.dumps(item, ensure_ascii=False) for item in items)
    return text_bytes(chain(["[\n", *islice(shown, 1)], (f",\n{one}" for one in shown), ["\n]\n"]))


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV in UTF-8, without a byte order mark."""
    with _Utf8() as text:
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.data


def text_bytes(pieces: Iterable[str]) -> bytes:
    """Return pieces of text, one after another, in UTF-8; one piece is in memory at a time."""
    with _Utf8() as text:
        text.writelines(pieces)
        return text.data


class _Utf8(io.TextIOWrapper):
    """Text that is written in UTF-8 into memory, where a character of Chinese would else make each one as wide."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, "utf-8", newline="")

    @property
    def data(self) -> bytes:
        """What was written."""
        self.flush()
        return self._bytes.getvalue()


def zip_bytes(files: Files) -> bytes:
    """Return files as a zip archive, in the order of their paths and with one time for all."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            archive.writestr(_entry(path), files[path])
    return stream.getvalue()


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _FIRST_DAY)
    entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o600 << 16
    return entry


def rezipped(data: BinaryIO, changed: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    """Return a zip archive as `zip_bytes` writes one, some of its files changed; of the others, a part is in memory.

    Parameters
    ----------
    data : file
        The archive.
    changed : mapping of str to callable
        What a file becomes, by its path.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(data) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(old.namelist()):
            if path in changed:
                archive.writestr(_entry(path), changed[path](old.read(path)))
            else:
                with old.open(path) as stored, archive.open(_entry(path), "w") as copied:
                    shutil.copyfileobj(stored, copied, _CHUNK)
    return stream.getvalue()


class Unzipped(Mapping[str, bytes]):
    """The files of a zip archive by path, each unpacked when it is read.

    Parameters
    ----------
    data : bytes
        The archive.
    """

    def __init__(self, data: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        self._names = dict.fromkeys(self._archive.namelist())

    def __getitem__(self, path: str) -> bytes:
        if path not in self._names:
            raise KeyError(path)
        return self._archive.read(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
