"""Reads from ``timing.json`` how long each step of a run took, and how often it asked, over all its sessions."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from dialin import files, saved

MAX_NAME = 40
"""Characters of the name of a step: the file may be from somebody else."""


def seconds_by_step(folder: Path) -> dict[str, float]:
    """Return the seconds of each step of a run, in the order of the steps; empty if nobody wrote them down.

    Raises
    ------
    InputError
        The file cannot be read, or is no JSON.
    """
    path = folder / files.TIMING
    total = dict[str, float]()
    for session in _listed(saved.read_json(path) if path.is_file() else None):
        for step, seconds in _steps(session):
            total[step] = total.get(step, 0.0) + seconds
    return total


def calls_made(folder: Path) -> int | None:
    """Return the calls that the sessions of a run made, without replies that were stored; None if nobody wrote them.

    Raises
    ------
    InputError
        The file cannot be read, or is no JSON.
    """
    path = folder / files.TIMING
    sessions = _listed(saved.read_json(path) if path.is_file() else None)
    found = [one.get("actual") for one in sessions if isinstance(one, dict)]
    calls = [one.get("calls") for one in found if isinstance(one, dict)]
    made = [n for n in calls if isinstance(n, int) and n >= 0]
    return sum(made) if sessions and len(made) == len(sessions) else None


def _listed(values: Any) -> list[Any]:
    sessions = values.get("sessions") if isinstance(values, dict) else None
    return sessions if isinstance(sessions, list) else []


def _steps(session: Any) -> list[tuple[str, float]]:
    """Return the steps of a session with their seconds; older versions of dialin wrote none."""
    found = session.get("seconds_by_step") if isinstance(session, dict) else None
    steps = found.items() if isinstance(found, dict) else ()
    return [(step[:MAX_NAME], float(seconds)) for step, seconds in steps if _is_duration(seconds)]


def _is_duration(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and value >= 0
