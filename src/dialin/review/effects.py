"""Tell what edits do: which of them count, which branches they make, and which intents look different after one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dialin.review.edits import Change, Edit, Entry, Merge, Move, Noise, Place, Redo, Rename, Split, Undo

_NONE = -1
"""Label of a sentence without an intent."""


def new_branches(edits: Iterable[Edit]) -> frozenset[int]:
    """Return the numbers of the branches that some edits make."""
    return frozenset(edit.branch for edit in edits if isinstance(edit, Place) and edit.name)


def changed_by(labels: NDArray[np.int64], change: Change) -> set[int]:
    """Return the intents whose sentences or name a change affects and which still exist after it.

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
            return {intent, *labels[list(sentences)].tolist()} - {_NONE}
        case Noise(sentences):
            return set(labels[list(sentences)].tolist()) - {_NONE}
    return set()


def touched_labels(
    before: NDArray[np.int64], after: NDArray[np.int64], also: NDArray[np.bool_] | bool = False
) -> frozenset[int]:
    """Return the labels that a sentence lost or gained, and those of the sentences that `also` marks.

    Examples
    --------
    >>> sorted(touched_labels(np.array([0, 0, 1, 2]), np.array([0, 3, 1, 2]), np.array([False, False, False, True])))
    [0, 2, 3]
    """
    moved = before != after
    lost, gained = before[np.flatnonzero(moved)], after[np.flatnonzero(moved | also)]
    return frozenset(np.union1d(lost, gained).tolist())


def counted(entries: Iterable[Entry]) -> tuple[list[int], list[int]]:
    """Return the lines of the edits in effect and the lines of the undone edits, the latest last.

    Examples
    --------
    >>> from dialin.review.edits import Accept
    >>> counted([Entry(1, Accept(0)), Entry(2, Accept(1)), Entry(3, Undo(1)), Entry(4, Undo(2)), Entry(5, Redo(1))])
    ([1], [2])
    """
    changed_at = dict[int, int]()  # line of a change -> line that last put it into effect or undid it
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
