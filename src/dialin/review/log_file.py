"""Open the file of a log for one writer at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def open_log(path: Path) -> BinaryIO:
    """Return the log open for reading and appending; create it if it does not exist."""
    is_new = not path.exists()
    file = path.open("a+b")
    if is_new:
        _keep_entry(path.parent)
    return file


def _keep_entry(folder: Path) -> None:
    """Flush the folder entry of a new file to disk; Windows has no such call."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def locked_log(file: BinaryIO) -> Iterator[None]:
    """Hold an exclusive lock on the file; the system releases it when the process ends."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415  (this system only)

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        try:
            yield
        finally:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        import fcntl  # noqa: PLC0415  (this system only)

        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
