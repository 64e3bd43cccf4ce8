"""Finds addresses of the network: links that open something for whoever has them, and IP addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address
from urllib.parse import parse_qsl, urlsplit

from dialin.redact.context import is_said_near
from dialin.redact.finding import IP, URL, Finding

_URL = re.compile(r"(?<![0-9A-Za-z])(?:https?|ftp|wss?)://[!-~]{3,}|(?<![0-9A-Za-z.])www\.[!-~]{3,}", re.IGNORECASE)
_CLOSING = ".,;:!?'\")]}>"
_SECRET = re.compile(
    r"token|key|sig|sign|signature|session(?:_?id)?|sid|auth\w*|code|otp|pin|password|passwd|pwd|pass|secret|jwt|hash"
    r"|ticket|state|nonce|assertion|credential|e?mail|phone|mobile|uid|user(?:_?id)?|account|card",
    re.IGNORECASE,
)
_RANDOM = re.compile(r"(?=[^/]*[0-9])(?=[^/]*[A-Za-z])[0-9A-Za-z_~.-]{24,}")
"""A part of a path that only chance writes: a token."""
_IPV4 = re.compile(r"(?<![0-9A-Za-z.-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9A-Za-z]|\.[0-9])")
_IPV6 = re.compile(r"(?<![0-9A-Za-z:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Za-z:])")
_NO_IP = re.compile(r"\b(?:v|ver|version|firmware|release|build|section|chapter|clause|app)\b|版本|固件|[第章节]", re.I)


def urls(text: str) -> Iterator[Finding]:
    """Yield the links in a plain text that carry a secret: a token, a session, a login, or data of a person.

    Examples
    --------
    >>> list(urls("https://example.com/help or https://example.com/reset?token=8f3a."))
    [Finding(start=28, end=64, type='URL')]
    """
    for found in _URL.finditer(text):
        link = found[0].rstrip(_CLOSING)
        if _is_secret(link):
            yield Finding(found.start(), found.start() + len(link), URL)


def _is_secret(link: str) -> bool:
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
    except ValueError:  # brackets that hold no address
        return False
    names = [name for part in (parts.query, parts.fragment) for name, _ in parse_qsl(part)]
    last = [re.split(r"[_.-]", name)[-1] for name in names]
    has_token = any(_RANDOM.fullmatch(piece) for piece in parts.path.split("/"))
    return "@" in parts.netloc or has_token or any(map(_SECRET.fullmatch, [*names, *last]))


def ips(text: str) -> Iterator[Finding]:
    """Yield the IP addresses, version 4 and 6, in a plain text; four numbers of a version are not one.

    Examples
    --------
    >>> list(ips("203.0.113.7 runs version 1.2.3.4"))
    [Finding(start=0, end=11, type='IP')]
    """
    for found in _IPV4.finditer(text):
        if _is_address(found[0]) and not is_said_near(text, found.span(), _NO_IP, 16, 0):
            yield Finding(*found.span(), IP)
    for found in _IPV6.finditer(text):
        if _is_address(found[0]) and sum(map(bool, found[0].split(":"))) >= 2 and IPv6Address(found[0]).packed[0]:
            yield Finding(*found.span(), IP)


def _is_address(written: str) -> bool:
    try:
        return str(ip_address(written)) != "0.0.0.0"
    except ValueError:
        return False
