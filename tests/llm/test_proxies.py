"""Proxies and certificates of the environment: they work, or one line names the variable and what is wrong with it."""

from __future__ import annotations

import httpx
import pytest

from dialin.errors import InputError, ProviderError
from dialin.llm.http import Channel, Server

AWAY, HERE = "https://models.example.com/v1", "http://127.0.0.1:8000/v1"
VARIABLES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:9", r"ALL_PROXY names a SOCKS proxy.*pip install 'httpx\[socks\]'"),
        ("HTTP_PROXY", "foo://127.0.0.1:9", "HTTP_PROXY names a proxy of the kind 'foo'"),
        ("https_proxy", "foo://me:pass-word@127.0.0.1:9", "https_proxy names a proxy of the kind 'foo'"),
        ("HTTPS_PROXY", "http://127.0.0.1:port", "HTTPS_PROXY does not hold the URL of a proxy"),
        ("NO_PROXY", "localhost,fd07:b51a::/64", "NO_PROXY holds something other than hosts"),
        ("NO_PROXY", "localhost,[::1]", "NO_PROXY holds something other than hosts"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem", "SSL_CERT_FILE names '/nowhere/ca.pem', which is not there"),
    ],
    ids=["socks", "kind", "password", "port", "range", "brackets", "certificates"],
)
def test_a_variable_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InputError, match=says) as caught:
        Server(AWAY)
    assert "pass-word" not in str(caught.value)
    Server(HERE).close()  # no proxy stands before this machine


def test_a_certificate_that_nobody_knows_has_its_hint() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate")

    with pytest.raises(ProviderError, match="SSL_CERT_FILE"):
        Server(AWAY, channel=Channel(transport=httpx.MockTransport(handler))).post("/chat/completions", {})
