"""A model that is asked through batches where that is worth it, and which models can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dialin.errors import InputError, ProviderError
from dialin.llm.base import Backend, Reply, Request
from dialin.llm.batches.anthropic import AnthropicBatches
from dialin.llm.batches.asking import BatchAsker, Batching
from dialin.llm.batches.base import BatchService
from dialin.llm.batches.openai import OpenAIBatches
from dialin.llm.batches.round import Books
from dialin.llm.http import Server
from dialin.llm.remote import RemoteBackend

_SERVICES: Mapping[str, Callable[[Server], BatchService]] = {"openai": OpenAIBatches, "anthropic": AnthropicBatches}
_HINT = "leave out --batch"


class BatchedBackend:
    """A backend whose questions can go out in batches.

    Parameters
    ----------
    live : Backend
        Asks at once; it is closed with this one.
    remote : RemoteBackend
        The model behind it.
    batching : Batching
        What the run asks with.
    """

    def __init__(self, live: Backend, remote: RemoteBackend, batching: Batching) -> None:
        self.name, self.n_parallel, self.n_draws = live.name, live.n_parallel, live.n_draws
        self._live, self._asker = live, BatchAsker(remote, service_of(remote), batching)

    def reply(self, request: Request) -> Reply:
        """Answer one request at once."""
        return self._live.reply(request)

    def reply_all(self, wanted: Mapping[str, Request], books: Books) -> dict[str, Reply]:
        """Answer requests, by key, in batches and at once; see `BatchAsker.ask`."""
        return self._asker.ask(wanted, books)

    def close(self) -> None:
        """Close the backend that asks at once."""
        self._live.close()


def service_of(remote: RemoteBackend) -> BatchService:
    """Return the batch interface of a model's provider; raise InputError if dialin knows none."""
    service = _SERVICES.get(remote.dialect.kind)
    if service is None:
        known = " and ".join(_SERVICES)
        raise InputError(f"{remote.name} cannot be asked in batches; only {known} models can", hint=_HINT)
    return service(remote.server)


def check_batches(*backends: Backend | None) -> None:
    """Find out, for free, whether models can be asked in batches; those in this process need not.

    Raises
    ------
    InputError
        None of the models is on a server, or one is on a server that has no batch interface.
    """
    remotes = [backend for backend in backends if isinstance(backend, RemoteBackend)]
    if not remotes:
        raise InputError("batches are for models of OpenAI and Anthropic, and this run asks none", hint=_HINT)
    for remote in remotes:
        try:
            service_of(remote).check()
        except ProviderError as error:
            raise InputError(f"{remote.name} cannot be asked in batches: {error.message}", hint=_HINT) from error
