"""Replay the entries of a log on the tables of a run, as a pure function.

An edit that does not fit (its intent no longer exists, or one of its sentences does not) changes nothing and is listed
as void, so every log has exactly one outcome.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dialin.cluster.partition import rows_by
from dialin.discover.intent_tree import IntentTree
from dialin.review.branches import branch_misfit, changed_tree, put_beside, with_intents
from dialin.review.edits import (
    Accept,
    Change,
    Entry,
    Merge,
    Move,
    Noise,
    Place,
    Quorum,
    Redo,
    Rename,
    RenameBranch,
    Split,
    Undo,
    Vote,
)
from dialin.review.effects import changed_by, counted, new_branches, touched_labels
from dialin.review.fit import made_by, misfit
from dialin.review.verdicts import DEFAULT_QUORUM, JUDGES, VERIFIERS, Item, Votes

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


def replay(start: ReviewState, entries: Sequence[Entry]) -> ReviewState:
    """Return the state after these entries; `start` is not changed.

    Examples
    --------
    >>> start = start_of(np.array([0, 0, 1, -1]), {0: "block-card", 1: "lose-card"})
    >>> entries = [Entry(1, Merge(0, (1,))), Entry(2, Noise((0,))), Entry(3, Undo(2))]
    >>> replay(start, entries).labels.tolist()
    [0, 0, 0, -1]
    """
    active, undone = counted(entries)
    draft = _Draft(start, start.labels.copy(), dict(start.intents), start.pinned.copy(), start.tree)
    changes = {e.line: (e.edit, e.by) for e in entries if not isinstance(e.edit, Undo | Redo)}
    for line in sorted(active):
        draft.take(line, *changes[line])
    used = start.used | {intent for entry in entries for intent in made_by(entry.edit)}
    parted = (*draft.parted, *(bad for bad in draft.found_bad.values() if not draft.is_confirmed(bad.intent)))
    state = ReviewState(draft.labels, draft.told(), draft.pinned, parted, used, tuple(draft.void))
    changed = touched_labels(start.labels, state.labels, state.pinned)
    branches = start.used_branches | new_branches(e.edit for e in entries)
    tree = with_intents(draft.tree, draft.intents)
    state = replace(state, touched=changed, tree=tree, used_branches=branches)
    return replace(state, active=tuple(active), undone=tuple(undone), judged=draft.judged)


@dataclass
class _Draft:
    """Mutable state that `replay` fills.

    An edit takes as long as the intents that it is about are large: `arrived` holds the sentences that each intent got
    since the `start`, and those that left it again are told by their labels.
    """

    start: ReviewState
    labels: NDArray[np.int64]
    intents: dict[int, ReviewedIntent]
    pinned: NDArray[np.bool_]
    tree: IntentTree
    arrived: dict[int, list[NDArray[np.int64]]] = field(default_factory=dict)
    parted: list[BrokenIntent] = field(default_factory=list)
    void: list[int] = field(default_factory=list)
    heard: dict[Item, dict[str, bool]] = field(default_factory=dict)
    looks: dict[int, int] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)
    found_bad: dict[int, BrokenIntent] = field(default_factory=dict)
    wanted: int = DEFAULT_QUORUM

    @property
    def judged(self) -> Votes:
        return Votes(self.heard, self.looks, self.groups, self.wanted)

    def told(self) -> dict[int, ReviewedIntent]:
        """Return the intents, with `wants_split` set on each that the majority of either group finds bad."""
        judged, heard = self.judged, {intent for _, intent, _ in self.heard} & self.intents.keys()
        bad = [intent for intent in heard if is_bad(judged, intent, self.intents[intent])]
        return self.intents | {intent: replace(self.intents[intent], wants_split=True) for intent in bad}

    def members(self, intent: int) -> NDArray[np.int64]:
        """Return the sentences of an intent, ascending."""
        rows = self.start.rows.get(intent, np.empty(0, dtype=np.int64))
        if intent in self.arrived:
            rows = np.unique(np.concatenate([rows, *self.arrived[intent]]))
        still: NDArray[np.int64] = rows[self.labels[rows] == intent]
        return still

    def is_confirmed(self, intent: int) -> bool:
        return intent in self.intents and self.intents[intent].confirmed

    def take(self, line: int, change: Change, by: str) -> None:
        why = misfit(self, change) or branch_misfit(self.tree, self.intents, change)
        if why or (isinstance(change, Vote) and self.judged.misfit(change, by)):
            self.void.append(line)
        elif isinstance(change, Vote):
            self._hear(change, by)
        else:
            for intent in changed_by(self.labels, change):
                self.looks[intent] = self.looks.get(intent, 0) + 1
            self._do(change)

    def _hear(self, verdict: Vote, by: str) -> None:
        intent = verdict.intent
        self.heard.setdefault(self.judged.item(verdict.group, intent), {})[by] = verdict.good
        self.groups.setdefault(by, verdict.group)
        self._keep_bad(intent)

    def _keep_bad(self, intent: int) -> None:
        """Record the sentences of a cluster when its judges find it bad, because they are shared out afterwards."""
        if self.judged.decision(JUDGES, intent) is not False:
            self.found_bad.pop(intent, None)
        elif intent not in self.found_bad and intent in self.intents:
            self.found_bad[intent] = self._whole(intent)

    def _whole(self, intent: int) -> BrokenIntent:
        return BrokenIntent(intent, self.intents[intent].name, tuple(self.members(intent).tolist()))

    def _do(self, change: Change) -> None:
        match change:
            case Quorum(n):
                self.wanted = n
                for intent in {intent for group, intent, _ in self.heard if group == JUDGES}:
                    self._keep_bad(intent)
            case Accept(intent):
                self.intents[intent] = ReviewedIntent(self.intents[intent].name, confirmed=True)
            case Rename(intent, name):
                self.intents[intent] = ReviewedIntent(name, confirmed=True)
            case Merge():
                self._merge(change)
            case Split(intent, ()):
                self.intents[intent] = replace(self.intents[intent], confirmed=False, wants_split=True)
            case Split():
                self._split(change)
            case Move(sentences, intent, name):
                if name:
                    self.intents[intent] = ReviewedIntent(name, confirmed=True)
                    self.tree = put_beside(self.tree, [intent], int(self.labels[sentences[0]]))
                self._put(sentences, intent)
            case Noise(sentences):
                self._put(sentences, NO_INTENT)
            case RenameBranch() | Place():
                self.tree = changed_tree(self.tree, change)

    def _merge(self, change: Merge) -> None:
        for other in change.others:
            self._label(self.members(other), change.intent)
            del self.intents[other]
        self.intents[change.intent] = ReviewedIntent(change.name or self.intents[change.intent].name, confirmed=True)

    def _split(self, change: Split) -> None:
        self.parted.append(self._whole(change.intent))
        self.tree = put_beside(self.tree, (part.intent for part in change.parts), change.intent)
        whole = self.intents.pop(change.intent)
        for part in change.parts:
            self.intents[part.intent] = ReviewedIntent(part.name or whole.name, candidate=whole.candidate)
            self._label(np.array(part.sentences, dtype=np.int64), part.intent)

    def _put(self, sentences: Sequence[int], intent: int) -> None:
        rows = np.array(sentences, dtype=np.int64)
        self._label(rows, intent)
        self.pinned[rows] = True

    def _label(self, rows: NDArray[np.int64], intent: int) -> None:
        self.labels[rows] = intent
        self.arrived.setdefault(intent, []).append(rows)


def is_bad(judged: Votes, intent: int, known: ReviewedIntent) -> bool:
    """Return whether an intent is bad by majority: of its verifiers, or of its judges while it is unconfirmed."""
    of_judges = judged.decision(JUDGES, intent) is False and not known.confirmed
    return of_judges or judged.decision(VERIFIERS, intent) is False


def refusal(state: ReviewState, change: Change, by: str = "") -> str:
    """Return the reason why a person's edit does not fit a state, or "" if it fits; new ids must be unused."""
    taken = made_by(change) & state.used - ({change.intent} if isinstance(change, Split) else set())
    if taken:
        return f"id {min(taken)} is already in use"
    if isinstance(change, Place) and change.name and change.branch in state.used_branches:
        return f"branch {change.branch} is already in use"
    why = misfit(state, change) or branch_misfit(state.tree, state.intents, change)
    return why or (state.judged.misfit(change, by) if isinstance(change, Vote) else "")
