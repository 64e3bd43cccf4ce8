"""Reads from ``timing.json`` how long each step of a run took, over all its sessions."""

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
