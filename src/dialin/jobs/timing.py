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


class SessionLog:
    """Log of one session of work on a run, for ``timing.json``."""

    def __init__(self, folder: Path, prices: PriceList = PriceList()) -> None:
        self.path = folder / files.TIMING
        self.ledger, self.prices = Ledger(), prices
        self.predicted: Estimate | None = None
        self._started = datetime.now(UTC)
        self._first = self._asking = time.perf_counter()

    def begin(self) -> None:
        """Mark the start of the work that was predicted."""
        self._asking = time.perf_counter()

    @property
    def cost(self) -> Cost | None:
        """The money paid in this session; None if no server was asked, or its price is unknown."""
        return self.prices.cost(self.ledger.bill())

    def write(self, status: str) -> None:
        """Add this session to the file."""
        earlier = saved.read_json(self.path)["sessions"] if self.path.exists() else []
        files.write_json(self.path, {"sessions": [*earlier, self._entry(status)]})

    def _entry(self, status: str) -> dict[str, object]:
        now, total = time.perf_counter(), self.ledger.total()
        return {
            "started": self._started.isoformat(timespec="seconds"),
            "status": status,
            "seconds": round(now - self._first, 2),
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
