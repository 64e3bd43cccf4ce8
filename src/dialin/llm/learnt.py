"""What each model accepts, as learnt from its refusals, for all calls of this process and for later runs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from threading import Lock
from typing import Any

from dialin import files, saved
from dialin.errors import InputError
from dialin.llm.accepts import Accepts, Change
from dialin.models.home import home_path

ACCEPTS = "accepts.json"
"""Name of the file in the user's folder."""


class Learnt:
    """What one model accepts; safe to use from several threads.

    Parameters
    ----------
    model : str
        Label of the model.
    start : Accepts
        What is known before anything is learnt.
    path : Path, optional
        File that remembers it; None remembers nothing.
    """

    def __init__(self, model: str, start: Accepts = Accepts(), path: Path | None = None) -> None:
        self._model, self._start, self._path, self._lock = model, start, path, Lock()
        self._now = start.narrowed(sound_change(_read(path).get(model)) if path else {})

    @property
    def now(self) -> Accepts:
        """What the model accepts, as far as is known."""
        return self._now

    def learn(self, change: Change) -> None:
        """Note what the model does not accept, for the calls of other threads and for later runs."""
        with self._lock:
            before, self._now = self._now, self._now.narrowed(change)
            if self._path and self._now != before:
                _write(self._path, self._model, _differing(self._now, self._start))

    def forget(self) -> None:
        """Forget what was learnt, so that the next request asks for everything again."""
        with self._lock:
            self._now = self._start
            if self._path:
                _write(self._path, self._model, {})


def accepts_path() -> Path:
    """Return the file in the user's folder; it and the folder may not exist yet."""
    return home_path() / ACCEPTS


def _read(path: Path) -> dict[str, Any]:
    """Return what is known of all models; nothing if the file is damaged, as all of it can be learnt again."""
    try:
        held = saved.read_json(path)
    except InputError:
        return {}
    return held if isinstance(held, dict) else {}


def _write(path: Path, model: str, known: dict[str, Any]) -> None:
    """Write what is known of a model; another process may do so as well, and what it wrote stays."""
    held = _read(path)
    if held.get(model, {}) == known:
        return
    held.pop(model, None)
    with suppress(OSError, InputError):  # a full disk, a folder that cannot be written: it is learnt again next time
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_json(path, held | ({model: known} if known else {}))


def _differing(now: Accepts, start: Accepts) -> dict[str, Any]:
    before = asdict(start)
    return {name: value for name, value in asdict(now).items() if value != before[name]}


def sound_change(known: Any) -> Change:
    """Return the fields of a file that have the type they should have; somebody may have changed it."""
    kinds = {field.name: type(field.default) for field in fields(Accepts)}
    if not isinstance(known, dict):
        return {}
    return {name: value for name, value in known.items() if kinds.get(name) is type(value)}
