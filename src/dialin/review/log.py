"""The log of a review: ``decisions.jsonl`` in the run folder, to which lines are only ever added.

Its first line is ``{"format": 2}``; each line after it is one decision.
A line that was promised is on the disk (fsync); a line cut by a crash was not promised, and is dropped. Writers, in
this process or another one, take turns by a lock on the file, and each reads what the others wrote before it decides.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from dialin import files
from dialin.errors import InputError
from dialin.review.edits import Edit, Entry, entry_of

DECISIONS = "decisions.jsonl"
HEAD = b'{"format": %d}\n' % files.FORMAT
HINT = 'write {"intent_id": 3, "decision": "accept"}, or use: dialin review RUN'


def read_log(path: Path) -> list[Entry]:
    """Return the entries of a log; none where there is no file.

    Raises
    ------
    InputError
        The file cannot be read, is of another format, or a line other than a cut last one is not a decision.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    return entries_in(data, path)


def entries_in(data: bytes, path: Path) -> list[Entry]:
    """Return the entries of a log's bytes; `path` is what errors name."""
    first, *lines = data[: whole(data)].split(b"\n")
    if first or lines:
        files.check_format(_format(first), str(path))
    return [_entry(text, n, path) for n, text in enumerate(lines, 2) if text.strip()]


def _format(line: bytes) -> object:
    """Return the number of the format that the first line of a log says; None if it says none."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value.get("format") if isinstance(value, dict) else None


def _entry(text: bytes, line: int, path: Path) -> Entry:
    try:
        return entry_of(text.decode(), line)
    except ValueError as error:
        shown = text[:80].decode(errors="replace")
        raise InputError(f"{path} line {line} is not a decision: {error}, got {shown}", hint=HINT) from error


def whole(data: bytes) -> int:
    r"""Return how many bytes of a log count: all but a last line that was cut.

    The beginning of a JSON object is never JSON, so a last line without its end that can be read is whole.

    Examples
    --------
    >>> whole(b'{"format": 2}\n{"decision": "noise", "sentences": [1]}\n{"deci')
    54
    """
    end = data.rfind(b"\n") + 1
    try:
        entry_of(data[end:].decode(), 0)
    except ValueError:
        return end
    return len(data)


def append(path: Path, by: str, decide: Callable[[list[Entry]], Edit], at: str = "") -> list[Entry]:
    """Add one edit to a log, decided on what the log holds while nobody else can write.

    Parameters
    ----------
    path : Path
        The log; it is made if there is none.
    by : str
        Who decides.
    decide : callable
        Given the entries so far, returns the edit, or raises to write nothing.
    at : str, optional
        When, ISO 8601; by default now.

    Returns
    -------
    list of Entry
        All entries, the new one last.

    Raises
    ------
    InputError
        The file cannot be read or written.
    """
    try:
        with _open(path) as file, _locked(file):
            return _append(file, path, by, decide, at or now())
    except OSError as error:
        raise files.cannot_write(path, error) from error


def _append(file: BinaryIO, path: Path, by: str, decide: Callable[[list[Entry]], Edit], at: str) -> list[Entry]:
    file.seek(0)
    data = file.read()
    kept = whole(data)
    entries = entries_in(data, path)
    edit = decide(entries)
    if kept < len(data):
        file.truncate(kept)  # a cut line: left there, it would spoil the next one
    before = _before(data[:kept])
    entry = Entry((data[:kept] + before).count(b"\n") + 1, edit, by, at)
    file.write(before + entry.as_line().encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())
    return [*entries, entry]


def _before(data: bytes) -> bytes:
    """Return what has to stand between the log so far and a new line."""
    if not data:
        return HEAD
    return b"" if data.endswith(b"\n") else b"\n"


def now() -> str:
    """Return the time as the log writes it: UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _open(path: Path) -> BinaryIO:
    """Open for reading and for writing at the end, whatever others have written meanwhile."""
    is_new = not path.exists()
    file = path.open("a+b")
    if is_new:
        _keep_entry(path.parent)
    return file


def _keep_entry(folder: Path) -> None:
    """Put the name of a new file on the disk, where the system can."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _locked(file: BinaryIO) -> Iterator[None]:
    """Hold the file alone; a process that ends gives it back."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415  (only there)

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        try:
            yield
        finally:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        import fcntl  # noqa: PLC0415  (only there)

        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
