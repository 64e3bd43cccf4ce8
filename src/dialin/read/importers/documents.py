"""Takes the documents out of a file: one JSON value, a list of objects, an object in each line, or text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath

from dialin.errors import InputError
from dialin.read.encoding import to_utf8
from dialin.read.json_records import json_lines
from dialin.read.source import error_line

JSON_ENDINGS = frozenset({"", ".json", ".jsonl", ".ndjson"})
TEXT_ENDINGS = frozenset({".vtt", ".srt", ".csv"})
_HEAD = 4096
_PACKED = frozenset({".gz", ".bz2", ".xz"})


@dataclass(frozen=True)
class SourceFile:
    """The bytes of a file, unpacked.

    Parameters
    ----------
    path : str
        Its path in the folder or archive, with "/"; its name, if it came alone.
    where : str
        What it is called in messages.
    data : bytes
        What it holds.
    """

    path: str
    where: str
    data: bytes

    @property
    def stem(self) -> str:
        """Its path without endings.

        Examples
        --------
        >>> SourceFile("2026/call.7.json.gz", "", b"").stem
        '2026/call.7'
        """
        path = PurePosixPath(self.path)
        path = path.with_suffix("") if path.suffix.lower() in _PACKED else path
        return str(path.with_suffix("") if path.suffix.lower() in JSON_ENDINGS | TEXT_ENDINGS else path)


@dataclass(frozen=True)
class SourceDocument:
    """What one importer reads at a time.

    Parameters
    ----------
    value : object
        A JSON value; str if the file is not JSON.
    where : str
        What it is called in messages, with its line or number.
    file : str
        Path of its file without endings.
    number : int
        Its number in the file from 1, or 0 if it is all of the file.
    """

    value: object
    where: str
    file: str
    number: int = 0


def ending_of(path: str) -> str:
    """Return the ending of a file, which may be packed: ".json" for "a.json.gz", "" for "a"."""
    name = PurePosixPath(path.lower())
    return (name.with_suffix("") if name.suffix in _PACKED else name).suffix


def head_of(data: bytes) -> object:
    r"""Return what tells the source of a file in UTF-8: the first JSON object in it, or how its text begins.

    Examples
    --------
    >>> head_of(b'[{"a": 1}, {"a": 2'), head_of(b'{"a": 1}\n{"a": 2}'), head_of(b"WEBVTT")
    ({'a': 1}, {'a': 1}, 'WEBVTT')
    """
    if not data.lstrip().startswith((b"{", b"[")):
        return data[:_HEAD].decode(errors="ignore")
    for start in (_first_line(data), data.lstrip()):
        try:
            value, _ = json.JSONDecoder().raw_decode(start.decode().removeprefix("[").lstrip())
            return value
        except (ValueError, RecursionError):
            continue
    return data[:_HEAD].decode(errors="ignore")


def documents_in(file: SourceFile) -> Iterator[SourceDocument]:
    """Yield the documents of a file.

    Raises
    ------
    InputError
        It can be decoded by no encoding, or what begins as JSON is not JSON up to its end.
    """
    data = to_utf8(file.data, file.where)
    first = _first_line(data)
    if not first.startswith((b"{", b"[")):
        yield SourceDocument(data.decode(), file.where, file.stem)
    elif first.startswith(b"{") and len(first) < len(data.strip()) and _is_whole(first):
        for n, value in json_lines((line.decode() for line in BytesIO(data)), file.where):
            yield SourceDocument(value, f"line {n} of {file.where}", file.stem, n)
    else:
        yield from _of_value(_parsed(data, file.where), file)


def _of_value(value: object, file: SourceFile) -> Iterator[SourceDocument]:
    if not isinstance(value, list):
        yield SourceDocument(value, file.where, file.stem)
        return
    for n, item in enumerate(value, start=1):
        yield SourceDocument(item, f"item {n} of {file.where}", file.stem, n)


def _first_line(data: bytes) -> bytes:
    return data.lstrip().partition(b"\n")[0].rstrip()


def _is_whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _parsed(data: bytes, where: str) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{where} is not JSON: {error_line(error)}", hint="copy or export it again, or move it out of the way"
        ) from error
