"""Restrict access to the review: requests need the token, a known Host header and, to write, the same origin."""

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
    """Middleware that checks each request before `app` and adds security headers to every response.

    Parameters
    ----------
    app : ASGIApp
        The guarded application.
    token : str
        Secret that arrives once in the URL and then in a cookie.
    cookie : str
        Name of that cookie.
    hosts : frozenset of str
        Accepted values of the Host header, against DNS rebinding; empty accepts any.
    """

    app: ASGIApp
    token: str
    cookie: str
    hosts: frozenset[str] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
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
        """Return a redirect to the URL without the token, which moves to a cookie; None if there is nothing to move."""
        if "token" not in request.query_params or request.method not in SAFE_METHODS:
            return None
        rest = urlencode([(k, v) for k, v in request.query_params.multi_items() if k != "token"])
        path = "/" + request.url.path.lstrip("/")  # "//host" would lead to another server
        answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
        if self._is(request.query_params.get("token")):
            answer.set_cookie(self.cookie, self.token, httponly=True, samesite="strict", path="/")
        return answer

    def _is(self, given: str | None) -> bool:
        return given is not None and hmac.compare_digest(given.encode(), self.token.encode())


def is_same_origin(request: Request) -> bool:
    """Return whether a request comes from a page of this server, according to the browser's headers."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") == "same-origin"
    return origin == f"{request.url.scheme}://{request.headers.get('host', '')}"


def with_headers(send: Send) -> Send:
    """Return a `send` that adds `HEADERS` to every response."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sending
