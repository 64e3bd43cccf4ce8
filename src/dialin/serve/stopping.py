"""Tells long answers when the service is to stop, so that they end well before the server cuts them off."""

from __future__ import annotations

import time

STREAM_SECONDS, DRAIN_SECONDS = 25, 30
"""Time that a stream of lines, and any other request, has to end once the service is told to stop."""


class Stopping:
    """Whether the service was told to stop, and since when."""

    def __init__(self) -> None:
        self._since: float | None = None

    def begin(self) -> None:
        """Note that the service was told to stop; only the first time counts."""
        self._since = time.monotonic() if self._since is None else self._since

    @property
    def is_over(self) -> bool:
        """Whether a stream must end now."""
        return self._since is not None and time.monotonic() - self._since >= STREAM_SECONDS
