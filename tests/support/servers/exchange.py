"""One request as a server reads it, and the answers that all servers give in the same way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Asked:
    """A request: method, path below the base URL, query, headers (names in lower case) and body."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent."""
        found: dict[str, Any] = json.loads(self.content)
        return found

    @property
    def key(self) -> str:
        """The key that came with the request, in whichever header; "" for none."""
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        others = (self.headers.get(name, "") for name in ("api-key", "x-api-key", "x-goog-api-key"))
        return bearer or next(filter(None, others), "")

    @classmethod
    def of(cls, request: httpx.Request, base: str) -> Asked:
        """Read a request that was sent to a server with this base URL."""
        url = request.url
        whole = f"{url.scheme}://{url.netloc.decode()}{url.path}"
        headers = {name.lower(): value for name, value in request.headers.items()}
        return cls(request.method, whole.removeprefix(base), dict(url.params), headers, request.read())


def said(body: object, status: int = 200, **headers: str) -> httpx.Response:
    """Return an answer in JSON; a header's underscores are hyphens."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=body, headers=names)


def page(text: str, status: int = 200) -> httpx.Response:
    """Return a web page, as proxies send it."""
    return httpx.Response(status, html=f"<!doctype html>\n<html><head><title>{text}</title></head><body>{text}</body>")
