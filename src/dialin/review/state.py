"""The state of a review: which intents there are, where each sentence is, and what people said of both."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dialin.cluster.labels import rows_by
from dialin.discover.intent_tree import IntentTree
from dialin.review.verdicts import Votes

NO_INTENT = -1
"""Label of a sentence without an intent."""


@dataclass(frozen=True)
class ReviewedIntent:
    """An intent under review: its name, whether a person confirmed it, and whether a person wants it split.

    A `candidate` of the run, or a part of one, is one until a person confirms it.
    """

    name: str
    confirmed: bool = False
    wants_split: bool = False
    candidate: bool = False


@dataclass(frozen=True)
class BrokenIntent:
    """An intent that a person split or the judges found bad: its id, and its name and sentences at that time."""

    intent: int
    name: str
    sentences: tuple[int, ...]


@dataclass(frozen=True)
class ReviewState:
    """State of a review.

    Parameters
    ----------
    labels : int64 array of shape (n,)
        Intent of each sentence; −1 for none. Read-only by convention.
    intents : mapping of int to ReviewedIntent
        The intents that exist now.
    pinned : bool array of shape (n,)
        Whether a person moved the sentence to its intent or marked it as noise.
    parted : tuple of BrokenIntent
        Intents that were split or found bad.
    used : frozenset of int
        All ids that any intent ever had.
    void : tuple of int
        Lines of edits that did not fit.
    touched : frozenset of int
        Intents that gained or lost a sentence, or hold one that a person placed.
    active, undone : tuple of int
        Lines of the edits in effect, and of the undone edits, each in the order in which they became so.
    judged : Votes
        People's verdicts on the intents.
    tree : IntentTree
        The branches above the intents that exist.
    used_branches : frozenset of int
        All numbers that any branch ever had.
    """

    labels: NDArray[np.int64]
    intents: Mapping[int, ReviewedIntent]
    pinned: NDArray[np.bool_]
    parted: tuple[BrokenIntent, ...] = ()
    used: frozenset[int] = frozenset()
    void: tuple[int, ...] = ()
    touched: frozenset[int] = frozenset()
    active: tuple[int, ...] = ()
    undone: tuple[int, ...] = ()
    judged: Votes = field(default_factory=Votes)
    tree: IntentTree = field(default_factory=IntentTree)
    used_branches: frozenset[int] = frozenset()

    @property
    def free_branch(self) -> int:
        """The smallest number above that of every branch that there ever was."""
        return max(self.used_branches, default=-1) + 1

    @property
    def free(self) -> int:
        """The smallest id above every id that was ever used."""
        return max(self.used, default=NO_INTENT) + 1

    def members(self, intent: int) -> NDArray[np.int64]:
        """Return the sentences of an intent, ascending; −1 gives the sentences without an intent."""
        return np.flatnonzero(self.labels == intent)

    @cached_property
    def rows(self) -> Mapping[int, NDArray[np.int64]]:
        """The sentences of every intent that has any, for who needs those of many: one pass finds them all."""
        return rows_by(self.labels)


def start_of(
    labels: NDArray[np.int64],
    names: Mapping[int, str],
    candidates: Collection[int] = frozenset(),
    tree: IntentTree | None = None,
) -> ReviewState:
    """Return the state before any edit; `candidates` are the intents that wait to be accepted."""
    known = {int(i): ReviewedIntent(name, candidate=i in candidates) for i, name in names.items()}
    branches, pinned = tree or IntentTree(), np.zeros(len(labels), dtype=bool)
    used_branches = frozenset(branches.by_number)
    return ReviewState(labels, known, pinned, used=frozenset(known), tree=branches, used_branches=used_branches)
