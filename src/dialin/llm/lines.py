"""HTTP connections to a server, each with a client of its own.

One client with 64 connections looks through all of them at each call (httpcore), under one lock: half of the time of
64 threads went there (``studies.own.overhead``).
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from queue import Empty, LifoQueue
from urllib.parse import urlsplit

import httpx

from dialin.llm.hosts import is_loopback
from dialin.llm.proxies import environment_fault


class Lines:
    """Clients with one connection each; a call takes one and gives it back, the warmest first.

    Parameters
    ----------
    base_url : str
        Address of the server; one on this machine is asked without a proxy.
    headers : mapping of str to str
        Sent with each request.
    timeout : float
        Seconds to wait for an answer.
    transport : httpx.BaseTransport, optional
        Carries the requests in place of the network.

    Raises
    ------
    InputError
        The environment names a proxy or certificates that cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        timeout: float,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._url, self._headers, self._timeout, self._transport = urlsplit(base_url), headers, timeout, transport
        self._trusts_environment = not is_loopback(self._url.hostname or "")
        self._all: list[httpx.Client] = []
        self._free: LifoQueue[httpx.Client] = LifoQueue()
        self._free.put(self._new())  # at once: what the environment says is wrong, or not, before anything is asked

    @contextmanager
    def taken(self) -> Iterator[httpx.Client]:
        """Lend a client for one call; one that an interrupt left in the middle of a request is not lent again."""
        try:
            client = self._free.get_nowait()
        except Empty:
            client = self._new()
        try:
            yield client
        except Exception:
            self._free.put(client)
            raise
        self._free.put(client)

    def close(self) -> None:
        """Close all connections."""
        for client in self._all:
            client.close()

    def _new(self) -> httpx.Client:
        try:
            client = httpx.Client(
                headers=self._headers,
                timeout=self._timeout,
                transport=self._transport,
                limits=httpx.Limits(max_connections=1),
                verify=self._certificates,
                trust_env=self._trusts_environment,
            )
        except (ValueError, TypeError, OSError, ImportError, httpx.InvalidURL) as error:  # by what the environment says
            raise environment_fault(error) from error
        self._all.append(client)
        return client

    @cached_property
    def _certificates(self) -> ssl.SSLContext | bool:
        """Those of the environment or of certifi, read once for all connections; a plain address needs none."""
        if self._url.scheme != "https":
            return False
        return httpx.create_ssl_context(verify=True, trust_env=self._trusts_environment)
