"""The replies of LLMs: the stores of a run and of a user, and who is told of each one that comes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from dialin.llm.base import Backend, Reply, Request
from dialin.llm.cache import ReplyStore
from dialin.llm.usage import Account, Usage
from dialin.models.home import home_path, writable_home

_SHARED_REPLIES = "replies.sqlite"


def shared_store() -> ReplyStore:
    """Open the replies of all runs of this user; new ones are kept in memory if the user's folder cannot be written.

    Only what a server or a model answers in this process comes in: a run folder may be from somebody else.
    """
    path, is_writable = home_path() / _SHARED_REPLIES, writable_home() is not None
    if is_writable:
        return ReplyStore(path, keeps_empty=False)
    return ReplyStore(":memory:", known=path if path.is_file() else None, keeps_empty=False)


def asked(run_store: Path) -> dict[Account, Usage]:
    """Return the distinct questions of a run by step and LLM, and their tokens, paid for or not."""
    with closing(replies_in(run_store)) as store:
        return store.bill()


def replies_in(run_store: Path) -> ReplyStore:
    """Open the replies of a run; an empty store if the run has none, as looking makes no file."""
    return ReplyStore(run_store if run_store.exists() else ":memory:")


class WatchedBackend:
    """A backend that reports each reply, for a progress bar; closing it leaves the real one open."""

    def __init__(self, backend: Backend, on_reply: Callable[[], None]) -> None:
        self.name, self.n_parallel, self.n_draws = backend.name, backend.n_parallel, backend.n_draws
        self._backend, self._on_reply = backend, on_reply

    def reply(self, request: Request) -> Reply:
        """Answer one request."""
        reply = self._backend.reply(request)
        self._on_reply()
        return reply

    def close(self) -> None:
        """Do nothing: whoever opened the real backend closes it."""
