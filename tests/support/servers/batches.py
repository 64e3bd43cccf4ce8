"""What the batch interfaces share: a clock on which hours pass in seconds, and a batch.

What a line asks is answered by a chat server of this package, with its refusals.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

Body = dict[str, Any]
HOUR = 3600.0
DAY = 24 * HOUR


@dataclass
class FastClock:
    """A clock whose seconds are `speed` seconds of the server; `skip` lets hours pass at once."""

    speed: float = HOUR
    now: Callable[[], float] = time.monotonic
    skipped: float = 0.0

    def __post_init__(self) -> None:
        self._begun = self.now()

    def __call__(self) -> float:
        """Return the seconds since the clock was made, as the server counts them."""
        return (self.now() - self._begun) * self.speed + self.skipped

    def skip(self, hours: float) -> None:
        """Let hours pass."""
        self.skipped += hours * HOUR


@dataclass
class Job:
    """A batch: its lines, when it was made and cancelled, and what its lines were answered once it has ended."""

    lines: list[Body]
    made: float
    fields: Body
    cancelled: float | None = None
    results: dict[str, httpx.Response] = field(default_factory=dict)
