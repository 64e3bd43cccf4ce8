"""Tell whether a page was too old for the decision that somebody took on it, and what has changed since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dialin.errors import InputError
from dialin.review.edits import Accept, Edit, Entry, Merge, Move, Noise, Place, Redo, Rename, Split, Undo, Vote
from dialin.review.effects import touched_labels
from dialin.review.replay import replay
from dialin.review.state import ReviewState


@dataclass(frozen=True)
class Seen:
    """What somebody looked at when they decided.

    Parameters
    ----------
    line : int, optional
        Last line of the log that the page took into account; None if unknown, and then the page counts as new.
    intents : tuple of int
        Intents that the decision is about: their names, sentences and marks.
    targets : tuple of int
        Intents that only receive sentences; others may have added some, but the name must be the same.
    sentences : tuple of int
        Sentences that the decision is about: where they are.
    is_acceptance : bool
        Whether the decision only confirms the intents, so that it agrees with whoever confirmed them before.
    """

    line: int | None = None
    intents: tuple[int, ...] = ()
    targets: tuple[int, ...] = ()
    sentences: tuple[int, ...] = ()
    is_acceptance: bool = False


class StaleError(InputError):
    """A page was too old for a decision; `entries` are what others have decided since about the same."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__("this page is older than what was decided since", hint="reload the page")
        self.entries = tuple(entries)


def check_unchanged(start: ReviewState, entries: Sequence[Entry], seen: Seen) -> None:
    """Raise StaleError if the log holds decisions that the page did not show, and what was seen differs now."""
    if seen.line is None:
        return
    shown, later = older(entries, seen.line)
    if not later:
        return
    before, after = replay(start, shown), replay(start, entries)
    moved = touched_labels(before.labels, after.labels)
    if _aspects(before, seen) != _aspects(after, seen) or not moved.isdisjoint(seen.intents):
        about = {*seen.intents, *seen.targets}
        rows = {*seen.sentences, *_members(before, seen.intents), *_members(after, seen.intents)}
        edits = {entry.line: entry.edit for entry in entries}
        raise StaleError([e for e in later if _concerns(e.edit, about, rows, edits.get)] or later)


def check_own_seen(entries: Sequence[Entry], by: str, line: int) -> None:
    """Raise StaleError if somebody has decided more than a page showed up to a line of the log."""
    own = [entry for entry in older(entries, line)[1] if entry.by == by]
    if own:
        raise StaleError(own)


def older(entries: Sequence[Entry], line: int) -> tuple[list[Entry], list[Entry]]:
    """Return the entries up to a line, and those after it."""
    return [e for e in entries if e.line <= line], [e for e in entries if e.line > line]


def _aspects(state: ReviewState, seen: Seen) -> object:
    """Return everything about a state that must be the same before and after, beside the sentences of the intents."""
    intents = [state.intents.get(i) for i in seen.intents]
    targets = [state.intents.get(i) for i in seen.targets]
    rows = [row for row in seen.sentences if row < len(state.labels)]
    return (
        [known and (known.name, known.wants_split, known.confirmed and not seen.is_acceptance) for known in intents],
        [known and known.name for known in targets],
        state.labels[rows].tolist(),
    )


def _members(state: ReviewState, intents: Sequence[int]) -> list[int]:
    rows: list[int] = np.flatnonzero(np.isin(state.labels, intents)).tolist()
    return rows


def _concerns(edit: Edit, intents: set[int], rows: set[int], edit_at: Callable[[int], Edit | None]) -> bool:
    """Return whether an edit, or the one that it undoes or redoes, names one of these intents or sentences."""
    changed = edit_at(edit.line) if isinstance(edit, Undo | Redo) else edit
    own_intents, own_rows = concerned_by(changed)
    return not (intents.isdisjoint(own_intents) and rows.isdisjoint(own_rows))


def concerned_by(edit: Edit | None) -> tuple[set[int], set[int]]:
    """Return the intents and the sentences that an edit names."""
    match edit:
        case Accept(intent) | Rename(intent, _) | Vote(intent):
            return {intent}, set()
        case Merge(intent, others, _):
            return {intent, *others}, set()
        case Split(intent, parts):
            return {intent}, {row for part in parts for row in part.sentences}
        case Move(sentences, intent, _):
            return {intent}, set(sentences)
        case Noise(sentences):
            return set(), set(sentences)
    return set(edit.intents) if isinstance(edit, Place) else set(), set()
