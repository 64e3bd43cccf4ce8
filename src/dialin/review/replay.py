"""From the tables of a run and the entries of a log to where each sentence belongs now: a pure function.

An edit that does not fit (its intent is gone, a sentence of it is not there) changes nothing and is listed as void,
so that every log has exactly one outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from dialin.review.edits import Accept, Change, Edit, Entry, Merge, Move, Noise, Redo, Rename, Split, Undo

NONE = -1
"""Intent of a sentence that has none."""


@dataclass(frozen=True)
class Known:
    """An intent under review: its name, whether a person confirmed it, and whether one wants it split."""

    name: str
    confirmed: bool = False
    wants_split: bool = False


@dataclass(frozen=True)
class Parted:
    """An intent that a person split: its id, its name then, and its sentences then."""

    intent: int
    name: str
    sentences: tuple[int, ...]


@dataclass(frozen=True)
class State:
    """Where a review stands.

    Parameters
    ----------
    labels : int64 array of shape (n,)
        Intent of each sentence; −1: none. Not to be written to.
    intents : mapping of int to Known
        The intents that there are.
    pinned : bool array of shape (n,)
        Whether a person put the sentence where it is, alone or with others.
    parted : tuple of Parted
        What was split.
    used : frozenset of int
        All ids that any intent ever had.
    void : tuple of int
        Lines of edits that did not fit.
    touched : frozenset of int
        Intents that gained or lost a sentence, or have one that a person put there.
    active, undone : tuple of int
        Lines of the edits that count, and of those that are undone, in the order in which that happened.
    """

    labels: NDArray[np.int64]
    intents: Mapping[int, Known]
    pinned: NDArray[np.bool_]
    parted: tuple[Parted, ...] = ()
    used: frozenset[int] = frozenset()
    void: tuple[int, ...] = ()
    touched: frozenset[int] = frozenset()
    active: tuple[int, ...] = ()
    undone: tuple[int, ...] = ()

    @property
    def free(self) -> int:
        """The least id above all that were ever used."""
        return max(self.used, default=NONE) + 1

    def members(self, intent: int) -> NDArray[np.int64]:
        """Return the sentences of an intent, or of none (−1), ascending."""
        return np.flatnonzero(self.labels == intent)


def start_of(labels: NDArray[np.int64], names: Mapping[int, str]) -> State:
    """Return the state before any edit."""
    known = {int(intent): Known(name) for intent, name in names.items()}
    return State(labels, known, np.zeros(len(labels), dtype=bool), used=frozenset(known))


def replay(start: State, entries: Sequence[Entry]) -> State:
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
    changes = {e.line: e.edit for e in entries if not isinstance(e.edit, Undo | Redo)}
    for line in sorted(active):
        draft.take(line, changes[line])
    used = start.used | {intent for entry in entries for intent in made_by(entry.edit)}
    state = State(draft.labels, draft.intents, draft.pinned, tuple(draft.parted), used, tuple(draft.void))
    return replace(state, touched=touched(start, state), active=tuple(active), undone=tuple(undone))


def touched(start: State, state: State) -> frozenset[int]:
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
    active, undone = dict[int, None](), dict[int, None]()  # sets that keep the order
    for entry in entries:
        match entry.edit:
            case Undo(line) if line in active:
                del active[line]
                undone[line] = None
            case Redo(line) if line in undone:
                del undone[line]
                active[line] = None
            case Undo() | Redo():
                continue
            case _:
                active[entry.line] = None
    return list(active), list(undone)


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
    intents: dict[int, Known]
    pinned: NDArray[np.bool_]
    parted: list[Parted] = field(default_factory=list)
    void: list[int] = field(default_factory=list)

    def take(self, line: int, change: Change) -> None:
        if misfit(self.labels, self.intents, change):
            self.void.append(line)
        else:
            self._do(change)

    def _do(self, change: Change) -> None:
        match change:
            case Accept(intent):
                self.intents[intent] = Known(self.intents[intent].name, confirmed=True)
            case Rename(intent, name):
                self.intents[intent] = Known(name, confirmed=True)
            case Merge():
                self._merge(change)
            case Split(intent, ()):
                self.intents[intent] = Known(self.intents[intent].name, wants_split=True)
            case Split():
                self._split(change)
            case Move(sentences, intent, name):
                if name:
                    self.intents[intent] = Known(name, confirmed=True)
                self._put(sentences, intent)
            case Noise(sentences):
                self._put(sentences, NONE)

    def _merge(self, change: Merge) -> None:
        self.labels[np.isin(self.labels, change.others)] = change.intent
        for other in change.others:
            del self.intents[other]
        self.intents[change.intent] = Known(change.name or self.intents[change.intent].name, confirmed=True)

    def _split(self, change: Split) -> None:
        whole = tuple(np.flatnonzero(self.labels == change.intent).tolist())
        name = self.intents.pop(change.intent).name
        self.parted.append(Parted(change.intent, name, whole))
        for part in change.parts:
            self.intents[part.intent] = Known(part.name or name)
            self.labels[list(part.sentences)] = part.intent

    def _put(self, sentences: Sequence[int], intent: int) -> None:
        self.labels[list(sentences)] = intent
        self.pinned[list(sentences)] = True


def refusal(state: State, change: Change) -> str:
    """Return why an edit does not fit a state, "" where it does; new ids must be unused."""
    taken = made_by(change) & state.used - ({change.intent} if isinstance(change, Split) else set())
    if taken:
        return f"the id {min(taken)} is taken"
    return misfit(state.labels, state.intents, change)


def misfit(labels: NDArray[np.int64], intents: Mapping[int, Known], change: Change) -> str:
    """Return why an edit cannot be made on these labels and intents, "" where it can."""
    match change:
        case Accept(intent) | Rename(intent, _) | Split(intent, ()) if intent not in intents:
            return _gone(intent)
        case Merge(intent, others, _):
            return _merge_misfit(intents, intent, others)
        case Split(intent, parts) if parts:
            return _split_misfit(labels, intents, change)
        case Move(sentences, intent, name) if bool(name) == (intent in intents):
            return f"the id {intent} is taken" if name else _gone(intent)
        case Move(sentences, _, _) | Noise(sentences) if max(sentences) >= len(labels):
            return f"there is no sentence {max(sentences)}"
    return ""


def _gone(intent: int) -> str:
    return f"there is no intent {intent} any more"


def _merge_misfit(intents: Mapping[int, Known], intent: int, others: tuple[int, ...]) -> str:
    missing = [i for i in (intent, *others) if i not in intents]
    if missing:
        return _gone(missing[0])
    return "" if len({intent, *others}) == 1 + len(others) else "an intent cannot be merged with itself"


def _split_misfit(labels: NDArray[np.int64], intents: Mapping[int, Known], change: Split) -> str:
    ids = [part.intent for part in change.parts]
    shared = sorted(sentence for part in change.parts for sentence in part.sentences)
    if change.intent not in intents:
        return _gone(change.intent)
    if len(ids) < 2 or len(set(ids)) < len(ids):
        return "a split makes two different parts or more"
    if any(i != change.intent and i in intents for i in ids):
        return "a part has the id of another intent"
    if shared != np.flatnonzero(labels == change.intent).tolist():
        return f"the sentences of intent {change.intent} have changed"
    return ""
