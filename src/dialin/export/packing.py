"""Turns values into the bytes of files, the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from dialin.export.base import Files

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""Time of every file in an archive: the first that the format knows."""


def json_bytes(value: Any) -> bytes:
    """Return a value as indented JSON in UTF-8."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV in UTF-8, without a byte order mark."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()


def zip_bytes(files: Files) -> bytes:
    """Return files as a zip archive, in the order of their paths and with one time for all."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _FIRST_DAY)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o600 << 16
            archive.writestr(entry, files[path])
    return stream.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    """Return the files of a zip archive by path."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
