"""Replies that were known before, given as if they were asked for: a cap then counts questions, known or not."""

from __future__ import annotations

from dialin.llm.base import Backend, Reply, Request
from dialin.llm.cache import ReplyStore, request_key


class RecallBackend:
    """A backend that looks into a store first.

    A budget counts what is paid, and what a store of its client knows is free: with the replies of the uncapped run in
    the shared store, no cap would ever be hit. Behind the client nothing is paid twice, and everything is counted.

    Parameters
    ----------
    backend : Backend
        Who is asked what the store does not know.
    known : ReplyStore
        Is only read.
    recalled : list of str
        Gets the key of each request that the store answered.
    """

    def __init__(self, backend: Backend, known: ReplyStore, recalled: list[str]) -> None:
        self.name, self.n_parallel = backend.name, backend.n_parallel
        self._backend, self._known, self._recalled = backend, known, recalled

    def reply(self, request: Request) -> Reply:
        """Answer one request."""
        key = request_key(self.name, request)
        reply = self._known.get(key)
        if reply is None:
            return self._backend.reply(request)
        self._recalled.append(key)
        return reply

    def close(self) -> None:
        """Do nothing: who opened the backend closes it."""
