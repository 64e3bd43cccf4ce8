"""The most memory that the process held during a stretch of work, where the system can say it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from dialin.jobs.timing import peak_memory_mb

PROCESS = Path("/proc/self")
"""Where Linux keeps what it knows of this process."""
_RESET_PEAK = "5"


class HighWater:
    """The peak of the process's memory from here on.

    A system keeps one mark, which only rises. Linux lets a process set it back; elsewhere the peak of a stretch is
    known only where it raised the mark.

    Parameters
    ----------
    process : Path
        Folder in which Linux keeps what it knows of the process.
    mark : callable
        Returns the mark of the system in MB, None if there is none; asked where it cannot be set back.
    """

    def __init__(self, process: Path = PROCESS, mark: Callable[[], float | None] = peak_memory_mb) -> None:
        self._process, self._mark = process, mark
        self._is_reset = _reset(process)
        self._before = mark()

    def mb(self) -> float | None:
        """Return the peak since the beginning, in MB (10⁶ bytes); None if the system does not say."""
        return _high_water_mb(self._process) if self._is_reset else raised(self._before, self._mark())


def raised(before: float | None, now: float | None) -> float | None:
    """Return the mark where it has risen; None if it has not, as then an earlier stretch set it.

    Examples
    --------
    >>> raised(200.0, 310.5), raised(310.5, 310.5), raised(None, None)
    (310.5, None, None)
    """
    return now if before is not None and now is not None and now > before else None


def _reset(process: Path) -> bool:
    """Set the mark of this process back to what it holds now; False where it cannot be."""
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
