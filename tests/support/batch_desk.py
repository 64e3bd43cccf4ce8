"""A client that asks in batches, a scripted provider, and a clock on which hours pass at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from servers.openai_batch import OpenAIBatch
from servers.personality import KEY
from servers.world import World

from dialin.llm.batches.asking import Batching
from dialin.llm.batches.backend import BatchedBackend
from dialin.llm.batches.register import BatchRegister
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.llm.rate import Clock
from dialin.llm.remote import RemoteBackend, ServerOptions
from dialin.llm.retry import Retry
from dialin.llm.usage import Budget
from dialin.prompts.prompt import Prompt

N = 40
SHOTS = (("- refund money\n- money back", "Yes"), ("- refund money\n- parcel", "No"))


class Killed(BaseException):
    """The process dies here."""


@dataclass
class Hours:
    """Time that passes only when somebody sleeps."""

    now: float = 0.0
    on_sleep: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        """Return the seconds so far."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.on_sleep()
        self.now += seconds

    def skip(self, hours: float) -> None:
        """Let hours pass."""
        self.now += hours * 3600


@dataclass
class Desk:
    """A folder with a store and a register, and a provider; each `client` is a new process that works there."""

    folder: Path
    server: Any = None
    hours: Hours = field(default_factory=Hours)
    notes: list[str] = field(default_factory=list)
    replies: list[None] = field(default_factory=list)
    on_request: Callable[[str], None] = lambda _: None
    world: World = field(init=False)

    def __post_init__(self) -> None:
        self.server = self.server or OpenAIBatch(self.hours)
        self.world = World(self.server)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        """Tell `on_request` each request before and after it reaches the provider."""
        what = f"{request.method} {str(request.url).removeprefix(self.server.base).split('?')[0]}"
        self.on_request(f"before {what}")
        response = self.world.answer(request)
        self.on_request(f"after {what}")
        return response

    def client(self, budget: Budget | None = None, *, is_ending: bool = False) -> Client:
        """Open the client of a new process."""
        options = ServerOptions(transport=httpx.MockTransport(self._answer), n_parallel=1)
        remote = RemoteBackend(self.server.model, self.server.base, KEY, options, **self.dialect)
        register = BatchRegister(self.register, is_ending)
        clock = Clock(self.hours, self.hours.sleep)
        batching = Batching(register, self.notes.append, lambda: self.replies.append(None), clock, is_ending)
        store = ReplyStore(self.folder / "llm.sqlite")
        retry = Retry(attempts=3, sleep=lambda _: None)
        return Client(BatchedBackend(remote, remote, batching), [store], budget=budget, retry=retry)

    @property
    def dialect(self) -> dict[str, Any]:
        """Return the protocol of the provider, if it is not that of OpenAI."""
        return {}

    @property
    def register(self) -> Path:
        """Return where the open batches stand."""
        return self.folder / "batches.jsonl"


def questions(n: int = N) -> list[Prompt]:
    """Return prompts that differ: every second one is about one topic."""
    second = ("payment back", "parcel courier")
    return [Prompt("Same?", SHOTS, f"- refund money {number}\n- {second[number % 2]}") for number in range(n)]


def posts(desk: Desk, path: str) -> int:
    """Return how often something was sent to a path."""
    return sum(asked.path == path for asked in desk.world.posts)
