"""Holds an input that is one file, on the disk or in memory; what can be read only once is kept until it has been read.

Standard input and what stands at a URL go to a file in the folder for temporary files. Where no copy may be on a disk,
as nothing has been redacted yet, they stay in memory as they came.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dialin.bounded import Readable, read_bounded
from dialin.errors import InputError
from dialin.files import cannot_write
from dialin.read.remote import file_name, is_remote, is_remote_folder, opened_remote, without_secrets
from dialin.read.source import error_line
from dialin.room import temporary_folder

PARQUET = b"PAR1"
"""How a file of Parquet begins."""
STDIN = "stdin"
"""What names the dialogues of standard input, if nothing else does."""
_CHUNK = 1 << 20


@dataclass(frozen=True)
class InputFile:
    """A file that is read.

    Parameters
    ----------
    place : Path or bytes
        Where it is, or what it holds.
    where : str
        What it is called in messages.
    name : str
        Its name, whose ending tells its format.
    """

    place: Path | bytes
    where: str
    name: str

    @property
    def n_bytes(self) -> int:
        """Its size, as it is stored; 0 if it is not a file that can be looked at."""
        if isinstance(self.place, bytes):
            return len(self.place)
        try:
            return self.place.stat().st_size if self.place.is_file() else 0
        except (OSError, ValueError):  # ValueError: a path with a NUL
            return 0


@contextmanager
def at_hand(source: object, *, may_copy: bool) -> Iterator[object]:
    """Give standard input, or the file at a URL, as an `InputFile`, which is there until the end of the block.

    Any other source is given as it is.

    Parameters
    ----------
    source : object
        As for `dialin.read.table.read`.
    may_copy : bool
        Whether the folder for temporary files may hold what the source holds.

    Raises
    ------
    InputError
        The source cannot be read, the folder cannot be written, or there is more than `dialin.bounded.most_bytes` that
        has to stay in memory.
    """
    path = str(source) if isinstance(source, str | Path) else ""
    if path != "-" and (not is_remote(path) or is_remote_folder(path)):
        yield source
        return
    with temporary_folder() if may_copy else nullcontext() as folder:
        yield _kept(path, folder / "input" if folder else None)


def _kept(path: str, copy: Path | None) -> InputFile:
    where = shown_path(path)
    with opened_input(path) as stream:
        place = _copied(stream, copy) if copy else read_bounded(stream, where)
    return InputFile(place, where, STDIN if path == "-" else file_name(path))


def shown_path(path: str) -> str:
    """Return what a path, a URL or "-" is called in messages."""
    return "standard input" if path == "-" else without_secrets(path)


@contextmanager
def opened_input(path: str) -> Iterator[Readable]:
    """Open standard input, "-", or the file at a URL.

    Raises
    ------
    InputError
        There is none, or reading it fails.
    """
    if path != "-":
        with opened_remote(path) as stream:
            yield stream
        return
    try:
        yield sys.stdin.buffer
    except InputError:
        raise
    except (OSError, ValueError, AttributeError) as error:  # closed, or there is none
        raise InputError(
            f"cannot read standard input: {error_line(error)}", hint="give a file, or let a program write to it"
        ) from error


def _copied(stream: Readable, path: Path) -> Path:
    with path.open("wb") as file:
        while chunk := stream.read(_CHUNK):
            _write(file, chunk)
    return path


def _write(file: IO[bytes], chunk: bytes) -> None:
    try:
        file.write(chunk)
        file.flush()
    except OSError as error:
        raise cannot_write(Path(file.name), error) from error
