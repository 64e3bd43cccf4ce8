"""A speed limit: so many units a minute, evenly spread."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock


@dataclass(frozen=True)
class Clock:
    """Time in seconds and a way to let it pass."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass
class Bucket:
    """A token bucket that holds one second's worth (at least one unit), so a minute never sees a burst.

    Parameters
    ----------
    per_minute : float
        Units let through in a minute; above 0.
    clock : Clock
        Measures time and waits.
    """

    per_minute: float
    clock: Clock = Clock()
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        self._room = max(1.0, self.per_minute / 60)
        self._level = self._room
        self._seen = self.clock.now()

    def take(self, amount: float) -> None:
        """Wait until `amount` may pass. An amount larger than the bucket passes, too; later callers wait for it."""
        wait = self._claim(amount)
        if wait > 0:
            self.clock.sleep(wait)

    def give_back(self, amount: float) -> None:
        """Give back an amount that was not used (or, negative, take one that was missing) without waiting."""
        with self._lock:
            self._level += amount

    def _claim(self, amount: float) -> float:
        with self._lock:
            now = self.clock.now()
            rate = self.per_minute / 60
            self._level = min(self._room, self._level + (now - self._seen) * rate) - amount
            self._seen = now
            return -self._level / rate
