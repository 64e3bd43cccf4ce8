"""Check whether an edit fits the intents that exist and their sentences, and name those that it may create."""

from __future__ import annotations

from collections.abc import Container
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dialin.review.edits import Accept, Change, Edit, Merge, Move, Noise, Rename, Split, Vote


class Labelled(Protocol):
    """What an edit must fit: the state of a review, or the draft of one."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """Intent of each sentence; −1 for none."""

    @property
    def intents(self) -> Container[int]:
        """The intents that exist."""

    def members(self, intent: int) -> NDArray[np.int64]:
        """Return the sentences of an intent, ascending."""


def misfit(state: Labelled, change: Change) -> str:
    """Return the reason why an edit does not fit the intents that exist and their sentences, or "" if it fits."""
    intents = state.intents
    match change:
        case Accept(intent) | Rename(intent, _) | Split(intent, ()) | Vote(intent) if intent not in intents:
            return _gone(intent)
        case Merge(intent, others, _):
            return _merge_misfit(intents, intent, others)
        case Split(intent, parts) if parts:
            return _split_misfit(state, change)
        case Move(sentences, intent, name) if bool(name) == (intent in intents):
            return f"id {intent} is already in use" if name else _gone(intent)
        case Move(sentences, _, _) | Noise(sentences) if max(sentences) >= len(state.labels):
            return f"there is no sentence {max(sentences)}"
    return ""


def made_by(edit: Edit) -> set[int]:
    """Return the ids that an edit may create."""
    match edit:
        case Split(_, parts):
            return {part.intent for part in parts}
        case Move(_, intent, name) if name:
            return {intent}
    return set()


def _gone(intent: int) -> str:
    return f"intent {intent} no longer exists"


def _merge_misfit(intents: Container[int], intent: int, others: tuple[int, ...]) -> str:
    missing = [i for i in (intent, *others) if i not in intents]
    if missing:
        return _gone(missing[0])
    return "" if len({intent, *others}) == 1 + len(others) else "an intent cannot be merged with itself"


def _split_misfit(state: Labelled, change: Split) -> str:
    ids = [part.intent for part in change.parts]
    shared = sorted(sentence for part in change.parts for sentence in part.sentences)
    if change.intent not in state.intents:
        return _gone(change.intent)
    if len(ids) < 2 or len(set(ids)) < len(ids):
        return "a split needs at least two different parts"
    if any(i != change.intent and i in state.intents for i in ids):
        return "a part uses the id of another intent"
    if shared != state.members(change.intent).tolist():
        return f"the sentences of intent {change.intent} have changed"
    return ""
