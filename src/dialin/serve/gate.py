"""Stands before all routes: checks the Host header and the API key, counts, and lets no error out but as JSON."""

from __future__ import annotations

import asyncio
import hmac
import re
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dialin.serve.metrics import Metrics
from dialin.serve.replies import in_json
from dialin.serve.rules import Rules

OPEN_PATHS = frozenset(["/", "/health", "/ready", "/docs", "/docs.css", "/docs.js", "/openapi.json"])
"""What needs no key: these tell nothing of the run."""
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_HOST = re.compile(r"([\w.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?", re.ASCII)


def fault(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """Return an error as one line of JSON."""
    return Response(in_json({"error": message}) + b"\n", status, headers, "application/json")


@dataclass(frozen=True, eq=False)
class Gate:
    """Middleware before all routes.

    Parameters
    ----------
    app : ASGIApp
        The routes.
    rules : Rules
        The key and the hosts.
    metrics : Metrics
        Counts requests.
    on_note : callable
        Told in one line what went wrong inside, without any text of a request.
    """

    app: ASGIApp
    rules: Rules
    metrics: Metrics
    on_note: Callable[[str], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        try:
            await (self._refused(Request(scope)) or self.app)(scope, receive, counted)
        except asyncio.CancelledError:  # the server has waited long enough
            self.on_note("the service stops, and a request was cut off")
        except Exception as error:  # the routes have answered; its message may quote a text
            self.on_note(place_of(error))
        finally:
            self.metrics.request(scope["path"], status, time.perf_counter() - began)

    def _refused(self, request: Request) -> Response | None:
        host, hosts = request.headers.get("host", ""), self.rules.hosts
        if host not in hosts if hosts else not _HOST.fullmatch(host):
            return fault(421, "this service is not known under that address", {"Connection": "close"})
        if self.rules.key and request.url.path not in OPEN_PATHS and not self._has_key(request):
            return fault(401, "give the API key as X-API-Key or as a Bearer token", {"WWW-Authenticate": "Bearer"})
        return None

    def _has_key(self, request: Request) -> bool:
        """Return whether a request holds the key; the time that takes tells nothing about the key."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = [request.headers.get("x-api-key", ""), token.strip() if scheme.lower() == "bearer" else ""]
        found = [hmac.compare_digest(each.encode("utf-8", "replace"), self.rules.key.encode()) for each in given]
        return any(found)


def place_of(error: Exception) -> str:
    """Return the kind of an error and the place where it was raised, but not its message, which may quote a text.

    Examples
    --------
    >>> try:
    ...     {}["my card number is 4"]
    ... except KeyError as error:
    ...     place_of(error).startswith("KeyError at ")
    True
    """
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {PurePath(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
