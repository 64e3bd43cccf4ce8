"""Writes and reads ``listed.json``: the list of known intents that a run was given."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from dialin import files, saved
from dialin.errors import InputError
from dialin.read.intent_list import ListedIntent, checked_names
from dialin.runs.typed import check_types


def write_listed(path: Path, listed: tuple[ListedIntent, ...]) -> None:
    """Write the listed intents of a run, in the order of their list."""
    files.write_json(path, [asdict(intent) for intent in listed])


def read_listed(path: Path) -> tuple[ListedIntent, ...]:
    """Return the listed intents of a run; none if the file does not exist.

    Raises
    ------
    InputError
        The file cannot be read, or is damaged.
    """
    if not path.exists():
        return ()
    try:
        listed = tuple(ListedIntent(**one | {"examples": tuple(one["examples"])}) for one in saved.read_json(path))
        for intent in listed:
            check_types(intent)
    except (TypeError, KeyError) as error:
        raise InputError(f"{path} is damaged: {error}", hint="start the run again") from error
    return checked_names(listed, str(path))
