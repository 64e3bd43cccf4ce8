"""Rank the intents by the number of utterances expected to be misplaced, and find the nearest intent of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dialin.review.replay import ReviewState


@dataclass(frozen=True)
class RankedIntent:
    """An intent in the order of review.

    Parameters
    ----------
    intent, name, role : int, str, str
        Id, name and role ("" for none).
    size, n_occurrences : int
        Number of sentences and of utterances.
    p_good : float
        P(its sentences share one intent).
    doubt : float
        Number of utterances expected to be misplaced.
    close, close_name : int, str
        The nearest intent; −1 and "" if there is no other.
    cosine : float
        Cosine of the two centroids.
    is_done : bool
        Whether a person confirmed it and nobody wants it split.
    wants_split : bool
        Whether a person wants it split.
    examples : tuple of str
        Sample sentences.
    description : str
        A sentence about it by an LLM; "" where there is none.
    """

    intent: int
    name: str
    role: str
    size: int
    n_occurrences: int
    p_good: float
    doubt: float
    close: int
    close_name: str
    cosine: float
    is_done: bool
    wants_split: bool
    examples: tuple[str, ...]
    description: str


def ranking(
    state: ReviewState, sentences: pa.Table, intents: pa.Table, X: NDArray[np.float32] | None
) -> list[RankedIntent]:
    """Return all intents, the most doubtful first and the confirmed ones last.

    P(a sentence is in its place) is P(good) of its intent times P(intent | sentence), which is low if another intent
    is near. Doubt sums the complement over utterances, so uncertain, large and confusable intents come first.
    """
    doubt = doubts(state, sentences, intents)
    near = nearest(state, intents["intent_id"].to_numpy(), X)
    rows = [_ranked(row, state, doubt[row["intent_id"]], near[row["intent_id"]]) for row in intents.to_pylist()]
    return sorted(rows, key=lambda r: (r.is_done, -r.doubt, r.intent))


def _ranked(row: dict[str, Any], state: ReviewState, doubt: float, near: tuple[int, float]) -> RankedIntent:
    known = state.intents[row["intent_id"]]
    return RankedIntent(
        intent=row["intent_id"],
        name=row["name"],
        role=row["role"] or "",
        size=row["size"],
        n_occurrences=row["n_occurrences"],
        p_good=row["p_good"],
        doubt=doubt,
        close=near[0],
        close_name=state.intents[near[0]].name if near[0] >= 0 else "",
        cosine=near[1],
        is_done=known.confirmed and not known.wants_split,
        wants_split=known.wants_split,
        examples=tuple(row["examples"]),
        description=row.get("description") or "",
    )


def doubts(state: ReviewState, sentences: pa.Table, intents: pa.Table) -> dict[int, float]:
    """Return the number of utterances expected to be misplaced in each intent."""
    ids, labels = intents["intent_id"].to_numpy(), state.labels
    good = np.zeros(max(int(labels.max(initial=-1)), int(ids.max(initial=-1))) + 2)  # the last entry is for label −1
    good[ids] = intents["p_good"].to_numpy()
    wrong = sentences["count"].to_numpy() * (1 - good[labels] * sentences["p_intent"].to_numpy())
    total = np.bincount(labels + 1, weights=wrong, minlength=len(good) + 1)[1:]
    return dict(zip(ids.tolist(), total[ids].tolist(), strict=True))


def nearest(state: ReviewState, ids: NDArray[np.int64], X: NDArray[np.float32] | None) -> dict[int, tuple[int, float]]:
    """Return the nearest intent of each, by centroid, and the cosine; (−1, 0) if there is none."""
    if X is None or len(ids) < 2:
        return {int(i): (-1, 0.0) for i in ids}
    centroids = sums(state.labels, ids, X)
    centroids /= np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-12)
    S = centroids @ centroids.T
    np.fill_diagonal(S, -2.0)
    best = S.argmax(axis=1)
    return {int(i): (int(ids[b]), float(S[row, b])) for row, (i, b) in enumerate(zip(ids, best, strict=True))}


def sums(labels: NDArray[np.int64], ids: NDArray[np.int64], X: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sum of the rows of X with each of the m labels in `ids`, shape (m, d).

    Examples
    --------
    >>> sums(np.array([7, -1, 2, 7]), np.array([2, 7]), np.array([[1.0], [2.0], [4.0], [8.0]], np.float32)).tolist()
    [[4.0], [9.0]]
    """
    order = np.argsort(ids)
    rows = np.flatnonzero(np.isin(labels, ids))
    of = order[np.searchsorted(ids[order], labels[rows])]
    members = csr_array((np.ones(len(rows), X.dtype), (of, rows)), shape=(len(ids), len(X)))
    return np.asarray(members @ X)
