"""Logs each session of work on a run in ``timing.json``, which holds everything that may differ between sessions."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from dialin import files, saved
from dialin.jobs.estimate import Estimate
from dialin.llm.ledger import Ledger
from dialin.llm.prices import Cost, PriceList, cost_json

FIRST_STEP = "read"
"""What a session does before it announces a step: it reads what the folder holds."""


class SessionLog:
    """Log of one session of work on a run, for ``timing.json``."""

    def __init__(self, folder: Path, prices: PriceList = PriceList()) -> None:
        self.path = folder / files.TIMING
        self.ledger, self.prices = Ledger(), prices
        self.predicted: Estimate | None = None
        self._earlier: list[object] | None = None
        self._started = datetime.now(UTC)
        self._first = self._asking = self._step_began = time.perf_counter()
        self._step, self._seconds = FIRST_STEP, dict[str, float]()

    def begin(self) -> None:
        """Mark the start of the work that was predicted."""
        self._asking = time.perf_counter()

    def step(self, name: str) -> None:
        """Begin a step, which ends the one before; a step that is begun again goes on."""
        now = time.perf_counter()
        self._seconds[self._step] = self._seconds.get(self._step, 0.0) + now - self._step_began
        self._step, self._step_began = name, now

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
        self.step(self._step)
        now, total = self._step_began, self.ledger.total()
        return {
            "started": self._started.isoformat(timespec="seconds"),
            "status": status,
            "seconds": round(now - self._first, 2),
            "seconds_by_step": {step: round(seconds, 2) for step, seconds in self._seconds.items()},
            "peak_memory_mb": peak_memory_mb(),
            "predicted": self.predicted.as_dict() if self.predicted else None,
            "actual": {**vars(total), **cost_json(self.cost), "seconds": round(now - self._asking, 2)},
            "by_step": {step: vars(usage) for step, usage in self.ledger.by_step().items()},
        }


def peak_memory_mb() -> float | None:
    """Return the peak memory of this process in MB; None if the system does not report it."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415  (does not exist on Windows)

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)
