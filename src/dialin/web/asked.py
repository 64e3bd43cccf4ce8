"""Read what a request asks for: numbers and a name in its URL and cookies, its form, and where to go on."""

from __future__ import annotations

import asyncio
from urllib.parse import unquote

from starlette.exceptions import HTTPException
from starlette.requests import Request

from dialin.errors import InputError
from dialin.web.forms import Form, clean_name, form_of, number_in
from dialin.web.lists import ALL, LISTS

MAX_BODY = 32_000_000
"""Maximum size of a form in bytes; large because a split lists all sentences of an intent."""
BODY_SECONDS = 60
"""Time for a form to arrive."""
MAX_USER = 40
NAME_COOKIE = "dialin-name"


async def form_in(request: Request) -> Form:
    """Return the form of a request; raise InputError as soon as it is too long or takes too much time."""
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                data += chunk
                if len(data) > MAX_BODY:
                    raise InputError(f"the form is longer than {MAX_BODY:,} bytes", hint="select fewer at once")
    except TimeoutError as error:
        raise InputError(f"the form did not arrive within {BODY_SECONDS} seconds", hint="send it again") from error
    return form_of(bytes(data))


def user_in(request: Request, default: str) -> str:
    """Return the name that somebody gave, else the default; nobody who may only read has a name."""
    if not request.state.can_edit:
        return ""
    return clean_name(unquote(request.cookies.get(NAME_COOKIE, "")))[:MAX_USER] or default


def intent_in(request: Request) -> int:
    """Return the number of an intent in the path of a request; answer 404 if it is not a number."""
    try:
        return number_in(request.path_params["intent"], "intent")
    except InputError as error:
        raise HTTPException(404) from error


def page_in(request: Request) -> int:
    """Return the number of the page that a request asks for, from 1."""
    return query_number(request, "page", 1)


def list_in(request: Request) -> str:
    """Return the list of intents that a request asks for; all of them if it names none or an unknown one."""
    named = request.query_params.get("list", ALL)
    return named if named in LISTS else ALL


def query_number(request: Request, key: str, missing: int) -> int:
    """Return the number in a query parameter, or `missing` if the URL lacks it."""
    text = request.query_params.get(key, "")
    return number_in(text, key) if text else missing


def local(path: str) -> str:
    r"""Return `path` if it stays on this server, else "/".

    Examples
    --------
    >>> [local(p) for p in ("/intent/3?page=2", "//evil.example", "https://evil.example", "/\\evil.example")]
    ['/intent/3?page=2', '/', '/', '/']
    """
    is_safe = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if is_safe else "/"
