"""Opens what holds several files: a folder and a zip archive. Nothing of an archive is ever written to disk."""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from dialin.bounded import most_bytes, read_bounded, read_path, too_large, unpacked
from dialin.errors import InputError
from dialin.read.importers.documents import JSON_ENDINGS, TEXT_ENDINGS, SourceFile, ending_of
from dialin.read.source import error_line

ZIP = b"PK\x03\x04"
_WORKBOOK = {"[Content_Types].xml", "mimetype"}
"""What the archives that Excel and LibreOffice write hold."""
_BROKEN_ZIP = (
    *(BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, ValueError),
    *(zlib.error, lzma.LZMAError, struct.error),
)
"""What zipfile raises for an archive that is cut short, encrypted, or packed in a way that it cannot unpack."""


def is_archive(place: Path | bytes, path: str) -> bool:
    """Return whether a file, or its bytes, is a zip archive of files, and not a workbook; `path` ends as it does."""
    if not is_zip(place):
        return False
    try:
        with _opened_zip(place) as packed:
            return not _WORKBOOK & set(packed.namelist())
    except _BROKEN_ZIP:  # `files_in_zip` says how it is broken
        return not path.lower().endswith((".xlsx", ".xlsm", ".ods"))


def sizes_in_zip(place: Path | bytes) -> list[int]:
    """Return how many bytes each file in a zip archive, or a workbook, has once unpacked; none if it is broken."""
    try:
        with _opened_zip(place) as packed:
            return [member.file_size for member in packed.infolist()]
    except _BROKEN_ZIP:
        return []


def is_zip(place: Path | bytes) -> bool:
    """Return whether a file, or its bytes, begins as a zip archive does, as workbooks do, too."""
    if isinstance(place, bytes):
        return place.startswith(ZIP)
    try:
        with place.open("rb") as file:
            return file.read(len(ZIP)) == ZIP
    except (OSError, ValueError):  # whoever reads it says why
        return False


def _opened_zip(place: Path | bytes) -> ZipFile:
    return ZipFile(BytesIO(place) if isinstance(place, bytes) else place)


def files_in_folder(folder: Path) -> Iterator[SourceFile | str]:
    """Yield the files in a folder and those below it, by their paths; only the path of one that is no document.

    Hidden files and folders are skipped. A zip archive counts as a folder.

    Raises
    ------
    InputError
        A file cannot be read, or holds more than `most_bytes` once it is unpacked.
    """
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if is_hidden(name) or not path.is_file():
            continue
        if path.suffix.lower() == ".zip":
            yield from _files_packed_in(_source_file(path, name))
        else:
            yield _source_file(path, name) if may_be_document(name) else name


def _files_packed_in(archive: SourceFile) -> Iterator[SourceFile | str]:
    """Yield the files in an archive that lies in a folder, by their paths there; only its own path if it is none."""
    if not is_archive(archive.data, archive.path):
        yield archive.path
        return
    for file in files_in_zip(archive.data, archive.where):
        if isinstance(file, str):
            yield f"{archive.path}/{file}"
        else:
            yield replace(file, path=f"{archive.path}/{file.path}")


def _source_file(path: Path, name: str) -> SourceFile:
    try:
        return SourceFile(name, str(path), read_path(path, str(path)))
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error_line(error)}", hint="check its permissions") from error


def files_in_zip(place: Path | bytes, where: str) -> Iterator[SourceFile | str]:
    """Yield the files in an archive, by their names; only the name of one that is no document.

    One file is in memory at a time, and no name is taken for a path on this machine.

    Raises
    ------
    InputError
        The archive is broken or encrypted, or holds more than `most_bytes` in all once it is unpacked.
    """
    n_bytes, most = 0, most_bytes()
    try:
        with _opened_zip(place) as packed:
            for member in sorted(packed.infolist(), key=lambda member: member.filename):
                if member.is_dir() or is_hidden(member.filename):
                    continue
                if not may_be_document(member.filename):
                    yield member.filename
                    continue
                file = _member(packed, member, where)
                n_bytes += len(file.data)
                if n_bytes > most:
                    raise too_large(where, most)
                yield file
    except InputError:
        raise
    except _BROKEN_ZIP as error:
        raise InputError(
            f"{where} is a zip archive that cannot be unpacked: {error_line(error)}",
            hint="make it again, without a password",
        ) from error


def _member(packed: ZipFile, member: ZipInfo, where: str) -> SourceFile:
    place = f"{member.filename} in {where}"
    with packed.open(member) as stream:
        return SourceFile(member.filename, place, unpacked(read_bounded(stream, place), place))


def is_hidden(name: str) -> bool:
    """Return whether a file is hidden, or in a hidden folder, or was added by a Macintosh."""
    parts = PurePosixPath(name).parts
    return any((part.startswith(".") and not part.startswith("..")) or part == "__MACOSX" for part in parts)


def may_be_document(name: str) -> bool:
    """Return whether a file has the ending of a document, packed or not."""
    return ending_of(name) in JSON_ENDINGS | TEXT_ENDINGS
