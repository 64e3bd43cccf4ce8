"""Makes an `LLM` of a backend: stores first, then parallel calls with retries, each counted and kept."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import replace
from threading import Event, Semaphore
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dialin.errors import InputError, InputWarning, ProviderError
from dialin.llm.base import LLM, Backend, Reply, Request
from dialin.llm.batches.backend import BatchedBackend
from dialin.llm.batches.round import Books
from dialin.llm.cache import Origin, ReplyStore, request_key
from dialin.llm.ledger import Budget, Ledger
from dialin.llm.retry import Retry
from dialin.llm.succession import Succession
from dialin.llm.threads import THREADS
from dialin.llm.usage import Account, Usage, expected_usage, usage_of_reply, with_token_counts
from dialin.prompts.prompt import Prompt

_WAITING = "stopping: waiting for the answers under way, which are kept; another Ctrl-C leaves them"


class Client:
    """An `LLM` with memory, ledger, budget, retries and concurrency.

    Parameters
    ----------
    backend : Backend
        The provider.
    stores : sequence of ReplyStore
        Searched in order. A reply from a later one is copied to the first, never the other way round: the first may be
        in a folder from somebody else. Each new reply goes to all of them; only the first must be able to keep it.
    ledger : Ledger, optional
        Counts the usage.
    budget : Budget, optional
        Caps on paid calls.
    retry : Retry
        How to repeat failed calls.

    Attributes
    ----------
    refused : list of str
        The words with which the provider refused single questions.
    """

    def __init__(
        self,
        backend: Backend,
        stores: Sequence[ReplyStore] = (),
        ledger: Ledger | None = None,
        budget: Budget | None = None,
        retry: Retry = Retry(),
    ) -> None:
        self.backend = backend
        self.name = backend.name
        self.stores = tuple(stores)
        self.ledger = Ledger() if ledger is None else ledger
        self.budget = budget or Budget()
        self.retry = retry
        self.refused: list[str] = []
        self._step = "other"
        self._n_draws = backend.n_draws
        self._succession = Succession([backend])

    def step(self, name: str) -> Self:
        """Return this client with its usage counted under the step `name`; all else is shared."""
        tagged = copy.copy(self)
        tagged._step = name
        return tagged

    def asking(self, backend: Backend) -> Self:
        """Return this client with another backend, which its opener closes; stores, ledger and budget are shared."""
        other = copy.copy(self)
        other.backend, other.name, other._n_draws = backend, backend.name, backend.n_draws
        other._succession = self._succession.led_by(backend)
        return other

    def falling_back(self, backends: Sequence[Backend], on_note: Callable[[str], None] | None = None) -> Self:
        """Return this client with backends that stand in for its own, one after the other, when it fails.

        A reply is kept under the name of the one that gave it. A question that one of them refuses for its content or
        its length goes to the next.

        Parameters
        ----------
        backends : sequence of Backend
            Those that stand in, which their opener closes.
        on_note : callable, optional
            Told in one line when one takes over; a warning by default.
        """
        other = copy.copy(self)
        other._succession = Succession([self.backend, *backends], on_note)
        return other

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities, shape (n_prompts, n_options); rows sum to at most 1.

        Raises
        ------
        InputError
            There are no options, or two are equal.
        BudgetError, ProviderError
            The batch stopped; the answers so far are stored.
        """
        if not options or len(set(options)) < len(options):
            raise InputError(f"options to choose from must be distinct and at least one, got {list(options)}")
        requests = [Request(prompt, tuple(options)) for prompt in prompts]
        chosen = _rows(self._answer(requests), len(options))
        in_words = np.flatnonzero(chosen.max(axis=1, initial=0.0) == 1.0)  # token probabilities stay below
        more = [replace(requests[i], draw=k) for k in range(1, self._n_draws) for i in in_words]
        draws = _rows(self._answer(more), len(options)).reshape(self._n_draws - 1, len(in_words), len(options))
        chosen[in_words] = np.mean([chosen[in_words], *draws], axis=0)
        return chosen

    def complete(self, prompts: Sequence[Prompt], max_tokens: int, grammar: str = "") -> list[str]:
        """Return the text written for each prompt, n_prompts strings; raises like `choose`."""
        requests = [Request(prompt, (), max_tokens, grammar) for prompt in prompts]
        return [reply.text for reply in self._answer(requests)]

    def close(self) -> None:
        """Close the backend and the stores."""
        self.backend.close()
        for store in self.stores:
            store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _answer(self, requests: Sequence[Request]) -> list[Reply]:
        keys = [request_key(self.name, request) for request in requests]
        wanted = dict(zip(keys, requests, strict=True))  # equal requests are asked once
        replies = {key: reply for key, request in wanted.items() if (reply := self._recall(request))}
        replies |= self._ask_all({key: wanted[key] for key in wanted if key not in replies})
        return [replies[key] for key in keys]

    def _recall(self, request: Request) -> Reply | None:
        """Return a stored reply of the backend, or one that another gave in its place in this run."""
        own = 1 if len(self.stores) > 1 else 0  # the first store is the run's; what others hold was not meant for it
        answering = next(self._succession.standing()).name
        for name in self._succession.names:
            is_asked = name in {self.name, answering}
            reply = self._recall_of(name, request, len(self.stores) if is_asked else own)
            if reply is not None:
                return reply
        return None

    def _recall_of(self, name: str, request: Request, n_stores: int) -> Reply | None:
        """Return the reply of one backend in the first stores."""
        key = request_key(name, request)
        for index, store in enumerate(self.stores[:n_stores]):
            reply = store.get(key)
            if reply is not None:
                self.ledger.add(Account(self._step, name), Usage(cached=1))
                if index > 0:
                    self.stores[0].put(key, request, reply, Origin(name, self._step, paid=False))
                return reply
        return None

    def _ask_all(self, wanted: dict[str, Request]) -> dict[str, Reply]:
        """Ask in batches if the backend that answers now can do so."""
        first, *others = self._succession.standing()
        for store in self.stores[:1] if wanted else ():
            store.make_ready()
        if wanted and isinstance(first, BatchedBackend):
            return first.reply_all(wanted, self._books(first.name, has_others=bool(others)))
        return self._ask_at_once(wanted)

    def _books(self, name: str, *, has_others: bool) -> Books:
        """Return what batches of the backend with this name need of the client."""
        account = Account(self._step, name, batch=True)
        return Books(
            reserve=lambda request: self.ledger.reserve(self.budget, account, expected_usage(request)),
            release=lambda request: self.ledger.release(account, expected_usage(request)),
            count=lambda reply: self.ledger.add(account, usage_of_reply(reply)),
            keep=lambda request, reply: self._keep(account, request, reply),
            ask=self._ask_at_once,
            retry=self.retry,
            has_others=has_others,
        )

    def _ask_at_once(self, wanted: dict[str, Request]) -> dict[str, Reply]:
        """Ask in parallel; on a failure finish and store the calls under way, start no more, and raise.

        A second interrupt leaves the calls under way to themselves.
        """
        if not wanted:
            return {}
        stop, keys = Event(), dict[Future[Reply], str]()
        places = Semaphore(self.backend.n_parallel)
        pool = ThreadPoolExecutor(self.backend.n_parallel, thread_name_prefix=THREADS)
        try:
            keys |= {pool.submit(self._unless, stop, places, request): key for key, request in wanted.items()}
            found = {keys[future]: future.result() for future in as_completed(keys)}
        except _StoppedError:
            pool.shutdown(wait=True, cancel_futures=True)
            raise _cause(keys) from None
        except BaseException as error:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            if isinstance(error, KeyboardInterrupt):
                warnings.warn(_WAITING, InputWarning, stacklevel=2)
            wait_until_free(places, self.backend.n_parallel)
            pool.shutdown(wait=True)
            raise
        pool.shutdown(wait=True)
        return found

    def _unless(self, stop: Event, places: Semaphore, request: Request) -> Reply:
        """Ask unless another call has failed; if this one fails, set `stop` before the waiting thread notices."""
        with places:
            if stop.is_set():
                raise _StoppedError
            try:
                return self._ask(request, stop)
            except BaseException:
                stop.set()
                raise

    def _ask(self, request: Request, stop: Event) -> Reply:
        """Ask the first backend that stands; the next one if it fails, or refuses this question."""
        refused = Reply("", (), 0, 0)
        for backend in self._succession.standing():
            if backend is not self.backend and (known := self._recall_of(backend.name, request, len(self.stores))):
                return known
            try:
                with self._succession.place(backend):
                    reply = self._ask_one(backend, request, stop)
            except ProviderError as error:
                if not self._succession.fail(backend, error):
                    raise
                continue
            if not reply.refused:
                self._keep(Account(self._step, backend.name), request, reply)
                return reply
            refused = reply
        self._keep(Account(self._step, self.name), request, refused)
        return refused

    def _ask_one(self, backend: Backend, request: Request, stop: Event) -> Reply:
        account, expected = Account(self._step, backend.name), expected_usage(request)
        self.ledger.reserve(self.budget, account, expected)
        try:
            reply = with_token_counts(self.retry.retrying(stop)(backend.reply, request), request)
        except BaseException:
            self.ledger.release(account, expected)
            raise
        self.ledger.settle(account, expected, usage_of_reply(reply))
        return reply

    def _keep(self, account: Account, request: Request, reply: Reply) -> None:
        """Store a reply; a refusal is only noted, as another server, or this one tomorrow, may answer the question."""
        if reply.refused:
            self.refused.append(reply.refused)
            return
        key = request_key(account.model, request)
        origin = Origin(account.model, account.step, batch=account.batch)
        for store in self.stores[:1]:
            store.put(key, request, reply, origin)
        for store in self.stores[1:]:
            with suppress(InputError):  # it spares other runs the question; this run has its answer
                store.put(key, request, reply, origin)


def tagged(llm: LLM, step: str) -> LLM:
    """Return `llm` with its usage counted under `step` if it is a `Client`; any other LLM as it is."""
    return llm.step(step) if isinstance(llm, Client) else llm


class _StoppedError(Exception):
    """Another call has failed, so this one was not made."""


def wait_until_free(places: Semaphore, n: int) -> None:
    """Wait for the n places of calls to be free: an interrupt may hide from the pool a thread that it has started."""
    for _ in range(n):
        places.acquire()
    places.release(n)


def _rows(replies: Sequence[Reply], n_options: int) -> NDArray[np.float64]:
    rows = [reply.probabilities for reply in replies]
    return np.array(rows, dtype=np.float64).reshape(len(replies), n_options)


def _cause(futures: Iterable[Future[Reply]]) -> BaseException:
    """Return the error that made the others stop."""
    errors = (future.exception() for future in futures if not future.cancelled())
    return next(error for error in errors if error is not None and not isinstance(error, _StoppedError))
