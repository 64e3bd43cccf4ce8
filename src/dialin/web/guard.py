"""Access to the review: for holders of the token, from a page of this server, under a name of this host."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # "no-referrer" would make the browser send "Origin: null" with forms
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
SAFE_METHODS = {"GET", "HEAD"}


@dataclass(frozen=True)
class Guard:
    """Lets a request through to `app` or answers it itself; puts the same headers on every answer.

    Parameters
    ----------
    app : ASGIApp
        What is guarded.
    token : str
        Comes once in the address, then in a cookie.
    cookie : str
        Name of that cookie.
    hosts : frozenset of str
        What the header Host may be, so that no other name leads here; empty for any.
    """

    app: ASGIApp
    token: str
    cookie: str
    hosts: frozenset[str] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = self._refused(Request(scope)) or self._entered(Request(scope))
        await (answer or self.app)(scope, receive, with_headers(send))

    def _refused(self, request: Request) -> Response | None:
        if self.hosts and request.headers.get("host", "") not in self.hosts:
            return PlainTextResponse("This review is not known under that address.", 421)
        if request.method not in SAFE_METHODS and not is_same_origin(request):
            return PlainTextResponse("Only the pages of this review may change it.", 403)
        if not (self._is(request.query_params.get("token")) or self._is(request.cookies.get(self.cookie))):
            return PlainTextResponse("Open the address that dialin printed: it holds the key.", 403)
        return None

    def _entered(self, request: Request) -> Response | None:
        """Turn the token of an address into a cookie, and the address into one without it."""
        if "token" not in request.query_params or request.method not in SAFE_METHODS:
            return None
        rest = urlencode([(k, v) for k, v in request.query_params.multi_items() if k != "token"])
        path = "/" + request.url.path.lstrip("/")  # "//host" would lead away
        answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
        if self._is(request.query_params.get("token")):
            answer.set_cookie(self.cookie, self.token, httponly=True, samesite="strict", path="/")
        return answer

    def _is(self, given: str | None) -> bool:
        return given is not None and hmac.compare_digest(given.encode(), self.token.encode())


def is_same_origin(request: Request) -> bool:
    """Return whether a request was made by a page of this server, as its browser says."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") == "same-origin"
    return origin == f"{request.url.scheme}://{request.headers.get('host', '')}"


def with_headers(send: Send) -> Send:
    """Return a `send` that adds the headers of every answer."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sending
