"""Holds the decision function that is served, and takes up a new one beside it without a break."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from dialin.discover.connections import Connections
from dialin.errors import InputError
from dialin.facts.headline import Summary, summary_of
from dialin.files import MANIFEST, without_nan
from dialin.jobs.predict import Answers
from dialin.redact.engine import Finder, finder_of
from dialin.redact.table import redacted_table
from dialin.review.log import DECISIONS
from dialin.runs.run import Run, load

Connect = Callable[[Run], Connections]
"""Opens the embedder of a run."""
Signature = tuple[tuple[int, int, int] | None, ...]
"""Inode, time and size of the files that tell whether a run has changed; None for a file that is missing."""
N_TRIES = 5
"""Times that a run is loaded which changes meanwhile."""
_OF_INTENT = (
    *("intent_id", "name", "description", "role", "kind", "size", "n_occurrences", "share", "p_good", "examples"),
)


@dataclass(frozen=True, eq=False)
class ServedRun:
    """A run that is served, as its last review left it.

    Parameters
    ----------
    answers : Answers
        Its decision function.
    summary : Summary
        Its headline figures and intents.
    version : str
        12 hexadecimal digits that tell which result, with which decisions of people, is served.
    loaded_at : str
        When it was loaded, in UTC, as ISO 8601.
    finder : Finder, optional
        What finds what must not be seen, if the sentences of the run were redacted: then new ones are, too.
    """

    answers: Answers
    summary: Summary
    version: str
    loaded_at: str
    finder: Finder | None = None

    def read(self, table: pa.Table) -> pa.Table:
        """Return utterances as the run reads them: with placeholders, if its own sentences have them."""
        return redacted_table(table, self.finder) if self.finder else table

    @property
    def name(self) -> str:
        """The name of the run's folder."""
        return self.answers.run.folder.resolve().name

    @cached_property
    def names(self) -> dict[int, str]:
        """The name of each intent; "" for none (−1)."""
        return {-1: ""} | {row["intent_id"]: row["name"] for row in self.summary.intents}

    @cached_property
    def intents(self) -> dict[int, dict[str, Any]]:
        """What is said of each intent, in the order of the run."""
        rows: list[dict[str, Any]] = without_nan(
            [{key: row[key] for key in _OF_INTENT} for row in self.summary.intents]
        )
        return {row["intent_id"]: row for row in rows}


def load_served(folder: Path, connect: Connect, earlier: ServedRun | None = None) -> ServedRun:
    """Load a run to serve it.

    Parameters
    ----------
    folder : Path
        The run.
    connect : callable
        Opens its embedder, if `earlier` has another one.
    earlier : ServedRun, optional
        The run that is served so far.

    Raises
    ------
    InputError, ModelError
        The run has no result yet, a file of it is damaged, its embedder cannot be opened, or the run changes faster
        than it can be loaded.
    """
    for _ in range(N_TRIES):
        version = served_version(folder)
        loaded = _loaded(folder, connect, earlier, version)
        if served_version(folder) == version:
            return loaded
    raise InputError(f"{folder} changes faster than it can be loaded", hint="wait until nothing writes it")


def _loaded(folder: Path, connect: Connect, earlier: ServedRun | None, version: str) -> ServedRun:
    run = load(folder)
    is_same = earlier is not None and earlier.answers.run.manifest.embedder == run.manifest.embedder
    opened = earlier.answers.opened if earlier and is_same else connect(run)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    finder = finder_of(run.manifest.source.redact)
    return ServedRun(Answers.of(run, opened).in_memory(), summary_of(run), version, now, finder)


def served_version(folder: Path) -> str:
    """Return the version that a run has now: 12 hexadecimal digits for its manifest and the decisions of people."""
    digest = hashlib.sha256()
    for path in (folder / MANIFEST, folder / DECISIONS):
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:12]


def signature_of(folder: Path) -> Signature:
    """Return what changes whenever the manifest or the decisions of a run are written."""
    return tuple(_signature(folder / name) for name in (MANIFEST, DECISIONS))


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  (follows a link that leads to another run from now on)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


class Shelf:
    """The run that is served now: a new one takes its place as a whole, or not at all.

    Parameters
    ----------
    folder : Path
        The run.
    connect : callable
        As for `load_served`.
    on_note : callable
        Told in one line what was taken up, or why not.

    Raises
    ------
    InputError, ModelError
        As for `load_served`.
    """

    def __init__(self, folder: Path, connect: Connect, on_note: Callable[[str], None]) -> None:
        self.folder, self._connect, self._on_note = folder, connect, on_note
        self._seen, self._is_asked = signature_of(folder), False
        self.current = load_served(folder, connect)
        self.failure = ""

    def ask(self) -> None:
        """Have the run loaded again at the next look, changed or not; may be called from a signal handler."""
        self._is_asked = True

    @property
    def is_due(self) -> bool:
        """Whether somebody asked, or the run has changed since it was loaded or last tried."""
        return self._is_asked or signature_of(self.folder) != self._seen

    def renew(self) -> bool:
        """Load the run beside the one that is served and let it take its place; return whether that worked.

        A run that cannot be loaded changes nothing, and is not tried again until it changes.
        """
        self._is_asked, self._seen = False, signature_of(self.folder)
        try:
            loaded = load_served(self.folder, self._connect, self.current)
        except Exception as error:  # whatever is wrong with the new one, the old one serves on
            self.failure = " ".join(str(error).split())
            self._on_note(f"keeps version {self.current.version}, since the new one cannot be used: {self.failure}")
            return False
        self.current, self.failure = loaded, ""
        self._on_note(f"now serving version {loaded.version}")
        return True
