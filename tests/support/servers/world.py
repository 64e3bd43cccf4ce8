"""Takes the place of the network: every request of httpx goes to the server that has its address."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Barrier, BrokenBarrierError

import httpx
import pytest

from dialin.llm.providers import PROVIDERS
from servers.exchange import Asked
from servers.personality import Personality

Handler = Callable[[httpx.Request], httpx.Response]


class World:
    """The servers that there are; any other address cannot be reached.

    Parameters
    ----------
    servers : Personality
        The servers.
    together : int
        So many first questions wait for each other, so that they are under way at once when the first is refused.
    """

    def __init__(self, *servers: Personality, together: int = 1) -> None:
        self.servers = servers
        self.asked: list[Asked] = []
        self._barrier = Barrier(together)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a request as the server does that has its address; raise what httpx raises where there is none."""
        server = next((server for server in self.servers if str(request.url).startswith(server.base)), None)
        if server is None:
            raise httpx.ConnectError(f"nobody is at {request.url.host}", request=request)
        asked = Asked.of(request, server.base)
        self.asked.append(asked)
        if asked.method == "POST":
            self._meet()
        response = server.answer(asked)
        response.request = request
        return response

    def _meet(self) -> None:
        """Wait for the others; once they have met, or waited in vain, nobody waits any more."""
        if not self._barrier.broken:
            try:
                self._barrier.wait(0.5)
            except BrokenBarrierError:
                return
            self._barrier.abort()

    @property
    def posts(self) -> list[Asked]:
        """The questions, in the order in which they came."""
        return [asked for asked in self.asked if asked.method == "POST"]


def enter(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a world in the place of the network, and the key of its first server into the environment."""
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda _, request: world.answer(request))
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name in [name for provider in PROVIDERS.values() for name in provider.key_variables]:
        monkeypatch.setenv(name, world.servers[0].key)
