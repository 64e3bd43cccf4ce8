"""The sentences without an intent as facts, by the reason for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dialin.arrays import Ints
from dialin.discover.state import NOT_A_NEED, UNKNOWN_SCRIPT
from dialin.facts.loaded import LoadedRun
from dialin.read.codes import codes_of
from dialin.review.apply import BY_PERSON

REASONS = {
    "rare": "too few similar sentences",
    "mixed": "similar sentences form no coherent intent",
    "noise": "no other sentence is near enough, however often this one is said",
    NOT_A_NEED: "left out, since only needs were clustered",
    UNKNOWN_SCRIPT: "in a script that the embedding model does not know",
    "budget": "a cap on calls or tokens was reached first",
    BY_PERSON: "removed in the review",
}
N_STRAYS = 10
"""Number of example sentences kept for each reason for having no intent."""


@dataclass(frozen=True)
class Stray:
    """Sentence without an intent, with its count and its nearest intent (−1 if there is none)."""

    text: str
    count: int
    nearest: int


@dataclass(frozen=True)
class UnassignedGroup:
    """Sentences without an intent for one reason: the reason, its meaning, counts, and examples."""

    reason: str
    meaning: str
    n_occurrences: int
    n_sentences: int
    examples: tuple[Stray, ...]


def left_in(contents: LoadedRun) -> tuple[UnassignedGroup, ...]:
    """Return the utterances without an intent, grouped by reason, in the order of the summary."""
    reasons = codes_of(contents.sentences["reason"])
    return tuple(
        left_for(contents, reason, n, reasons.where(reason)) for reason, n in contents.summary.unassigned.items()
    )


def left_for(contents: LoadedRun, reason: str, n: int, which: NDArray[np.bool_]) -> UnassignedGroup:
    """Return the group of the n utterances without an intent for one reason; `which` marks their sentences."""
    return UnassignedGroup(reason, REASONS.get(reason, ""), n, int(which.sum()), strays(contents, which))


def strays(contents: LoadedRun, which: NDArray[np.bool_]) -> tuple[Stray, ...]:
    """Return up to `N_STRAYS` of the marked sentences, the most frequent first; ties are broken at random.

    Of a run with withheld intents, none is shown.
    """
    if contents.min_dialogues:
        return ()
    rows, counts = np.flatnonzero(which), contents.sentences["count"].to_numpy()
    rows = np.random.default_rng(contents.seed).permutation(rows)
    rows = rows[np.argsort(-counts[rows], kind="stable")[:N_STRAYS]]
    texts = contents.sentences["text"].take(pa.array(rows)).to_pylist()
    return tuple(map(Stray, texts, counts[rows].tolist(), nearest_intents(contents, rows)))


def nearest_intents(contents: LoadedRun, rows: Ints) -> Iterable[int]:
    """Return the nearest intent of each sentence in `rows`; −1 if there is none, or there are no embeddings."""
    if contents.X is None:
        return [-1] * len(rows)
    piece, _, _ = contents.pieces.nearest(contents.X[rows], [contents.roles[row] for row in rows])
    return [contents.intent_id(place) for place in np.append(contents.pieces.intents, -1)[piece]]
