"""Carry the decisions about one result of a run over to another result of it, by the sentences that they are about.

The ids of intents mean nothing in another result. What people decided is which sentences belong together and what they
are called, so each decided intent is found again as the intent that shares more than half of the sentences both ways;
where there is none, its sentences become an intent of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dialin.arrays import Rows
from dialin.review.carry_branches import branch_entries
from dialin.review.edits import (
    Accept,
    Edit,
    Entry,
    Merge,
    Move,
    Noise,
    Place,
    Quorum,
    Rename,
    RenameBranch,
    Split,
    Vote,
)
from dialin.review.fit import made_by
from dialin.review.pin import kept_intents
from dialin.review.state import ReviewState


@dataclass(frozen=True)
class Carried:
    """The decisions as edits of another result.

    Parameters
    ----------
    entries : tuple of Entry
        Lines 2, 3, … of the new log, each under the name of the person who decided last.
    n_moved, n_left : int
        Decisions in effect that the entries contain, and those that cannot be told of the other result.
    """

    entries: tuple[Entry, ...]
    n_moved: int
    n_left: int


def carry(state: ReviewState, entries: Sequence[Entry], found: ReviewState) -> Carried:
    """Return the decisions about one result as edits of another.

    Parameters
    ----------
    state : ReviewState
        The state after the review of the earlier result.
    entries : sequence of Entry
        Its log.
    found : ReviewState
        The state of the other result, of the same sentences, before any edit.

    Examples
    --------
    >>> from dialin.review.replay import replay
    >>> from dialin.review.state import start_of
    >>> log = [Entry(2, Rename(0, "block-card"), "Ana")]
    >>> before = replay(start_of(np.array([0, 0, 0, 1, 1]), {0: "a", 1: "b"}), log)
    >>> after = start_of(np.array([1, 1, 0, 0, 0]), {0: "b", 1: "a"})
    >>> [entry.edit for entry in carry(before, log, after).entries]
    [Rename(intent=1, name='block-card'), Move(sentences=(2,), intent=1, name='')]
    """
    active = [e for e in entries if e.line in set(state.active) - set(state.void)]
    homes = _Homes(state, found, decided_intents(state, active))
    branches = branch_entries(state, found, homes.of, active)
    made = [*_intents(homes, active), *_noise(state, active), *_others(homes, active), *branches]
    lines = tuple(replace(entry, line=line) for line, entry in enumerate(made, 2))
    told = {entry.line for entry in branches}
    n_left = sum(not (entry.line in told or _is_told(entry.edit, homes)) for entry in active)
    return Carried(lines, len(active) - n_left, n_left)


def decided_intents(state: ReviewState, active: Sequence[Entry]) -> list[int]:
    """Return the intents that people confirmed, put sentences into, or made by a split, if they have sentences."""
    split = {part.intent for e in active if isinstance(e.edit, Split) for part in e.edit.parts}
    has = set(state.labels.tolist())
    parts = {i for i in split & has if i in state.intents and not state.intents[i].wants_split}
    return sorted({*kept_intents(state), *parts})


class _Homes:
    """Where the intents of one result are in another: its intent with more than half of the sentences both ways."""

    def __init__(self, state: ReviewState, found: ReviewState, decided: list[int]) -> None:
        self.state, self.found, self.decided = state, found, decided
        sizes = Counter(found.labels.tolist())
        self.of = {intent: self._home(state.members(intent), sizes) for intent in state.intents}

    def _home(self, rows: Rows, sizes: Counter[int]) -> int | None:
        shared = Counter(label for label in self.found.labels[rows].tolist() if label >= 0)
        if not shared:
            return None
        best, n = shared.most_common(1)[0]
        return best if 2 * n > len(rows) and 2 * n > sizes[best] else None

    def same(self, intent: int) -> int | None:
        """Return the intent that has exactly the same sentences; None if there is none."""
        home = self.of.get(intent)
        if home is None or not np.array_equal(self.state.members(intent), self.found.members(home)):
            return None
        return home


def _intents(homes: _Homes, active: Sequence[Entry]) -> Iterator[Entry]:
    """Yield the edits that make the decided intents: named as they were, and with all their sentences."""
    free = homes.found.free
    for intent in homes.decided:
        known, rows, home = homes.state.intents[intent], homes.state.members(intent), homes.of[intent]
        last = _last(intent, active)
        if home is None:
            yield replace(last, edit=Move(tuple(rows.tolist()), free, known.name))
            free += 1
            continue
        if known.confirmed or known.name != homes.found.intents[home].name:
            yield replace(last, edit=Rename(home, known.name))
        coming = rows[homes.found.labels[rows] != home]
        if len(coming):
            yield replace(last, edit=Move(tuple(coming.tolist()), home))


def _noise(state: ReviewState, active: Sequence[Entry]) -> Iterator[Entry]:
    """Yield the decisions that sentences belong nowhere, without the sentences that somebody put elsewhere later."""
    for entry in active:
        if isinstance(entry.edit, Noise):
            rows = tuple(row for row in entry.edit.sentences if state.pinned[row] and state.labels[row] < 0)
            if rows:
                yield replace(entry, edit=Noise(rows))


def _others(homes: _Homes, active: Sequence[Entry]) -> Iterator[Entry]:
    """Yield the numbers of verdicts needed, the wishes that an intent be split, and the verdicts on equal intents."""
    for entry in active:
        match entry.edit:
            case Quorum():
                yield entry
            case Split(intent, ()) if _is_wish(homes, intent):
                yield replace(entry, edit=Split(homes.of[intent] or 0))
            case Vote(intent, good, group, _) if (same := homes.same(intent)) is not None:
                yield replace(entry, edit=Vote(same, good, group))


def _is_wish(homes: _Homes, intent: int) -> bool:
    known = homes.state.intents.get(intent)
    return known is not None and known.wants_split and homes.of[intent] is not None


def _last(intent: int, active: Sequence[Entry]) -> Entry:
    """Return the last entry about an intent: whoever made it what it is."""
    about = [e for e in active if getattr(e.edit, "intent", None) == intent or intent in made_by(e.edit)]
    return about[-1]


def _is_told(edit: Edit, homes: _Homes) -> bool:
    """Return whether the carried edits contain a decision; one that a later decision took over is contained in that."""
    match edit:
        case Vote(intent):
            return homes.same(intent) is not None
        case Split(intent, ()):
            return intent not in homes.state.intents or _is_wish(homes, intent)
        case Accept(intent) | Rename(intent) | Merge(intent) | Move(_, intent):
            return intent in homes.decided or intent not in homes.state.intents or _is_wish(homes, intent)
        case RenameBranch() | Place():
            return False
        case Split(_, parts):
            return any(part.intent in homes.decided for part in parts)
    return True
