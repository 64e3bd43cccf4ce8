"""Asks the decision function about the utterances of many requests at once, in one thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pyarrow as pa
from starlette.exceptions import HTTPException

from dialin.jobs.predict_ranked import RankedAnswer, ranked_answers
from dialin.serve.questions import Inquiry
from dialin.serve.served import ServedRun

MOST_ROWS = 256
"""Utterances from which on no further request joins those that are answered at once; one that is cut counts more."""


@dataclass(frozen=True, eq=False)
class Told:
    """What a run decided about the utterances of a request: one run about all of them."""

    answers: list[RankedAnswer]
    served: ServedRun


@dataclass(frozen=True, eq=False)
class Waiting:
    """A request that waits for the model."""

    question: Inquiry
    told: asyncio.Future[Told]

    @property
    def is_alone(self) -> bool:
        """Whether its utterances are turns, whose vectors may take up what is said next in any of its dialogues."""
        dialogues = self.question.table["dialogue_id"]
        return bool(dialogues.null_count < len(dialogues))


class Batches:
    """The queue before the model, and the one thread in which the model works.

    Parameters
    ----------
    current : callable
        Returns the run that is served now; asked once for each batch.
    window : float
        Seconds for which the first request of a batch waits for others.
    max_waiting : int
        Requests that may wait.
    """

    def __init__(self, current: Callable[[], ServedRun], window: float, max_waiting: int) -> None:
        self._current, self._window = current, window
        self._queue = asyncio.Queue[Waiting](max_waiting)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="dialin-model")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer requests while the block runs."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self._thread.shutdown()

    async def ask(self, question: Inquiry, *, patient: bool = False) -> Told:
        """Return what is decided about the utterances of a request.

        Parameters
        ----------
        question : Inquiry
            The utterances.
        patient : bool
            Whether to wait until there is room in the queue; if not, a full one refuses.

        Raises
        ------
        HTTPException
            503 if too many requests are waiting, or the model failed.
        """
        waiting = Waiting(question, asyncio.get_running_loop().create_future())
        if patient:
            await self._queue.put(waiting)
        else:
            try:
                self._queue.put_nowait(waiting)
            except asyncio.QueueFull:
                raise HTTPException(503, "too many requests are waiting", {"Retry-After": "1"}) from None
        return await waiting.told

    async def _run(self) -> None:
        while True:
            batch = [await self._queue.get()]
            await asyncio.sleep(self._window)
            self._fill(batch)
            await self._answer(batch)

    def _fill(self, batch: list[Waiting]) -> None:
        n = batch[0].question.cost
        while n < MOST_ROWS and not self._queue.empty():
            batch.append(self._queue.get_nowait())
            n += batch[-1].question.cost

    async def _answer(self, batch: list[Waiting]) -> None:
        served, loop = self._current(), asyncio.get_running_loop()
        for part in answered_together([waiting for waiting in batch if not waiting.told.done()]):
            questions = [waiting.question for waiting in part]
            try:
                found = await loop.run_in_executor(self._thread, answers_to, served, questions)
            except Exception as error:  # whoever waits for an answer is told
                for waiting in part:
                    _settle(waiting, error)
            else:
                for waiting, answers in zip(part, found, strict=True):
                    _settle(waiting, Told(answers, served))


def answered_together(batch: Sequence[Waiting]) -> list[list[Waiting]]:
    """Return the requests that may be answered together: all but those with dialogues, each of which is alone."""
    together = [waiting for waiting in batch if not waiting.is_alone]
    return [*([together] if together else []), *([waiting] for waiting in batch if waiting.is_alone)]


def answers_to(served: ServedRun, questions: Sequence[Inquiry]) -> list[list[RankedAnswer]]:
    """Return what a run decides about the utterances of each question; no answer depends on the other questions."""
    table = served.read(pa.concat_tables([question.table for question in questions]))
    n_top = max((top for question in questions for top in question.tops), default=0)
    is_multi = [each for question in questions for each in question.is_multi]
    found = iter(ranked_answers(served.answers, table, n_top, is_multi))
    return [[next(found) for _ in question.ids] for question in questions]


def _settle(waiting: Waiting, result: Told | Exception) -> None:
    """Give an answer to whoever still waits for it."""
    if waiting.told.done():
        return
    if isinstance(result, Exception):
        waiting.told.set_exception(result)
    else:
        waiting.told.set_result(result)
