"""The log of a search, and the clusters that it takes out of a partition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from dialin.arrays import Rows
from dialin.cluster.partition import Partition
from dialin.judge.verdict import Coherence, Verdict

Ask = Callable[[Sequence[Rows]], list[Verdict]]
Unit = Literal["sentences", "clusters"]


@dataclass(frozen=True)
class Trial:
    """One line of the search log: what k clusters were worth.

    Parameters
    ----------
    k : int
        Number of clusters tried.
    good, bad, unreadable : int
        Sentences (or clusters, as the unit says) judged so.
    """

    k: int
    good: int
    bad: int
    unreadable: int = 0

    @property
    def ratio(self) -> float:
        """The paper's criterion; what could not be read does not count as good, nor as bad."""
        return self.good / (self.bad + 1)


@dataclass(frozen=True)
class SearchResult:
    """The clusters that a search took out of one partition, and its log.

    Parameters
    ----------
    clusters : tuple of ndarray
        Rows of each kept cluster; disjoint.
    verdicts : tuple of Verdict
        One per kept cluster.
    trials : tuple of Trial
        The log, in the order tried.
    best_k : int
        The k chosen; for a tree search, the number of clusters kept.
    capped : bool
        Whether a cap of the budget ended the asking: then this is the best of what was judged.
    """

    clusters: tuple[Rows, ...]
    verdicts: tuple[Verdict, ...]
    trials: tuple[Trial, ...]
    best_k: int
    capped: bool = False


class Search(Protocol):
    """Takes the coherent clusters out of one partition."""

    def __call__(self, partition: Partition, ask: Ask, log: Sequence[Trial]) -> SearchResult:
        """Return the clusters worth keeping; `log` holds the trials of the earlier rounds."""
        ...


def tally(judged: list[tuple[Rows, Verdict]], unit: Unit) -> Trial:
    """Count good, bad and unreadable of one cut, in sentences or clusters (paper: Table 16 and its text)."""
    weight = {c: sum(len(r) if unit == "sentences" else 1 for r, v in judged if v.coherence is c) for c in Coherence}
    return Trial(len(judged), weight[Coherence.GOOD], weight[Coherence.BAD], weight[Coherence.UNREADABLE])
