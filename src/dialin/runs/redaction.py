"""Writes and reads ``redaction.json``: what was replaced in the sentences of a run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from dialin import files, saved
from dialin.redact.source import Redaction
from dialin.runs.typed import check_types


def write_redaction(path: Path, redaction: Redaction) -> None:
    """Write what was replaced in the sentences of a run."""
    files.write_json(path, asdict(redaction))


def read_redaction(path: Path) -> Redaction | None:
    """Return what was replaced in the sentences of a run; None if nothing was looked for.

    Raises
    ------
    InputError
        The file is damaged.
    """
    if not path.is_file():
        return None
    try:
        redaction = Redaction(**saved.read_json(path))
        check_types(redaction)
    except TypeError as error:
        raise saved.damaged(path, str(error)) from error
    return redaction
