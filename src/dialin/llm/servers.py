"""Which servers a run may ask: a run folder may be from somebody else, so the user decides, and not the run.

A server that the user names on the command line is asked, and remembered when a run begins with it. A server that only
a run names is asked if the user has named or allowed it before, or if it is on this machine and would get no key. What
is allowed stands in ``servers.json`` in the user's own folder.

A server that was named for one provider may get the key of that provider alone: a run that names it with another
protocol would send it another key.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import httpx

from dialin import files, saved
from dialin.errors import InputError
from dialin.llm.hosts import is_loopback
from dialin.llm.providers import PROVIDERS
from dialin.llm.spec import Spec
from dialin.models.home import cache_home, home_path

SERVERS = "servers.json"
"""Name of the file in the user's folder."""
_PORTS = {"https": 443, "http": 80}


def allow(servers: Iterable[str]) -> None:
    """Remember that runs may ask these servers and that they may get the user's key.

    Parameters
    ----------
    servers : iterable of str
        Each a host ("models.example.com"), a host with its port ("10.0.0.5:8000"), a whole origin
        ("http://10.0.0.5:8000"), an origin for one provider ("openai:http://10.0.0.5:8000"), or the spec of a model of
        sentence-transformers ("st:NAME").

    Raises
    ------
    InputError
        One has none of these forms, or the file cannot be read or written.
    """
    known, new = allowed(), {_checked(server) for server in servers}
    if not new <= known:
        files.write_json(cache_home() / SERVERS, sorted(known | new))


def allowed() -> frozenset[str]:
    """Return the servers that the user has named or allowed; raise InputError if their file is damaged."""
    path = home_path() / SERVERS
    if not path.is_file():
        return frozenset()
    held = saved.read_json(path)
    if not isinstance(held, list) or not all(isinstance(server, str) for server in held):
        raise InputError(
            f"{path} is damaged: it does not hold a list of servers", hint="delete it, and allow them again"
        )
    return frozenset(held)


def check_allowed(specs: Iterable[str]) -> None:
    """Raise InputError if a run names a model on a server that the user has neither named nor allowed.

    A model of sentence-transformers counts as one, since the library runs code that comes with some models.
    """
    asked = servers_of(specs)
    known = allowed() if asked else frozenset()
    for named in asked:
        if _is_known(named, known) or _is_harmless(named):
            continue
        kind, server = _kind_and_origin(named)
        gets = f"your texts and, if it is set, the key in {_key_variables(kind)}" if kind else "your texts"
        raise InputError(
            f"this run asks {server}, which would get {gets}",
            hint=f"if you trust it, add: --allow-server {server} (it is remembered)",
        )


def servers_of(specs: Iterable[str]) -> list[str]:
    """Return the servers that the models of these specs are on, each with the provider whose key it gets.

    Examples
    --------
    >>> servers_of(["openai:m@http://LOCALHOST:8000/v1", "anthropic:m@https://h/v1", "local:intents-en-v5"])
    ['openai:http://localhost:8000', 'anthropic:https://h']
    """
    return list(dict.fromkeys(filter(None, map(_named, specs))))


def _named(spec: str) -> str:
    parsed = Spec.maybe(spec)
    if parsed is None or not (parsed.is_remote or parsed.kind == "st"):
        return ""
    return f"{parsed.kind}:{_origin(parsed.url)}" if parsed.is_remote else spec


def _kind_and_origin(named: str) -> tuple[str, str]:
    """Return the provider and the origin of a server; "" and the whole for a model of sentence-transformers."""
    kind, _, origin = named.partition(":")
    return (kind, origin) if kind in PROVIDERS and "://" in origin else ("", named)


def _key_variables(kind: str) -> str:
    return " or ".join(PROVIDERS[kind].key_variables)


def _origin(url: str) -> str:
    """Return scheme, host and port of a URL as httpx will ask it; the usual port is left out."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InputError("the base URL of a server is invalid", hint="such as http://localhost:8000/v1") from error
    if parsed.scheme not in _PORTS or not parsed.host:
        raise InputError("the base URL of a server is invalid", hint="such as http://localhost:8000/v1")
    host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
    is_usual = parsed.port in {None, _PORTS.get(parsed.scheme)}
    return f"{parsed.scheme}://{host}" + ("" if is_usual else f":{parsed.port}")


def _is_known(named: str, known: frozenset[str]) -> bool:
    """Return whether a server is known for its provider, or by its origin, its host, or its host with the port."""
    kind, origin = _kind_and_origin(named)
    if not kind:
        return named in known
    url = httpx.URL(origin)
    host = f"[{url.host}]" if ":" in url.host else url.host
    return not known.isdisjoint({named, origin, host, f"{host}:{url.port or _PORTS[url.scheme]}"})


def _is_harmless(named: str) -> bool:
    """Return whether a server is on this machine and would get no key."""
    kind, origin = _kind_and_origin(named)
    return bool(kind) and is_loopback(httpx.URL(origin).host) and not PROVIDERS[kind].key(os.environ)


def _checked(server: str) -> str:
    if server.startswith("st:"):
        return server
    kind, origin = _kind_and_origin(server)
    return f"{kind}:{_checked_host(origin)}" if kind else _checked_host(server)


def _checked_host(server: str) -> str:
    try:
        url = httpx.URL(server if "://" in server else f"https://{server}")
        is_sound = (
            bool(url.host)
            and url.scheme in _PORTS
            and not url.userinfo
            and url.path == "/"
            and not url.query
            and not set(server) & set(" \t\n")
        )
    except httpx.InvalidURL:
        is_sound = False
    if not is_sound:
        raise InputError("--allow-server got something other than a host", hint="such as 10.0.0.5:8000")
    return _origin(server) if "://" in server else server.lower()
