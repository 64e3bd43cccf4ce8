"""Serve known replies as if the LLM had just given them, so that a cap counts every question, known or not."""

from __future__ import annotations

from dialin.llm.base import Backend, Reply, Request
from dialin.llm.cache import Origin, ReplyStore, request_key


class RecallBackend:
    """A backend that looks into a store before it asks another backend.

    A budget counts paid questions only, and a client gets known replies free from its stores: with the replies of the
    uncapped run in the shared store, no run would ever reach its cap. With the store behind the client, no question is
    paid for twice, and every question counts.

    Parameters
    ----------
    backend : Backend
        Answers the requests that the store does not know.
    known : ReplyStore
        Store of known replies; it also keeps each reply that had to be asked for.
    recalled : list of str
        Receives the key of each request that the store answered.
    """

    def __init__(self, backend: Backend, known: ReplyStore, recalled: list[str]) -> None:
        self.name, self.n_parallel, self.n_draws = backend.name, backend.n_parallel, backend.n_draws
        self._backend, self._known, self._recalled = backend, known, recalled

    def reply(self, request: Request) -> Reply:
        """Return the reply to one request, from the store if it has one."""
        key = request_key(self.name, request)
        reply = self._known.get(key)
        if reply is None:
            reply = self._backend.reply(request)
            self._known.put(key, request, reply, Origin(self.name, "other"))
            return reply
        self._recalled.append(key)
        return reply

    def close(self) -> None:
        """Do nothing: the code that opened the backend closes it."""
