"""Reckons the peak memory of a run before it begins, so that a run that does not fit is not begun."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dialin.arrays import Matrix
from dialin.bounded import shown_size
from dialin.discover.large import MAX_CLUSTERED
from dialin.errors import InputError
from dialin.read.corpus import Corpus
from dialin.read.limits import ReadLimits

BASE_BYTES = 600_000_000
"""Of the process with its libraries and an embedder."""
PER_SENTENCE = 1_500.0
"""Bytes of a sentence beside its text and its vector: its places, its kind, its intent."""
PER_NUMBER = 8.0
"""Bytes of each number of a vector: in the file of vectors, and in a copy that leans towards what is said next."""
PER_CLUSTERED = 40.0
"""Bytes of each number of a vector that is clustered: smoothed, in a tree, and beside its neighbours."""
PER_ROW = 200.0
"""Bytes of a row, however often its sentence is said: where and when it was said."""
PER_LETTER = 6.0
"""Bytes of each letter of a sentence: in the table, in the corpus, and in the report."""
NARROWEST = 64
"""Numbers of the narrowest vector that is usual."""
WIDEST = 4_096
"""Numbers of the widest vector that is usual."""
_HINT = "give a part of them, and the rest to dialin predict; or say with --memory how much there is"
CGROUPS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux keeps the limit of a container."""


@dataclass(frozen=True)
class MemoryNeed:
    """What the peak memory of ``discover`` without an LLM depends on; an LLM in the process comes on top.

    A run of 999,945 sentences of 384 numbers and 48 letters without dialogues held 4.6 GB, 1.6 of them the file of
    vectors, which the system takes back where it needs them; 3,000 such sentences took 0.6 GB.

    Parameters
    ----------
    n : int
        Distinct sentences.
    n_numbers : int
        Numbers of a vector.
    n_letters : float
        Mean length of a sentence.
    n_rows : int
        Rows in which the sentences are said.
    """

    n: int
    n_numbers: int
    n_letters: float
    n_rows: int = 0

    @classmethod
    def of(cls, texts: Sequence[str], n_numbers: int, n_rows: int) -> MemoryNeed:
        """Return the need of some distinct sentences, at least one, that are said in some rows."""
        return cls(len(texts), n_numbers, sum(map(len, texts)) / len(texts), n_rows)

    @property
    def per_sentence(self) -> float:
        """Bytes of a sentence that is only assigned."""
        return PER_SENTENCE + PER_NUMBER * self.n_numbers + PER_LETTER * self.n_letters

    @property
    def of_clustering(self) -> int:
        """Bytes of the sentences that are clustered, as if all of them had one role."""
        return round(min(self.n, MAX_CLUSTERED) * PER_CLUSTERED * self.n_numbers)

    @property
    def of_rows(self) -> int:
        """Bytes that the run takes whatever is said: its base, and its rows."""
        return BASE_BYTES + round(self.n_rows * PER_ROW)

    @property
    def n_bytes(self) -> int:
        """Bytes at the peak.

        Examples
        --------
        0.6 GB, 60,000 · 384 · 40 bytes of what is clustered, 1,500 + 384 · 8 + 50 · 6 for each sentence, and 200 for
        each row:

        >>> MemoryNeed(1_000_000, 384, 50.0, 2_000_000).n_bytes
        6793600000
        """
        return self.of_rows + self.of_clustering + round(self.n * self.per_sentence)

    def fitting(self, memory: int) -> int:
        """Return how many such sentences fit into some bytes of memory; 0 if none does."""
        left, clustered = memory - self.of_rows, PER_CLUSTERED * self.n_numbers
        if left < MAX_CLUSTERED * (self.per_sentence + clustered):  # all of them are clustered
            return max(0, int(left / (self.per_sentence + clustered)))
        return int((left - MAX_CLUSTERED * clustered) / self.per_sentence)

    def check(self, memory: int) -> None:
        """Raise InputError, which says what is needed and what fits, if the run does not fit into these bytes."""
        if self.n_bytes <= memory:
            return
        rows = f" in {self.n_rows:,} rows" if self.n_rows else ""
        raise InputError(
            f"{self.n:,} distinct sentences{rows} need about {shown_size(self.n_bytes)} of memory, and there are "
            f"{shown_size(memory)}, into which about {self.fitting(memory):,} fit",
            hint=_HINT,
        )


def check_fits(corpus: Corpus, encode: Callable[[Sequence[str]], Matrix], memory: int | None) -> None:
    """Raise InputError as `MemoryNeed.check` for some distinct sentences.

    One of them is embedded, to see how wide its vector is, unless they fit however wide it is.

    Parameters
    ----------
    corpus : Corpus
        The sentences, at least one, and the rows in which they are said.
    encode : callable
        Texts -> vectors, shape (n, d).
    memory : int, optional
        Bytes that the run may take; by default what the machine has.
    """
    most = machine_memory() if memory is None else memory
    texts, n_rows = corpus.texts, corpus.occurrences.num_rows
    if most is not None and MemoryNeed.of(texts, WIDEST, n_rows).n_bytes > most:
        MemoryNeed.of(texts, encode(texts[:1]).shape[1], n_rows).check(most)


def check_number(n: int, n_rows: int = 0, *, memory: int | None = None, hint: str = _HINT) -> None:
    """Raise InputError if a run of n distinct sentences cannot fit, however short they are and their vectors.

    So reading ends as soon as it is known that it was in vain, and takes a small part of the memory. Where the number
    of rows is known before they are read, such as in Parquet, it does not begin.

    Parameters
    ----------
    n : int
        Distinct sentences that have been found so far.
    n_rows : int
        Rows in which they are said.
    memory : int, optional
        Bytes that the run may take; by default what the machine has.
    hint : str
        What the message advises.
    """
    most = machine_memory() if memory is None else memory
    if most is None:
        return
    least = MemoryNeed(n, NARROWEST, 1.0, n_rows)
    fit = least.fitting(most)
    if n <= fit and least.of_rows <= most:
        return
    told = (
        f"{n_rows:,} rows need about {shown_size(least.of_rows)} of memory, and there are {shown_size(most)}"
        if least.of_rows > most
        else f"there are {n:,} distinct sentences and more, and {shown_size(most)} of memory, into which at most "
        f"{fit:,} fit"
    )
    raise InputError(told, hint=hint)


def reading_limits(memory: int | None = None, hint: str = _HINT) -> ReadLimits:
    """Return what reading may take: these bytes, by default those of the machine, and the rows of a run that fits."""
    most = machine_memory() if memory is None else memory
    return ReadLimits(most, partial(check_number, memory=memory, hint=hint), is_given=memory is not None)


def machine_memory(limits: Sequence[Path] = CGROUPS) -> int | None:
    """Return the bytes of memory that this machine has, or that its container may take; None if it does not say."""
    known = [found for path in limits if (found := _limit_in(path))]
    with suppress(AttributeError, ValueError, OSError):  # Windows
        known.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return min(known, default=None)


def _limit_in(path: Path) -> int | None:
    """Return the limit in a file of Linux; None if there is no file, or no limit in it."""
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):  # "max"
        return None
