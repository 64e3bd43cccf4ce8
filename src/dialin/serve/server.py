"""Listens until it is told to stop, and answers what is under way before it ends."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

import uvicorn

from dialin.errors import InputError
from dialin.llm.hosts import is_loopback
from dialin.serve.app import http_service
from dialin.serve.rules import Rules
from dialin.serve.served import Shelf
from dialin.serve.stopping import DRAIN_SECONDS, Stopping
from dialin.web.connections import BoundedProtocol
from dialin.web.serve import access_of, in_url, listening

CONNECTIONS = 1_024
"""Connections that may be open at once."""
IDLE_SECONDS = 60
"""Time for a connection without a request."""
MOST_HEAD = 16_384
"""Length of a request's head in bytes."""


@dataclass(frozen=True)
class Address:
    """Where the service listens; port 0 picks a free one."""

    host: str
    port: int


def check_address(host: str, key: str) -> None:
    """Raise InputError if other machines could ask a service that has no key."""
    if not key and not is_loopback(host):
        raise InputError(
            f"--host {host} lets other machines in, and there is no API key",
            hint="give one with --api-key-file FILE or --api-key-env NAME, or leave --host out",
        )


def run_service(
    shelf: Shelf, address: Address, rules: Rules, on_ready: Callable[[str], None], on_note: Callable[[str], None]
) -> None:
    """Serve a run until a signal ends it: the requests that are under way are answered, and no new ones let in.

    Parameters
    ----------
    shelf : Shelf
        Holds the run. SIGHUP makes it look for a new version at once, where there is such a signal.
    address : Address
        Where to listen.
    rules : Rules
        What the service asks of its callers; its hosts follow from the address.
    on_ready : callable
        Told the URL of the service once it listens.
    on_note : callable
        Told in one line what was taken up, or what went wrong.

    Raises
    ------
    InputError
        The address cannot be used, or would let other machines in without a key.
    """
    check_address(address.host, rules.key)
    with listening(address.host, address.port) as listener, _signals(shelf):
        port = listener.getsockname()[1]
        hosts = frozenset[str]() if rules.key else access_of(address.host, port, "").hosts
        stopping = Stopping()
        app = http_service(shelf, replace(rules, hosts=hosts), on_note, stopping)
        server = _DrainingServer(settings_of_server(app), stopping)
        on_ready(f"http://{in_url(address.host)}:{port}")
        server.run(sockets=[listener])


class _DrainingServer(uvicorn.Server):
    """A server that tells long answers when it is to stop."""

    def __init__(self, config: uvicorn.Config, stopping: Stopping) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at a signal."""
        self._stopping.begin()
        super().handle_exit(sig, frame)


def settings_of_server(app: Any) -> uvicorn.Config:
    """Return the settings of the server, which writes no log of requests."""
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        server_header=False,
        access_log=False,
        log_level="error",
        limit_concurrency=CONNECTIONS + 1,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        h11_max_incomplete_event_size=MOST_HEAD,
    )


@contextmanager
def _signals(shelf: Shelf) -> Iterator[None]:
    """Take SIGHUP for a question for the new version, and let the process end well after SIGTERM.

    uvicorn stops at SIGTERM and raises it once more after its last answer, for whoever handled it before.
    """
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    before = {signal.SIGTERM: signal.signal(signal.SIGTERM, lambda _signal, _frame: None)}

    def ask(_signal: int, _frame: FrameType | None) -> None:
        shelf.ask()

    if hangup is not None:
        before[hangup] = signal.signal(hangup, ask)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
