"""Room on a disk: what is said where there is none, and a reserve of it for what was paid for."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self

from dialin.bounded import shown_size
from dialin.errors import DiskFullError, InputError

RESERVE_BYTES = 8 << 20
"""More than a store grows by the answers to all calls under way at a time."""
MAKE_ROOM = "make room on that disk"
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}  # Windows has no quota of its own
_SQLITE_FULL = 13
_SQLITE_FAILED = {10, 14}
"""SQLite's "disk I/O error" and "unable to open", which it also says where there is no room for its log."""
_NEXT_TO_NOTHING = 1 << 16


def is_full(error: BaseException, path: Path) -> bool:
    """Return whether an error of the system or of SQLite at a file says that the disk, or a quota on it, is full."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    free = free_bytes(path)
    return code == _SQLITE_FULL or (code in _SQLITE_FAILED and free is not None and free < _NEXT_TO_NOTHING)


def disk_full(path: Path, error: BaseException) -> DiskFullError:
    """Return the error for a file whose disk is full, with what is free."""
    said = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
    free = free_bytes(path)
    left = "" if free is None else f"; {shown_size(free)} are free there"
    return DiskFullError(f"cannot write {path}: {said}{left}", hint=MAKE_ROOM)


def check_room(path: Path, n_bytes: int) -> None:
    """Raise DiskFullError if the disk of a file has less room than the file takes."""
    free = free_bytes(path)
    if free is not None and free < n_bytes:
        raise DiskFullError(
            f"cannot write {path}: it takes {shown_size(n_bytes)}, and {shown_size(free)} are free there",
            hint=MAKE_ROOM,
        )


def free_bytes(path: Path) -> int | None:
    """Return how many bytes are free on the disk of a file, which need not exist; None if the system does not say."""
    try:
        disk = shutil.disk_usage(path.absolute().parent)
    except OSError:
        return None
    return disk.free if disk.total else None


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder for files that the block alone needs; raise InputError if there is no place where it can be."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="dialin-")
    except OSError as error:
        raise InputError(
            f"cannot make a folder for temporary files: {error.strerror}",
            hint="make room, or name a folder on another disk with TMPDIR",
        ) from error
    with folder as name:
        yield Path(name)


class Reserve:
    """Room beside a store, given up when the disk is full, so that what was paid for is stored all the same.

    It is a file without a name, which is gone with the process, however that ends.

    Parameters
    ----------
    path : Path
        The store.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def take(self) -> None:
        """Take the room, unless it is taken; called before anything is paid for.

        Raises
        ------
        DiskFullError
            There is not as much.
        """
        if self._file:
            return
        check_room(self._path, RESERVE_BYTES)
        try:
            self._file = tempfile.TemporaryFile(dir=self._path.absolute().parent)  # noqa: SIM115  (until `give_up`)
            self._file.write(os.urandom(RESERVE_BYTES))  # a file system may pack zeros to nothing
            self._file.flush()
        except OSError as error:
            self.give_up()
            if is_full(error, self._path):  # any other fault is the store's to tell
                raise disk_full(self._path, error) from error

    def give_up(self) -> None:
        """Give the room back to the disk."""
        file, self._file = self._file, None
        if file:
            with suppress(OSError):  # what is not written yet does not fit, and is not wanted
                file.close()

    def stored(self, store: Callable[[], None]) -> None:
        """Store something; if the disk is full, give the room up, store it there, and raise the DiskFullError."""
        try:
            store()
        except DiskFullError:
            self.give_up()
            store()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.give_up()
