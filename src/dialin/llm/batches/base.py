"""What `dialin.llm.batches.asking` needs to know of a provider's batch interface."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from dialin.errors import ProviderError
from dialin.llm.batches.register import OpenBatch, is_batch_name
from dialin.llm.http import Server

Line = tuple[str, dict[str, Any]]
"""One question of a batch: its key, and the body of the request."""
PAGE = 100
"""Batches of one page of a provider's list."""
SKEW = 600.0
"""Seconds by which our clock and the provider's may differ."""
_MARGIN = 200
"""Bytes of a line beside its body: more than key, method and path take."""


@dataclass(frozen=True)
class BatchState:
    """How far a batch is.

    Parameters
    ----------
    end : {"", "done", "expired", "cancelled", "failed"}
        "" while the provider works on it; "failed" if it refuses all of it.
    n_done, n : int
        Questions that are answered or refused, and all of them.
    why : str
        Why it failed, in the provider's words.
    is_too_much : bool
        Whether it failed because more tokens would wait than the account may have waiting.
    """

    end: Literal["", "done", "expired", "cancelled", "failed"]
    n_done: int
    n: int
    why: str = ""
    is_too_much: bool = False


@dataclass(frozen=True)
class BatchRow:
    """What came of one question.

    Parameters
    ----------
    key : str
        Its key.
    received : dict, ProviderError or None
        The answer, as it would have come alone; the error in its place; None if the batch ended before it.
    """

    key: str
    received: dict[str, Any] | ProviderError | None


class BatchService(Protocol):
    """A provider's batch interface.

    Each method may raise `ProviderError`.
    """

    most_lines: int
    most_bytes: int

    def check(self) -> None:
        """Ask for something free, to find out whether there is such an interface."""
        ...

    def submit(self, lines: Sequence[Line], path: str, mark: str) -> str:
        """Send questions that all go to one path, with a mark if the provider keeps one; return the batch's name."""
        ...

    def find(self, batch: OpenBatch, others: Collection[str]) -> list[str]:
        """Return the names of batches that may be this one, likeliest first; it is none of `others`."""
        ...

    def state(self, name: str) -> BatchState:
        """Return how far a batch is."""
        ...

    def rows(self, name: str) -> Iterator[BatchRow]:
        """Yield what came of the questions of a batch that has ended, in any order."""
        ...

    def cancel(self, name: str) -> None:
        """Let the provider stop; what is answered until then stays."""
        ...


def chunks_of(lines: Sequence[Line], most_lines: int, most_bytes: int) -> Iterator[list[Line]]:
    """Yield the questions in batches of at most so many lines and bytes; a longer question goes alone.

    Examples
    --------
    >>> [len(chunk) for chunk in chunks_of([("a", {}), ("b", {}), ("c", {})], 2, 10**6)]
    [2, 1]
    """
    chunk: list[Line] = []
    size = 0
    for line in lines:
        more = len(json.dumps(line[1])) + _MARGIN
        if chunk and (len(chunk) == most_lines or size + more > most_bytes):
            yield chunk
            chunk, size = [], 0
        chunk.append(line)
        size += more
    if chunk:
        yield chunk


def count_of(counts: Mapping[str, Any], *names: str) -> int:
    """Return the sum of counts that a provider sends; what is no number counts as 0."""
    found = (counts.get(name) for name in names)
    return sum(count for count in found if isinstance(count, int))


def name_in(found: Mapping[str, Any], server: Server) -> str:
    """Return the name that a server gives a file or a batch; raise `ProviderError` if it can be none."""
    name = found.get("id")
    if not isinstance(name, str) or not name or not is_batch_name(name):
        raise server.unreadable(json.dumps(found))
    return name
