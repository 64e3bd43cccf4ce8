"""Restrict access to the review: requests need a key, a known Host header and, to write, the same origin."""

from __future__ import annotations

import hmac
import re
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
_HOST = re.compile(r"([\w.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?", re.ASCII)


@dataclass(frozen=True)
class Guard:
    """Middleware that checks each request before `app` and adds security headers to every response.

    Parameters
    ----------
    app : ASGIApp
        The guarded application.
    token, reader : str
        Secrets to edit and to only read; each arrives once in the URL and then in a cookie.
    cookie : str
        Name of that cookie.
    hosts : frozenset of str
        Accepted values of the Host header, against DNS rebinding; empty accepts any.
    """

    app: ASGIApp
    token: str
    reader: str
    cookie: str
    hosts: frozenset[str] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; the application finds in its state whether it `can_edit`."""
        if scope["type"] != "http":
            raise RuntimeError(f"the server speaks HTTP only, got {scope['type']}")
        request = Request(scope)
        answer = self._refused(request) or self._entered(request)
        await (answer or self.app)(scope, receive, with_headers(send))

    def _refused(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        if host not in self.hosts if self.hosts else not _HOST.fullmatch(host):
            return refusal_to("This review is not known under that address.", 421)
        if request.method not in SAFE_METHODS and not is_same_origin(request):
            return refusal_to("Only the pages of this review may change it.", 403)
        key = self._key(request)
        if not key:
            return refusal_to("Open the address that dialin printed: it holds the key.", 403)
        request.state.can_edit = key == self.token
        if request.method not in SAFE_METHODS and not request.state.can_edit:
            return refusal_to("This key may only read.", 403)
        return None

    def _entered(self, request: Request) -> Response | None:
        """Return a redirect to the URL without the key, which moves to a cookie; None if there is nothing to move."""
        given = request.query_params.get("token")
        if given is None or request.method not in SAFE_METHODS:
            return None
        rest = urlencode([(k, v) for k, v in request.query_params.multi_items() if k != "token"])
        path = "/" + request.url.path.lstrip("/")  # "//host" would lead to another server
        answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
        if key := self._known(given):
            answer.set_cookie(self.cookie, key, httponly=True, samesite="strict", path="/")
        return answer

    def _key(self, request: Request) -> str:
        """Return the key that a request holds, first in its URL; "" if it holds none."""
        return self._known(request.query_params.get("token")) or self._known(request.cookies.get(self.cookie))

    def _known(self, given: str | None) -> str:
        data = (given or "").encode("utf-8", "replace")
        return next((key for key in (self.token, self.reader) if hmac.compare_digest(data, key.encode())), "")


def refusal_to(text: str, status: int) -> Response:
    """Return a refusal that ends the connection, so that strangers keep none open."""
    return PlainTextResponse(text, status, {"Connection": "close"})


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
