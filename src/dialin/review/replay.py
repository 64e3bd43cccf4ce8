"""From the tables of a run and the entries of a log to where each sentence belongs now: a pure function.

An edit that does not fit (its intent is gone, a sentence of it is not there) changes nothing and is listed as void,
so that every log has exactly one outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from dialin.review.edits import (
    Accept,
    Change,
    Edit,
    Entry,
    Merge,
    Move,
    Noise,
    Quorum,
    Redo,
    Rename,
    Split,
    Undo,
    Vote,
)
from dialin.review.fit import misfit
from dialin.review.verdicts import DEFAULT_QUORUM, JUDGES, VERIFIERS, Item, Votes

NO_INTENT = -1
"""Intent of a sentence that has none."""


@dataclass(frozen=True)
class ReviewedIntent:
    """An intent under review: its name, whether a person confirmed it, and whether one wants it split."""

    name: str
    confirmed: bool = False
    wants_split: bool = False


@dataclass(frozen=True)
class BrokenIntent:
    """An intent that a person split, or the judges found bad: its id, its name then, and its sentences then."""

    intent: int
    name: str
    sentences: tuple[int, ...]


@dataclass(frozen=True)
class ReviewState:
    """Where a review stands.

    Parameters
    ----------
    labels : int64 array of shape (n,)
        Intent of each sentence; −1: none. Not to be written to.
    intents : mapping of int to ReviewedIntent
        The intents that there are.
    pinned : bool array of shape (n,)
        Whether a person put the sentence where it is, alone or with others.
    parted : tuple of BrokenIntent
        What was split or found bad.
    used : frozenset of int
        All ids that any intent ever had.
    void : tuple of int
        Lines of edits that did not fit.
    touched : frozenset of int
        Intents that gained or lost a sentence, or have one that a person put there.
    active, undone : tuple of int
        Lines of the edits that count, and of those that are undone, in the order in which that happened.
    judged : Votes
        What people said of the intents, good or bad.
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

    @property
    def free(self) -> int:
        """The least id above all that were ever used."""
        return max(self.used, default=NO_INTENT) + 1

    def members(self, intent: int) -> NDArray[np.int64]:
        """Return the sentences of an intent, or of none (−1), ascending."""
        return np.flatnonzero(self.labels == intent)


def start_of(labels: NDArray[np.int64], names: Mapping[int, str]) -> ReviewState:
    """Return the state before any edit."""
    known = {int(intent): ReviewedIntent(name) for intent, name in names.items()}
    return ReviewState(labels, known, np.zeros(len(labels), dtype=bool), used=frozenset(known))


def replay(start: ReviewState, entries: Sequence[Entry]) -> ReviewState:
    """Return the state after these entries; `start` stays as it is.

    Examples
    --------
    >>> start = start_of(np.array([0, 0, 1, -1]), {0: "block-card", 1: "lose-card"})
    >>> entries = [Entry(1, Merge(0, (1,))), Entry(2, Noise((0,))), Entry(3, Undo(2))]
    >>> replay(start, entries).labels.tolist()
    [0, 0, 0, -1]
    """
    active, undone = counted(entries)
    draft = _Draft(start.labels.copy(), dict(start.intents), start.pinned.copy())
    changes = {e.line: (e.edit, e.by) for e in entries if not isinstance(e.edit, Undo | Redo)}
    for line in sorted(active):
        draft.take(line, *changes[line])
    used = start.used | {intent for entry in entries for intent in made_by(entry.edit)}
    parted = (*draft.parted, *(bad for bad in draft.found_bad.values() if not draft.is_confirmed(bad.intent)))
    state = ReviewState(draft.labels, draft.told(), draft.pinned, parted, used, tuple(draft.void))
    changed = touched(start, state)
    return replace(state, touched=changed, active=tuple(active), undone=tuple(undone), judged=draft.judged)


def touched(start: ReviewState, state: ReviewState) -> frozenset[int]:
    """Return the intents whose sentences are not those of the start, or were put there by a person."""
    moved = state.labels != start.labels
    found = (start.labels[moved], state.labels[moved | state.pinned])
    return frozenset(np.unique(np.concatenate(found)).tolist())


def counted(entries: Iterable[Entry]) -> tuple[list[int], list[int]]:
    """Return the lines of the edits that count and of those that are undone, the latest last.

    Examples
    --------
    >>> counted([Entry(1, Accept(0)), Entry(2, Accept(1)), Entry(3, Undo(1)), Entry(4, Undo(2)), Entry(5, Redo(1))])
    ([1], [2])
    """
    changed_at = dict[int, int]()  # line of a change -> line where it last came to count or was undone
    counts = dict[int, bool]()
    for entry in entries:
        match entry.edit:
            case Undo(line) if counts.get(line) is True:
                counts[line], changed_at[line] = False, entry.line
            case Redo(line) if counts.get(line) is False:
                counts[line], changed_at[line] = True, entry.line
            case Undo() | Redo():
                continue
            case _:
                counts[entry.line], changed_at[entry.line] = True, entry.line
    latest_last = sorted(counts, key=changed_at.__getitem__)
    return [line for line in latest_last if counts[line]], [line for line in latest_last if not counts[line]]


def made_by(edit: Edit) -> set[int]:
    """Return the ids that an edit may bring into use."""
    match edit:
        case Split(_, parts):
            return {part.intent for part in parts}
        case Move(_, intent, name) if name:
            return {intent}
    return set()


@dataclass
class _Draft:
    """A state that `replay` writes to, of its own."""

    labels: NDArray[np.int64]
    intents: dict[int, ReviewedIntent]
    pinned: NDArray[np.bool_]
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
        """Return the intents; those that the majority of either group finds bad want a person's hand."""
        judged = self.judged
        return {i: replace(k, wants_split=True) if is_bad(judged, i, k) else k for i, k in self.intents.items()}

    def is_confirmed(self, intent: int) -> bool:
        return intent in self.intents and self.intents[intent].confirmed

    def take(self, line: int, change: Change, by: str) -> None:
        why = misfit(self.labels, self.intents, change)
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
        """Keep what a cluster held when its judges found it bad: it is shared out from then on."""
        if self.judged.decision(JUDGES, intent) is not False:
            self.found_bad.pop(intent, None)
        elif intent not in self.found_bad and intent in self.intents:
            self.found_bad[intent] = self._whole(intent)

    def _whole(self, intent: int) -> BrokenIntent:
        rows = np.flatnonzero(self.labels == intent).tolist()
        return BrokenIntent(intent, self.intents[intent].name, tuple(rows))

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
                self.intents[intent] = ReviewedIntent(self.intents[intent].name, wants_split=True)
            case Split():
                self._split(change)
            case Move(sentences, intent, name):
                if name:
                    self.intents[intent] = ReviewedIntent(name, confirmed=True)
                self._put(sentences, intent)
            case Noise(sentences):
                self._put(sentences, NO_INTENT)

    def _merge(self, change: Merge) -> None:
        self.labels[np.isin(self.labels, change.others)] = change.intent
        for other in change.others:
            del self.intents[other]
        self.intents[change.intent] = ReviewedIntent(change.name or self.intents[change.intent].name, confirmed=True)

    def _split(self, change: Split) -> None:
        self.parted.append(self._whole(change.intent))
        name = self.intents.pop(change.intent).name
        for part in change.parts:
            self.intents[part.intent] = ReviewedIntent(part.name or name)
            self.labels[list(part.sentences)] = part.intent

    def _put(self, sentences: Sequence[int], intent: int) -> None:
        self.labels[list(sentences)] = intent
        self.pinned[list(sentences)] = True


def changed_by(labels: NDArray[np.int64], change: Change) -> set[int]:
    """Return the intents whose sentences or name a change touches, as far as they are there after it.

    Examples
    --------
    >>> sorted(changed_by(np.array([0, 0, 1, -1]), Move((1, 3), 2, "new-one")))
    [0, 2]
    """
    match change:
        case Rename(intent, _) | Merge(intent, _, _):
            return {intent}
        case Split(_, parts):
            return {part.intent for part in parts}
        case Move(sentences, intent, _):
            return {intent, *labels[list(sentences)].tolist()} - {NO_INTENT}
        case Noise(sentences):
            return set(labels[list(sentences)].tolist()) - {NO_INTENT}
    return set()


def is_bad(judged: Votes, intent: int, known: ReviewedIntent) -> bool:
    """Return whether the majority finds an intent bad: of those who verify it, or who judged it before it was named."""
    of_judges = judged.decision(JUDGES, intent) is False and not known.confirmed
    return of_judges or judged.decision(VERIFIERS, intent) is False


def refusal(state: ReviewState, change: Change, by: str = "") -> str:
    """Return why somebody's edit does not fit a state, "" if it does; new ids must be unused."""
    taken = made_by(change) & state.used - ({change.intent} if isinstance(change, Split) else set())
    if taken:
        return f"the id {min(taken)} is taken"
    why = misfit(state.labels, state.intents, change)
    return why or (state.judged.misfit(change, by) if isinstance(change, Vote) else "")
