"""Who answers: the LLM that was asked for, or one of those that stand in when it fails."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock

from dialin.errors import InputWarning, ProviderError
from dialin.llm.base import Backend


class Succession:
    """Backends in the order in which they are asked; safe to use from several threads.

    One that fails is not asked again in this session: its retries are used up, or its key is wrong. The next one
    answers in its place.

    Parameters
    ----------
    backends : sequence of Backend
        The LLM first, then those that stand in for it.
    on_note : callable
        Told in one line when another one takes over.
    """

    def __init__(self, backends: Sequence[Backend], on_note: Callable[[str], None] | None = None) -> None:
        self._backends = list(backends)
        self._on_note = on_note or (lambda line: warnings.warn(line, InputWarning, stacklevel=2))
        self._lock = Lock()
        self._n_failed = 0
        self._places = [BoundedSemaphore(backend.n_parallel) for backend in self._backends]

    def led_by(self, backend: Backend) -> Succession:
        """Return the order with `backend` first, and the same ones to stand in for it."""
        others = [other for other in self._backends[1:] if other.name != backend.name]
        return Succession([backend, *others], self._on_note)

    @property
    def names(self) -> list[str]:
        """The names of all backends, whose stored replies count; those that failed as well."""
        return [backend.name for backend in self._backends]

    def standing(self) -> Iterator[Backend]:
        """Return those that have not failed, in order; a failure during the iteration counts."""
        for index, backend in enumerate(self._backends):
            if index >= self._n_failed:
                yield backend

    @contextmanager
    def place(self, backend: Backend) -> Iterator[None]:
        """Wait until `backend` takes another call: one that stands in may take fewer at a time than the first."""
        with self._places[self._backends.index(backend)]:
            yield

    def fail(self, backend: Backend, error: ProviderError) -> bool:
        """Note that a backend has failed; return whether another one stands in for it."""
        index = self._backends.index(backend)
        if index + 1 >= len(self._backends):
            return False
        with self._lock:
            is_first = self._n_failed <= index
            self._n_failed = max(self._n_failed, index + 1)
        if is_first:
            self._on_note(
                f"{backend.name} fails: {error.message}; {self._backends[index + 1].name} answers from here on"
            )
        return True
