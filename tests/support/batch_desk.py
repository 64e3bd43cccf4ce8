"""A client that asks in batches, a scripted provider, and a clock on which hours pass at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from dialin.llm.batches.asking import Batching
from dialin.llm.batches.backend import BatchedBackend
from dialin.llm.batches.register import BatchRegister
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.llm.dialects.anthropic import ANTHROPIC_MESSAGES
from dialin.llm.dialects.base import ChatDialect
from dialin.llm.dialects.openai import OPENAI
from dialin.llm.ledger import Budget
from dialin.llm.rate import Clock
from dialin.llm.remote import RemoteBackend, ServerOptions
from dialin.llm.retry import Retry
from dialin.prompts.prompt import Prompt
from servers.anthropic_batch import AnthropicBatch
from servers.exchange import Asked, said
from servers.openai_batch import OpenAIBatch
from servers.personality import KEY
from servers.world import World

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
    server: Any
    dialect: ChatDialect = OPENAI
    hours: Hours = field(default_factory=Hours)
    notes: list[str] = field(default_factory=list)
    replies: list[None] = field(default_factory=list)
    on_request: Callable[[str], None] = lambda _: None
    world: World = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
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
        remote = RemoteBackend(self.server.model, self.server.base, KEY, options, self.dialect)
        register = BatchRegister(self.register, is_ending)
        clock = Clock(self.hours, self.hours.sleep)
        batching = Batching(register, self.notes.append, lambda: self.replies.append(None), clock, is_ending)
        store = ReplyStore(self.folder / "llm.sqlite")
        retry = Retry(attempts=3, sleep=lambda _: None)
        return Client(BatchedBackend(remote, remote, batching), [store], budget=budget, retry=retry)

    @property
    def register(self) -> Path:
        """Return where the open batches stand."""
        return self.folder / "batches.jsonl"


class DatedAnthropicBatch(AnthropicBatch):
    """Anthropic's batches, with the time at which each was made, and the newest first."""

    def __init__(self, clock: Callable[[], float], hours: float = 3.0, reached: float = 0.5) -> None:
        super().__init__(clock, hours, reached)
        self.dates: dict[str, str] = {}

    def answer(self, asked: Asked) -> httpx.Response:
        """Answer as the other does, with dates."""
        response = super().answer(asked)
        if not asked.path.startswith("/messages/batches") or asked.path.endswith("/results"):
            return response
        body = response.json()
        shown = body.get("data", [body])
        for batch in shown:
            if "created_at" in batch:
                batch["created_at"] = self.dates.setdefault(batch["id"], datetime.now(UTC).isoformat())
        return said(body | {"data": shown[::-1], "has_more": False} if "data" in body else body, response.status_code)

    def hindered(self) -> None:
        """Never be overloaded: what a live question meets is tested elsewhere."""


def openai_desk(folder: Path, **options: Any) -> Desk:
    """Return a desk at OpenAI."""
    hours = Hours()
    return Desk(folder, OpenAIBatch(hours, **options), hours=hours)


def anthropic_desk(folder: Path, **options: Any) -> Desk:
    """Return a desk at Anthropic."""
    hours = Hours()
    return Desk(folder, DatedAnthropicBatch(hours, **options), ANTHROPIC_MESSAGES, hours)


def texts(n: int = N) -> list[Prompt]:
    """Return prompts that ask for a name: each is "inquire-refund"."""
    return [Prompt("Name them.", (("- parcel lost", "inquire-parcel"),), f"- refund money {k}") for k in range(n)]


def questions(n: int = N) -> list[Prompt]:
    """Return prompts that differ: every second one is about one topic."""
    second = ("payment back", "parcel courier")
    return [Prompt("Same?", SHOTS, f"- refund money {number}\n- {second[number % 2]}") for number in range(n)]


def posts(desk: Desk, path: str) -> int:
    """Return how often something was sent to a path."""
    return sum(asked.path == path for asked in desk.world.posts)
