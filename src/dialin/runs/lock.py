"""One process at a time works on a run: the second is told who has it."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from dialin.errors import InputError

LOCK = "run.lock"
"""File of a run folder while a process works on it; a process that was killed leaves it behind, but not its lock."""


@contextmanager
def held(folder: Path, command: str, *, alone: bool = True) -> Iterator[None]:
    """Hold a run while the block works on it.

    Parameters
    ----------
    folder : Path
        The run folder. One that does not exist, or where no file can be locked, is not held.
    command : str
        What works on it, such as "dialin resume", to tell others.
    alone : bool
        Whether nobody else may have it. Several processes may serve a run at a time, but not while another works on
        it. On Windows, whoever has it has it alone.

    Raises
    ------
    InputError
        Another process has the run.
    """
    file = _opened(folder / LOCK)
    if file is None:
        yield
        return
    with file:
        if not _take(file, alone):
            raise InputError(f"{folder} is in use by {_owner(file)}", hint="wait until it has ended, or stop it")
        _write_owner(file, command)
        try:
            yield
        finally:
            if alone:
                with suppress(OSError):  # Windows deletes no open file; then it stays, unlocked
                    (folder / LOCK).unlink()


def _opened(path: Path) -> IO[bytes] | None:
    try:
        return os.fdopen(
            os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600), "r+b", buffering=0
        )
    except OSError:
        return None


def _take(file: IO[bytes], alone: bool) -> bool:
    """Lock the file, and return whether that was possible; a file system without locks lets everybody in."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415  (this system only)

            file.seek(1 << 20)  # behind the text, which others have to read
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415  (this system only)

            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return _is_there(file)


def _is_there(file: IO[bytes]) -> bool:
    """Return whether the file still lies in the folder: whoever had it may have deleted it between our two steps."""
    return sys.platform == "win32" or os.fstat(file.fileno()).st_nlink > 0


def _write_owner(file: IO[bytes], command: str) -> None:
    with suppress(OSError):  # a full disk: the lock holds, only the text is missing
        file.seek(0)
        file.truncate()
        file.write(json.dumps({"command": command, "pid": os.getpid(), "host": socket.gethostname()}).encode())
        file.flush()


def _owner(file: IO[bytes]) -> str:
    try:
        file.seek(0)
        owner = json.loads(file.read(1000))
        return f"{owner['command']} (process {int(owner['pid'])} on {owner['host']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
