"""Read and append to the log of a review: ``decisions.jsonl`` in the run folder.

The first line is ``{"format": 2, "result": ID}``, with the id of the result that the decisions are about, as it stands
in ``manifest.json``; in the log of an update, it also says how many decisions were taken over from the earlier run.
Each later line is one decision. Lines are added, never changed.
`append` returns once its line is on the disk (fsync). A last line that a crash cut short was never confirmed, so
readers ignore it and the next writer removes it. Writers in any process take turns through a lock on the file; each
reads the others' lines before it decides.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from dialin import files, saved
from dialin.errors import InputError
from dialin.review.edits import Edit, Entry, edit_of, entry_of, fields_of
from dialin.review.log_file import locked_log, open_log

DECISIONS = "decisions.jsonl"
TAKEN_OVER = "taken_over"
"""Field of the first line: how many decisions after it were about an earlier run, and came with its update."""
N_BATCH = 6
"""Bytes of the name of a batch."""
HINT = 'write {"intent_id": 3, "decision": "accept"}, or use: dialin review RUN'


def read_log(path: Path) -> list[Entry]:
    """Return the entries of a log; an empty list if the file does not exist.

    Raises
    ------
    InputError
        The file cannot be read, has another format number, or has a line that is not a decision (a last line that was
        cut short is ignored).
    """
    return DecisionLog(path).read()


def first_line_of(path: Path) -> dict[str, Any]:
    """Return the first line of a log; an empty dict if the file does not exist, or the line is something else."""
    try:
        with path.open("rb") as file:
            value = json.loads(file.readline(10_000))
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    return value if isinstance(value, dict) else {}


def n_taken_over(path: Path) -> int:
    """Return how many decisions at the beginning of a log were taken over from an earlier run."""
    n = first_line_of(path).get(TAKEN_OVER, "")
    return int(n) if isinstance(n, str) and n.isdecimal() and len(n) < 10 else 0


def check_result(path: Path, result: str) -> None:
    """Raise InputError if a log says that it is about another result than that of this run; "" is not known."""
    about = first_line_of(path).get("result", result)
    if result and about != result:
        raise InputError(
            f"{path} is about another result ({about}) than the one beside it ({result}), so its intents are others",
            hint="take it back to its run, and carry the decisions over with: dialin discover INPUT --since THAT_RUN",
        )


def write_log(path: Path, entries: Sequence[Entry], header: Mapping[str, str]) -> None:
    """Write a log whole, with more fields for its first line; raise InputError if it cannot be written."""
    lines = [_head(header).decode(), *(entry.as_line() + "\n" for entry in entries)]
    files.write_text(path, "".join(lines))


def _head(more: Mapping[str, str]) -> bytes:
    return json.dumps({"format": files.FORMAT, **more}).encode() + b"\n"


def _result_beside(path: Path) -> dict[str, str]:
    """Return the field for the first line of a new log: the id of the result in its folder, if it has one."""
    manifest = path.with_name(files.MANIFEST)
    held = saved.read_json(manifest) if manifest.is_file() else {}
    result = held.get("result") if isinstance(held, dict) else ""
    return {"result": str(result)} if result else {}


def entries_in(data: bytes, path: Path) -> list[Entry]:
    """Return the entries in the bytes of a log; error messages name `path`."""
    lines = data[: whole(data)]
    first, _, rest = lines.partition(b"\n")
    if lines:
        saved.check_format(_format(first), str(path))
    return _entries_from(2, rest, path)


def _entries_from(line: int, data: bytes, path: Path) -> list[Entry]:
    """Return the entries in the bytes of a log from the beginning of a line on, by its number."""
    return [_entry(text, n, path) for n, text in enumerate(data[: whole(data)].split(b"\n"), line) if text.strip()]


def _format(line: bytes) -> object:
    """Return the format number in the first line of a log; None if the line has none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value.get("format") if isinstance(value, dict) else None


def _entry(text: bytes, line: int, path: Path) -> Entry:
    try:
        return entry_of(text.decode(), line)
    except ValueError as error:
        shown = text[:80].decode(errors="replace")
        raise InputError(f"{path} line {line} is not a decision: {error}, got {shown}", hint=HINT) from error


def whole(data: bytes) -> int:
    r"""Return the length of a log in bytes, without a last line that was cut short.

    The beginning of a JSON object is never valid JSON, so a last line that parses is complete even without a newline.

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
    """Add one edit to a log, and hold the lock from reading the log to writing the line.

    Parameters
    ----------
    path : Path
        The log; created if it does not exist.
    by : str
        Name of the person who decides.
    decide : callable
        Receives the entries so far and returns the edit, or raises to write nothing.
    at : str, optional
        Time, ISO 8601; now by default.

    Returns
    -------
    list of Entry
        All entries, the new one last.

    Raises
    ------
    InputError
        The file cannot be read or written.
    """
    return DecisionLog(path).append(by, decide, at)


class DecisionLog:
    """Reads and appends to a log again and again; lines that it has parsed are compared, as bytes, and not parsed anew.

    Parameters
    ----------
    path : Path
        The log, as in `read_log` and `append`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[bytes, list[Entry]] = b"", []

    def read(self) -> list[Entry]:
        """Return the entries as `read_log` does."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise InputError(f"cannot read {self._path}: {error.strerror or error}") from error
        return self._entries(data)

    def append(self, by: str, decide: Callable[[list[Entry]], Edit], at: str = "") -> list[Entry]:
        """Add one edit as `append` does."""
        return self.append_all(by, lambda entries: [decide(entries)], at)

    def append_all(self, by: str, decide: Callable[[list[Entry]], Sequence[Edit]], at: str = "") -> list[Entry]:
        """Add some edits as `append` does, all of them or none; several have one batch, which is undone together."""
        try:
            with open_log(self._path) as file, locked_log(file):
                return self._append(file, by, decide, at or now())
        except OSError as error:
            raise files.cannot_write(self._path, error) from error

    def _append(self, file: BinaryIO, by: str, decide: Callable[[list[Entry]], Sequence[Edit]], at: str) -> list[Entry]:
        file.seek(0)
        data = file.read()
        kept = whole(data)
        entries = self._entries(data)
        edits = list(map(as_read_back, decide(entries)))
        batch = secrets.token_hex(N_BATCH) if len(edits) > 1 else ""
        if kept < len(data):
            file.truncate(kept)  # a line that was cut short would corrupt the next one
        before = _before(data[:kept], self._path)
        first = (data[:kept] + before).count(b"\n") + 1
        added = [Entry(line, edit, by, at, batch) for line, edit in enumerate(edits, first)]
        file.write(before + "".join(entry.as_line() + "\n" for entry in added).encode())
        file.flush()
        os.fsync(file.fileno())
        return [*entries, *added]

    def _entries(self, data: bytes) -> list[Entry]:
        known, entries = self._known  # other threads may set both meanwhile
        if known and data.startswith(known):
            entries = [*entries, *_entries_from(known.count(b"\n") + 1, data[len(known) :], self._path)]
        else:
            entries = entries_in(data, self._path)
        if data.endswith(b"\n"):
            self._known = data, entries
        return list(entries)


def as_read_back(edit: Edit) -> Edit:
    """Return an edit; raise InputError if its line could not be read back, which would make the whole log unreadable.

    Examples
    --------
    >>> from dialin.review.edits import Vote
    >>> as_read_back(Vote(0, good=True, group=3))
    Traceback (most recent call last):
    ...
    dialin.errors.InputError: this is not a decision: `group` must be 1 or 2
    """
    try:
        return edit_of(fields_of(edit))
    except ValueError as error:
        raise InputError(f"this is not a decision: {error}") from error


def _before(data: bytes, path: Path) -> bytes:
    """Return the bytes to write before a new line: the header, a missing newline, or nothing."""
    if not data:
        return _head(_result_beside(path))
    return b"" if data.endswith(b"\n") else b"\n"


def now() -> str:
    """Return the current time in the format of the log: ISO 8601, UTC, in whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")
