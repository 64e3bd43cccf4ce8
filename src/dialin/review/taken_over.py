"""Tells the decisions about a run as edits of the run that updates it: what is confirmed stays confirmed.

An update moves nothing, so intents are the same by their uids, and sentences by their text and role.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dialin.review.edits import Accept, Edit, Entry, Noise, Split
from dialin.review.state import ReviewState


def decisions_taken_over(
    state: ReviewState, entries: Sequence[Entry], intents: Mapping[int, int], rows: Sequence[int]
) -> list[Entry]:
    """Return the lines 2, 3, … of the log of an update.

    Parameters
    ----------
    state : ReviewState
        The state after the review of the earlier run.
    entries : sequence of Entry
        Its log; the last person who decided about an intent is named with it.
    intents : mapping of int to int
        The intents of the earlier run in the update.
    rows : sequence of int
        The place of each sentence of the earlier run in the update.

    Examples
    --------
    >>> import numpy as np
    >>> from dialin.review.replay import replay
    >>> from dialin.review.state import start_of
    >>> log = [Entry(2, Accept(1), "Ana"), Entry(3, Noise((0,)), "Ben")]
    >>> state = replay(start_of(np.array([0, 0, 1]), {0: "a", 1: "b"}), log)
    >>> [(one.line, one.edit, one.by) for one in decisions_taken_over(state, log, {0: 1, 1: 0}, [4, 5, 6])]
    [(2, Accept(intent=0), 'Ana'), (3, Noise(sentences=(4,)), 'Ben')]
    """
    active = [entry for entry in entries if entry.line in set(state.active) - set(state.void)]
    made = [*_about_intents(state, active, intents), *_noise_of(state, active, rows)]
    return [replace(entry, line=line) for line, entry in enumerate(made, 2)]


def _about_intents(state: ReviewState, active: Sequence[Entry], intents: Mapping[int, int]) -> Iterator[Entry]:
    """Yield that intents are confirmed, or to be split."""
    for intent, known in state.intents.items():
        if intent in intents and (known.confirmed or known.wants_split):
            new = intents[intent]
            yield replace(_last_about(intent, active), edit=Split(new) if known.wants_split else Accept(new))


def _noise_of(state: ReviewState, active: Sequence[Entry], rows: Sequence[int]) -> Iterator[Entry]:
    """Yield that sentences belong nowhere, without those that somebody put elsewhere later."""
    for entry in active:
        if isinstance(entry.edit, Noise):
            out = [row for row in entry.edit.sentences if state.pinned[row] and state.labels[row] < 0]
            if out:
                yield replace(entry, edit=Noise(tuple(sorted(rows[row] for row in out))))


def _last_about(intent: int, active: Sequence[Entry]) -> Entry:
    """Return the last entry about an intent, or about the whole that it is a part of."""
    return [entry for entry in active if intent in _intents_of(entry.edit)][-1]


def _intents_of(edit: Edit) -> set[int | None]:
    parts = {part.intent for part in edit.parts} if isinstance(edit, Split) else set()
    return {getattr(edit, "intent", None), *parts}
