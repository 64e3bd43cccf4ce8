"""Reads the batches that have ended, and decides for each question whether it has its reply or is asked again."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from dialin.llm.batches.base import BatchRow, BatchService
from dialin.llm.batches.register import OpenBatch
from dialin.llm.batches.round import BatchRound
from dialin.llm.remote import RemoteBackend
from dialin.llm.usage import with_token_counts

MOST_BATCHES = 2
"""Batches that a question goes into; if the second brings no answer either, it is asked at once."""


class BatchReader:
    """Reads the batches of one model.

    Parameters
    ----------
    remote : RemoteBackend
        The model.
    service : BatchService
        The batch interface of its provider.
    on_reply : callable
        Called for each reply.
    """

    def __init__(self, remote: RemoteBackend, service: BatchService, on_reply: Callable[[], None]) -> None:
        self._remote, self._service, self._on_reply = remote, service, on_reply

    def read(self, batch: OpenBatch, round_: BatchRound) -> int | None:
        """Take what came of a batch; return how many questions it answered, or None if its questions are not ours.

        Raises
        ------
        ProviderError
            The answers cannot be fetched; those taken before are kept.
        """
        keys, seen = set(batch.keys), set[str]()

        def fetch() -> None:
            """Take each answer once, also if the line breaks and the file is fetched again."""
            for row in self._service.rows(batch.name):
                if row.key not in seen:
                    seen.add(row.key)
                    if row.key in keys and row.key in round_.left:
                        self._take(row, batch, round_)

        round_.books.retry.retrying(Event())(fetch)
        if seen and seen.isdisjoint(keys):
            return None
        for key in [key for key in batch.keys if key in round_.left and key not in seen]:
            self._take(BatchRow(key, None), batch, round_)
        return len(round_.found.keys() & keys)

    def _take(self, row: BatchRow, batch: OpenBatch, round_: BatchRound) -> None:
        """Let a question have its reply, go into another batch, or be asked at once."""
        round_.release(row.key)
        round_.n_batches[row.key] = round_.n_batches.get(row.key, 0) + 1
        is_wiser = True
        if row.received is not None:
            request = round_.left[row.key]
            read, is_usable = self._remote.read_late(request, batch.accepts, row.received)
            reply = with_token_counts(read, request)
            if is_usable and not (reply.refused and round_.books.has_others):
                round_.answer(row.key, reply)
                self._on_reply()
                return
            if read.tokens_in or read.tokens_out:  # paid all the same
                round_.books.count(reply)
            is_wiser = self._remote.learnt.now != batch.accepts  # or it would go out in the same words again
        if not is_wiser or round_.n_batches[row.key] >= MOST_BATCHES:
            round_.move(row.key)
