"""Replay the entries of a log on the tables of a run, as a pure function.

An edit that does not fit (its intent no longer exists, or one of its sentences does not) changes nothing and is listed
as void, so every log has exactly one outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

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
from dialin.review.state import NO_INTENT, BrokenIntent, ReviewedIntent, ReviewState
from dialin.review.verdicts import DEFAULT_QUORUM, JUDGES, VERIFIERS, Item, Votes


def replay(start: ReviewState, entries: Sequence[Entry]) -> ReviewState:
    """Return the state after these entries, by ascending line; `start` is not changed.

    Examples
    --------
    >>> from dialin.review.state import start_of
    >>> start = start_of(np.array([0, 0, 1, -1]), {0: "block-card", 1: "lose-card"})
    >>> entries = [Entry(1, Merge(0, (1,))), Entry(2, Noise((0,))), Entry(3, Undo(2))]
    >>> replay(start, entries).labels.tolist()
    [0, 0, 0, -1]
    """
    return Replayer(start).after(entries)


class Replayer:
    """Replays a log again and again while it grows; safe for any number of threads.

    Where the entries begin with those of the last time, and only changes have been added, these alone are done.

    Parameters
    ----------
    start : ReviewState
        The state before any edit; it is not changed.
    """

    def __init__(self, start: ReviewState) -> None:
        self._start, self._lock = start, Lock()
        self._last: tuple[list[Entry], _Draft] | None = None

    def after(self, entries: Sequence[Entry]) -> ReviewState:
        """Return the state after these entries, by ascending line."""
        active, undone = counted(entries)
        in_effect = frozenset(active)
        with self._lock:
            draft, added = self._begun(entries)
            self._last = None  # an error would leave half a draft
            for entry in added:
                if entry.line in in_effect and not isinstance(entry.edit, Undo | Redo):
                    draft.take(entry.line, entry.edit, entry.by)
            self._last = list(entries), draft
            state = draft.state(entries)
        return replace(state, active=tuple(active), undone=tuple(undone))

    def _begun(self, entries: Sequence[Entry]) -> tuple[_Draft, Sequence[Entry]]:
        """Return a draft in which the first entries are done, and the others."""
        known, draft = self._last or ([], _Draft.of(self._start))
        added = entries[len(known) :]
        if known == list(entries[: len(known)]) and not any(isinstance(entry.edit, Undo | Redo) for entry in added):
            return draft, added
        return _Draft.of(self._start), entries


@dataclass
class _Draft:
    """Mutable state that `replay` fills.

    An edit takes as long as the intents that it is about are large: `arrived` holds the sentences that each intent got
    since the `start`, and those that left it again are told by their labels. A `state` shares nothing with it that a
    later edit changes.
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

    @classmethod
    def of(cls, start: ReviewState) -> _Draft:
        return cls(start, start.labels.copy(), dict(start.intents), start.pinned.copy(), start.tree)

    def state(self, entries: Sequence[Entry]) -> ReviewState:
        """Return the state as it is now, after these entries."""
        start, heard = self.start, {item: dict(by) for item, by in self.heard.items()}
        bad = (one for one in self.found_bad.values() if not self.is_confirmed(one.intent))
        return ReviewState(
            labels=self.labels.copy(),
            intents=self.told(),
            pinned=self.pinned.copy(),
            parted=(*self.parted, *bad),
            used=start.used.union(*(made_by(entry.edit) for entry in entries)),
            void=tuple(self.void),
            touched=self._touched(),
            judged=Votes(heard, dict(self.looks), dict(self.groups), self.wanted),
            tree=with_intents(self.tree, self.intents),
            used_branches=start.used_branches | new_branches(entry.edit for entry in entries),
        )

    def _touched(self) -> frozenset[int]:
        """Return the intents that gained or lost a sentence, or hold one that a person placed."""
        arrived = [rows for parts in self.arrived.values() for rows in parts]
        rows = np.concatenate([np.flatnonzero(self.start.pinned), *arrived])
        return touched_labels(self.start.labels[rows], self.labels[rows], self.pinned[rows])

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
