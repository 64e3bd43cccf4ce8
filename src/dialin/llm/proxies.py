"""Proxies and certificates that the environment names: which variable cannot be used, and why."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from dialin.errors import InputError

_PROXIES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY")
_EXCEPTIONS = "NO_PROXY"
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_SCHEMES = ("http", "https", "socks5", "socks5h")


def environment_fault(error: BaseException) -> InputError:
    """Return what to tell the user where `error` came of a proxy or certificates that the environment names."""
    for name, value in _settings(_PROXIES):
        if fault := _proxy_fault(value, error):
            return InputError(f"the environment variable {name} {fault}", hint="such as http://proxy.example.com:3128")
    for name, value in _settings(_CERTIFICATES):
        if not Path(value).exists():
            return InputError(f"the environment variable {name} names {value!r}, which is not there")
    for name, _ in _settings((_EXCEPTIONS,)):
        return InputError(
            f"the environment variable {name} holds something other than hosts: {error}",
            hint="hosts with commas between them, such as localhost,10.0.0.5; no brackets, no ranges of IPv6",
        )
    return InputError(
        f"cannot open a connection: {error}", hint="check the proxies and certificates of the environment"
    )


def _settings(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the variables of the environment that are set, in upper or lower case."""
    either = [spelled for name in names for spelled in (name, name.lower())]
    return [(name, os.environ[name]) for name in either if os.environ.get(name)]


def _proxy_fault(value: str, error: BaseException) -> str:
    """Return what is wrong with the URL of a proxy, whose password is not repeated; "" if nothing is."""
    scheme = urlsplit(value).scheme
    if "://" in value and scheme not in _SCHEMES:
        return f"names a proxy of the kind {scheme!r}; there are {', '.join(_SCHEMES)}"
    if isinstance(error, ImportError) and scheme.startswith("socks"):
        return "names a SOCKS proxy, for which a package is missing: pip install 'httpx[socks]'"
    try:
        is_whole = urlsplit(value if "://" in value else f"http://{value}").port is not None or "://" in value
    except ValueError:
        is_whole = False
    return "" if is_whole else "does not hold the URL of a proxy"
