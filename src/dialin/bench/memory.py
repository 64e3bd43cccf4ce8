"""Measure the peak memory of the process during a stretch of work, where the system reports it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from dialin.jobs.timing import peak_memory_mb

PROCESS = Path("/proc/self")
"""Where Linux keeps what it knows of this process."""
_RESET_PEAK = "5"


class HighWater:
    """The peak memory of the process since the object was made.

    A system keeps one high-water mark, which only rises. Linux lets a process reset it; elsewhere the peak of a stretch
    is known only if the stretch raised the mark.

    Parameters
    ----------
    process : Path
        Folder in which Linux describes the process.
    mark : callable
        Returns the mark of the system in MB, or None if there is none; used if the mark cannot be reset.
    """

    def __init__(self, process: Path = PROCESS, mark: Callable[[], float | None] = peak_memory_mb) -> None:
        self._process, self._mark = process, mark
        self._is_reset = _reset(process)
        self._before = mark()

    def mb(self) -> float | None:
        """Return the peak since the object was made, in MB (10⁶ bytes); None if the system does not report it."""
        return _high_water_mb(self._process) if self._is_reset else raised(self._before, self._mark())


def raised(before: float | None, now: float | None) -> float | None:
    """Return the mark if it has risen; None if not, because an earlier stretch set it then.

    Examples
    --------
    >>> raised(200.0, 310.5), raised(310.5, 310.5), raised(None, None)
    (310.5, None, None)
    """
    return now if before is not None and now is not None and now > before else None


def _reset(process: Path) -> bool:
    """Reset the mark to the memory that the process holds now; return False if the system does not allow it."""
    try:
        (process / "clear_refs").write_text(_RESET_PEAK)
    except OSError:
        return False
    return _high_water_mb(process) is not None


def _high_water_mb(process: Path) -> float | None:
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB", (process / "status").read_text("utf-8"), re.M)
    except OSError:
        return None
    return round(int(found[1]) * 1024 / 1e6, 1) if found else None
