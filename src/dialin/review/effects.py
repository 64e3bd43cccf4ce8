"""Tell what an edit makes and changes: ids of intents, numbers of branches, intents that look different after it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dialin.review.edits import Change, Edit, Merge, Move, Noise, Place, Rename, Split

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
