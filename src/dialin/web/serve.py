"""Serve the review or annotation on a local port until Ctrl-C."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from dialin.errors import InputError
from dialin.llm.hosts import is_loopback
from dialin.name.stop_words import english_stop_words
from dialin.runs.run import Run
from dialin.web.app import Access, app_of
from dialin.web.connections import BoundedProtocol, Limits
from dialin.web.guard import Guard

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Door:
    """Address of a server, default identity, and limits.

    Parameters
    ----------
    host, port : str, int
        Address to listen on; port 0 picks a free one.
    user : str
        Default name of people who have not entered one.
    group : int
        Group of an annotation, as in `Access`.
    limits : Limits
        Limits on what strangers can ask of the server.
    """

    host: str
    port: int
    user: str = ""
    group: int = 0
    limits: Limits = field(default_factory=Limits)


def serve(run: Run, door: Door, on_ready: Callable[[str, str], None]) -> None:
    """Serve the review or annotation of a run until it is stopped.

    Parameters
    ----------
    run : Run
        A run with a result.
    door : Door
        Address and default identity.
    on_ready : callable
        Called when the server is ready, with the URL to edit and the URL to only read; each includes its key.

    Raises
    ------
    InputError
        The address cannot be used.
    """
    with listening(door.host, door.port) as listener:
        access = access_of(door.host, listener.getsockname()[1], door.user, door.group)
        server = uvicorn.Server(config_of(lasting_app(run, access), door.limits))
        base = f"http://{in_url(door.host)}:{access.port}/?token="
        on_ready(base + access.token, base + access.reader)
        server.run(sockets=[listener])


def lasting_app(run: Run, access: Access) -> Guard:
    """Return the review or annotation for a process that does nothing else, and load what its first split needs."""
    app = app_of(run, access)
    gc.freeze()  # the run stays to the end: garbage collection, which looks at each of its sentences, would stop pages
    Thread(target=english_stop_words, daemon=True).start()  # while the first page is read: that takes a second
    return app


def config_of(app: ASGIApp, limits: Limits) -> uvicorn.Config:
    """Return the settings of the server."""
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        server_header=False,
        log_level="error",  # a warning for each malformed request would let strangers fill the terminal
        limit_concurrency=limits.connections + 1,  # uvicorn refuses from this number on
        backlog=10,  # asyncio accepts as many in one go, several times before the protocol can count them
        timeout_keep_alive=limits.seconds,
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=limits.head,
    )


def access_of(host: str, port: int, user: str, group: int = 0) -> Access:
    """Return the access rules; on a loopback address, they accept only the names of this machine."""
    names = {in_url(host), "localhost", LOOPBACK, "[::1]"}
    hosts = frozenset(f"{name}:{port}" for name in names) if is_loopback(host) else frozenset[str]()
    return Access(user=user, port=port, hosts=hosts, group=group)


def in_url(host: str) -> str:
    """Return a host in the form that a URL needs: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def listening(host: str, port: int) -> socket.socket:
    """Return a listening socket; raise InputError if the address cannot be used.

    Its connections send at once: a reply is written in two parts, and the second would else wait some 40 ms until the
    caller confirms the first. asyncio sees to that for the sockets that it makes itself only.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        raise InputError(
            f"cannot listen on {host} port {port}: {error.strerror or error}",
            hint="choose another --port; 0 picks a free one",
        ) from error
