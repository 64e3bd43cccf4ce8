"""Checks what a user gives to reach a server: its address and the key."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from dialin.errors import InputError

NEED_KEYS = frozenset({"api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com"})
"""Hosts that answer nobody without a key."""


def checked_key(key: str | None, variable: str) -> str:
    """Return a key without the blanks around it; "" for none.

    Raises
    ------
    InputError
        It cannot be sent; `variable` is where it comes from.
    """
    key = (key or "").strip()
    if not (key.isascii() and key.isprintable()):
        raise InputError("the API key contains characters that are not valid in a key", hint=f"check {variable}")
    return key


def check_needed_key(key: str, base_url: str, variable: str) -> None:
    """Raise InputError if there is no key, and the server at `base_url` answers nobody without one."""
    if not key and urlsplit(base_url).hostname in NEED_KEYS:
        raise InputError(f"{base_url} needs an API key", hint=f"set the environment variable {variable}")


def checked_url(base_url: str, variable: str) -> str:
    """Return the base URL of a server without a slash at its end.

    Raises
    ------
    InputError
        It is not a URL, or holds a password or a query; `variable` is where a key belongs.
    """
    if "@" in base_url.partition("://")[2].partition("/")[0] or "?" in base_url:
        raise InputError(
            "the base URL of a server holds a password or a query, which would stand in the files of the run",
            hint=f"give the key in {variable}, and a base URL such as http://localhost:8000/v1",
        )
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise InputError(f"invalid base URL {base_url!r}: {error}", hint="such as http://localhost:8000/v1") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise InputError(f"invalid base URL {base_url!r}", hint="such as http://localhost:8000/v1")
    return base_url.rstrip("/")
