"""Logs each session of work on a run in ``timing.json``, which holds everything that may differ between sessions."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dialin import files, saved
from dialin.jobs.estimate import Estimate
from dialin.llm.ledger import Ledger
from dialin.llm.prices import Cost, PriceList, cost_json

FIRST_STEP, START = "read", "start"
"""What a session does before it announces a step: it reads what the folder holds. Before that, a command starts."""


class Stopwatch:
    """Seconds of each step so far.

    Parameters
    ----------
    began : float, optional
        When the command began, by `time.perf_counter`: what it did until now is the step "start". Default: now.
    """

    def __init__(self, began: float | None = None) -> None:
        self.now = time.perf_counter()
        self.first = self.now if began is None else began
        self.started = datetime.now(UTC) - timedelta(seconds=self.now - self.first)
        self.seconds: dict[str, float] = {} if began is None else {START: self.now - began}
        self._step = FIRST_STEP

    def step(self, name: str) -> None:
        """Begin a step, which ends the one before; a step that is begun again goes on."""
        before, self.now = self.now, time.perf_counter()
        self.seconds[self._step] = self.seconds.get(self._step, 0.0) + self.now - before
        self._step = name

    def stop(self) -> float:
        """Count the step until now, and return all seconds until now."""
        self.step(self._step)
        return self.now - self.first


class SessionLog:
    """Log of one session of work on a run, for ``timing.json``."""

    def __init__(self, folder: Path, prices: PriceList = PriceList(), watch: Stopwatch | None = None) -> None:
        self.path = folder / files.TIMING
        self.ledger, self.prices = Ledger(), prices
        self.predicted: Estimate | None = None
        self._earlier: list[object] | None = None
        self.watch = watch or Stopwatch()
        self._asking = self.watch.now

    def begin(self) -> None:
        """Mark the start of the work that was predicted."""
        self._asking = time.perf_counter()

    def step(self, name: str) -> None:
        """Begin a step, which ends the one before; a step that is begun again goes on."""
        self.watch.step(name)

    @property
    def cost(self) -> Cost | None:
        """The money paid in this session; None if no server was asked, or its price is unknown."""
        return self.prices.cost(self.ledger.bill())

    def write(self, status: str) -> None:
        """Add this session to the file; written again, it takes the place of what was written before."""
        if self._earlier is None:
            self._earlier = saved.read_json(self.path)["sessions"] if self.path.exists() else []
        files.write_json(self.path, {"sessions": [*self._earlier, self._entry(status)]})

    def _entry(self, status: str) -> dict[str, object]:
        seconds, total = self.watch.stop(), self.ledger.total()
        return {
            "started": self.watch.started.isoformat(timespec="seconds"),
            "status": status,
            "seconds": round(seconds, 2),
            "seconds_by_step": {step: round(seconds, 2) for step, seconds in self.watch.seconds.items()},
            "peak_memory_mb": peak_memory_mb(),
            "predicted": self.predicted.as_dict() if self.predicted else None,
            "actual": {**vars(total), **cost_json(self.cost), "seconds": round(self.watch.now - self._asking, 2)},
            "by_step": {step: vars(usage) for step, usage in self.ledger.by_step().items()},
        }


def peak_memory_mb() -> float | None:
    """Return the peak memory of this process in MB; None if the system does not report it."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415  (does not exist on Windows)

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)
