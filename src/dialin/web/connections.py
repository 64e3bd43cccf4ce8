"""Bound the connections of the server: how many may be open, and how long one may take to send the head of a request.

uvicorn closes a connection that is idle after a response, but it waits for ever for the first request, and for one
that arrives in drops. Here each of these costs its sender the connection, and nobody else theirs.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


@dataclass(frozen=True)
class Limits:
    """Limits that hold for everybody, before the key of a request is looked at.

    Parameters
    ----------
    connections : int
        Connections that may be open at once; enough for five browsers, and few enough for 100 open files.
    seconds : int
        Time for the head of a request, and for a connection to stay open without one.
    head : int
        Length of a request's head in bytes.
    """

    connections: int = 32
    seconds: int = 10
    head: int = 16_384


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 connection whose number and waiting time are bounded, whoever opened it.

    Two settings of `uvicorn.Config` apply: ``timeout_keep_alive`` is the time in seconds from the start of the
    connection, or from the last response, to the end of the next head. ``limit_concurrency`` is one more than the
    number of connections that may be open: a new connection takes the place of the one that has waited longest for a
    request, first of all one that never sent a whole request.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.opened_at = 0.0
        self.deadline: asyncio.TimerHandle | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock; close another connection if there are too many."""
        super().connection_made(transport)
        self.opened_at = self.loop.time()
        self._watch()
        while len(self.connections) >= (self.limit_concurrency or 0) and (longest := self._longest_waiting()):
            self.connections.discard(longest)
            longest.transport.close()

    def data_received(self, data: bytes) -> None:
        """Read what came; the clock stops once the head is whole, and only then."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Start the clock for the next request."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        super().connection_lost(exc)
        self._stop()

    def _watch(self) -> None:
        if self.is_busy:
            self._stop()
        elif self.deadline is None:
            self.deadline = self.loop.call_later(self.timeout_keep_alive, self.transport.close)

    def _stop(self) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def _longest_waiting(self) -> BoundedProtocol | None:
        waiting = [c for c in self.connections if isinstance(c, BoundedProtocol) and c is not self and not c.is_busy]
        return min(waiting, key=lambda c: (c.cycle is not None, c.opened_at), default=None)
