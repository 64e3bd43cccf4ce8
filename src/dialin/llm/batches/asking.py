"""Asks questions through a provider's batch interface: sends them, waits for hours, and reads what came of them.

What is sent is in the register before it leaves, so that whoever resumes a run waits for it instead of paying twice.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from threading import Event
from urllib.parse import urlsplit
from uuid import uuid4

from dialin.errors import InputWarning, ProviderError
from dialin.llm.accepts import Accepts
from dialin.llm.base import Reply, Request
from dialin.llm.batches.base import BatchService, BatchState, Line, chunks_of
from dialin.llm.batches.reading import BatchReader
from dialin.llm.batches.register import BatchRegister, OpenBatch
from dialin.llm.batches.round import BatchRound, Books
from dialin.llm.http import RefusedError
from dialin.llm.rate import Clock
from dialin.llm.remote import RemoteBackend
from dialin.llm.retry import Retry

LEAST_QUESTIONS = 20
"""Fewer questions are asked at once, at the full price: a batch may take hours, and would save less than ten calls."""
FIRST_LOOK, LAST_LOOK = 5.0, 60.0
"""Seconds between two looks at a batch, at first and at last."""
MOST_LOOKS_IN_VAIN = 60
"""So many looks one after the other may fail, about an hour of them: a wait of a day outlives a broken line."""
_GONE = 404
_ENDED = {"done": "has ended", "expired": "has expired", "cancelled": "was cancelled"}


@dataclass(frozen=True)
class Batching:
    """What a run asks in batches with.

    Parameters
    ----------
    register : BatchRegister
        Remembers what was sent.
    on_note : callable
        Told in one line how far a batch is.
    on_reply : callable
        Called for each reply.
    clock : Clock
        Time, and a way to let it pass.
    is_ending : bool
        Stop what was sent: what is answered by then is used, and all else is asked at once.
    """

    register: BatchRegister
    on_note: Callable[[str], None]
    on_reply: Callable[[], None]
    clock: Clock
    is_ending: bool = False


class BatchAsker:
    """Asks one model through batches.

    Parameters
    ----------
    remote : RemoteBackend
        The model.
    service : BatchService
        The batch interface of its provider.
    batching : Batching
        What the run asks with.
    """

    def __init__(self, remote: RemoteBackend, service: BatchService, batching: Batching) -> None:
        self._remote, self._service, self._batching = remote, service, batching
        self._register, self._note = batching.register, batching.on_note
        self._reader = BatchReader(remote, service, batching.on_reply)
        self._host = urlsplit(remote.server.base_url).hostname or ""
        self._most_lines, self._one_by_one = service.most_lines, False
        self._kinds: set[tuple[bool, bool, bool]] = set()
        self._not_ours: set[str] = set()
        self._told: dict[str, int] = {}
        self._n_in_vain = 0

    def ask(self, wanted: Mapping[str, Request], books: Books) -> dict[str, Reply]:
        """Return the reply to each question, by key; many of them come hours later.

        Raises
        ------
        BudgetError, ProviderError
            Not all could be asked, or a batch failed; the answers so far are kept.
        """
        round_ = BatchRound(books, dict(wanted))
        try:
            for batch in self._open(round_):
                if not batch.name:
                    self._look_up(batch)
            self._collect(round_)
            while len(round_.left) >= LEAST_QUESTIONS and not (round_.capped or self._batching.is_ending):
                round_.ask(self._first_of_each_kind(round_.left))
                if len(round_.left) >= LEAST_QUESTIONS:
                    self._send(round_)
                    self._collect(round_)
        finally:
            round_.release(*list(round_.reserved))
        if round_.capped:
            raise round_.capped
        round_.ask(round_.at_once | round_.left)
        return round_.found

    def _open(self, round_: BatchRound) -> list[OpenBatch]:
        """Return the open batches in which a question of the round is."""
        return [b for b in self._register.of(self._remote.name) if not round_.left.keys().isdisjoint(b.keys)]

    def _first_of_each_kind(self, left: Mapping[str, Request]) -> dict[str, Request]:
        """Return the first questions of kinds that were not asked yet: what the model refuses in them is learnt."""
        firsts: dict[str, Request] = {}
        for key, request in left.items():
            kind = (bool(request.options), request.draw > 0, bool(request.grammar))
            if kind not in self._kinds:
                self._kinds.add(kind)
                firsts[key] = request
        return firsts

    # ---- sending

    def _send(self, round_: BatchRound) -> None:
        """Send the questions that the budget lets pass, in as few batches as there may be."""
        accepts = self._remote.learnt.now
        lines = [(key, self._remote.body(request, accepts)) for key, request in round_.left.items()]
        for chunk in chunks_of(lines, self._most_lines, self._service.most_bytes):
            allowed = [line for line in chunk if round_.reserve(line[0])]
            if allowed:
                self._send_one(allowed, accepts, round_.books.retry)
            if self._one_by_one:
                return

    def _send_one(self, lines: list[Line], accepts: Accepts, retry: Retry) -> None:
        keys = tuple(key for key, _ in lines)
        batch = OpenBatch(uuid4().hex, self._remote.name, keys, accepts, time.time())
        attempts: list[str] = []

        def submit() -> str:
            """Send; after a failure, first look whether the batch was made all the same."""
            names = self._service.find(batch, self._known()) if attempts else []
            attempts.append(batch.mark)
            return names[0] if names else self._service.submit(lines, self._remote.path(accepts), batch.mark)

        self._register.put(batch)
        name = retry.retrying(Event())(submit)
        self._register.named(batch, name)
        self._note(
            f"batch {name} with {len(keys):,} questions is at {self._host}, which answers within 24 hours; "
            "you can leave the run (Ctrl-C) and resume it later"
        )

    def _look_up(self, batch: OpenBatch) -> OpenBatch | None:
        """Find the name of a batch that may have been sent; strike it out if it was not."""
        names = self._service.find(batch, self._known())
        if names:
            return self._register.named(batch, names[0])
        self._register.remove(batch)
        return None

    def _known(self) -> set[str]:
        """Return the names of batches that are others than the one that is looked for."""
        return self._not_ours | {batch.name for batch in self._register.of(self._remote.name) if batch.name}

    # ---- waiting

    def _collect(self, round_: BatchRound) -> None:
        """Wait for the open batches, and read each as soon as it has ended."""
        open_ = self._open(round_)
        wait = FIRST_LOOK
        with self._left_on_interrupt(open_):
            if self._batching.is_ending:
                for batch in open_:
                    with suppress(RefusedError):  # it has ended meanwhile
                        self._service.cancel(batch.name)
            while open_:
                open_ = [waiting for batch in open_ if (waiting := self._looked_at(batch, round_))]
                if open_:
                    self._batching.clock.sleep(wait)
                    wait = min(1.5 * wait, LAST_LOOK)

    @contextmanager
    def _left_on_interrupt(self, batches: list[OpenBatch]) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            names = ", ".join(batch.name for batch in batches)
            line = f"left at {self._host}, which goes on: batch {names}; its answers are read when the run is resumed"
            warnings.warn(line, InputWarning, stacklevel=2)
            raise

    def _looked_at(self, batch: OpenBatch, round_: BatchRound) -> OpenBatch | None:
        """Look at a batch, and read it if it has ended; return the batch that is still to be waited for."""
        try:
            state = self._service.state(batch.name)
        except ProviderError as error:
            return self._unseen(batch, round_, error)
        self._n_in_vain = 0
        if not state.end:
            self._tell(batch, state)
            return batch
        if state.end == "failed":
            self._failed(batch, state, round_)
            return None
        return self._read(batch, state, round_)

    def _unseen(self, batch: OpenBatch, round_: BatchRound, error: ProviderError) -> OpenBatch | None:
        """Return the batch that the provider did not show, to look again; None if there is no such batch any more."""
        if isinstance(error, RefusedError) and error.status == _GONE:
            self._note(f"batch {batch.name} is no longer at {self._host}: its questions are asked again")
            self._strike(batch, round_)
            return None
        self._n_in_vain += 1
        if not error.retryable or self._n_in_vain > MOST_LOOKS_IN_VAIN:
            raise error
        return batch

    def _tell(self, batch: OpenBatch, state: BatchState) -> None:
        """Say how many questions are answered, at each tenth of them."""
        tenths = 10 * state.n_done // max(1, state.n)
        if tenths > self._told.get(batch.name, 0):
            self._told[batch.name] = tenths
            self._note(f"batch {batch.name}: {state.n_done:,} of {state.n:,} questions answered")

    # ---- after the end

    def _strike(self, batch: OpenBatch, round_: BatchRound) -> None:
        self._register.remove(batch)
        round_.release(*batch.keys)

    def _failed(self, batch: OpenBatch, state: BatchState, round_: BatchRound) -> None:
        """Raise for a batch that the provider refuses; send smaller ones, one by one, if it only was too much."""
        self._strike(batch, round_)
        line = f"batch {batch.name} was refused by {self._host}: {state.why or 'no reason given'}"
        if not state.is_too_much:
            raise ProviderError(line, hint="without batches: resume with --no-batch")
        self._most_lines, self._one_by_one = len(batch.keys) // 2, True
        self._note(f"{line}; trying again with at most {self._most_lines:,} questions at a time")
        if self._most_lines < LEAST_QUESTIONS:
            round_.move(*batch.keys)

    def _read(self, batch: OpenBatch, state: BatchState, round_: BatchRound) -> OpenBatch | None:
        """Read a batch that has ended; if it is not ours after all, return the one that may be."""
        n_answered = self._reader.read(batch, round_)
        if n_answered is None:
            self._not_ours.add(batch.name)
            return self._look_up(replace(batch, name=""))
        self._strike(batch, round_)
        line = f"batch {batch.name} {_ENDED[state.end]}: {n_answered:,} of {len(batch.keys):,} questions answered"
        if state.end == "cancelled" and not self._batching.is_ending:
            raise ProviderError(line, hint=f"somebody cancelled it at {self._host}")
        self._note(line)
        return None
