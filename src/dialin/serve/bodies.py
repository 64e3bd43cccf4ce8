"""Reads the body of a request, within limits on its form, length and time."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from dialin.serve.rules import Rules

JSON, NDJSON = "application/json", "application/x-ndjson"
_CLOSE = {"Connection": "close"}


def form_of_body(request: Request, known: Collection[str]) -> str:
    """Return the media type of a request's body; raise a refusal (415) unless it is known, in UTF-8 and plain."""
    form, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.replace(" ", "").replace('"', "")
    if form.strip() not in known or charset not in {"", "charset=utf-8"}:
        raise HTTPException(415, f"send {' or '.join(known)}, in UTF-8")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(415, "send the body uncompressed")
    return form.strip()


async def body_of(request: Request, rules: Rules) -> bytes:
    """Return the body of a request; raise a refusal if it is too long (413) or comes too slowly (408)."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > rules.max_body:
        raise _too_long(rules)
    body, chunks = bytearray(), request.stream()
    try:
        while True:
            async with asyncio.timeout(rules.patience):
                body += await anext(chunks)
            if len(body) > rules.max_body:
                raise _too_long(rules)
    except StopAsyncIteration:
        return bytes(body)
    except TimeoutError:
        raise HTTPException(408, "the body did not arrive", _CLOSE) from None
    except ClientDisconnect:
        raise HTTPException(400, "the body ended too early", _CLOSE) from None


def _too_long(rules: Rules) -> HTTPException:
    return HTTPException(413, f"the body is longer than {rules.max_body:,} bytes", _CLOSE)
