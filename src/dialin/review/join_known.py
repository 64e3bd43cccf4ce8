"""Finds the discovered intents that are parts of kept ones: the judge says so, not the names.

A kept intent grows at its border: some of the sentences that mean it lie outside, and are discovered as an intent of
their own. Each discovered intent is judged together with its nearest kept one, as two pieces are that may be merged.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dialin.arrays import Rows
from dialin.cluster.partition import centroid, rows_by
from dialin.discover.state import Result
from dialin.judge.verdict import Judge
from dialin.name.merge import confirmed
from dialin.review.pin import PinnedSplit

N_MEMBERS = 50
"""Sentences of a kept intent that are judged at most: an even sample. An LLM is shown fewer in any case."""


def homes_of(split: PinnedSplit, found: Result, judge_of: Callable[[Rows], Judge]) -> dict[int, int]:
    """Return the kept intent of each discovered intent that is a part of one.

    Parameters
    ----------
    split : PinnedSplit
        The sentences of kept intents, and the rest.
    found : Result
        What was discovered in the rest.
    judge_of : callable
        Rows of `split.data`, ascending -> a judge of them, to whom they are 0, 1, ….
    """
    nearest, own = _nearest_kept(split, found), rows_by(split.labels)
    pairs = {new: (_sample(own[old]), split.free[found.labels == new]) for new, old in nearest.items() if old in own}
    if not pairs:
        return {}
    rows = np.unique(np.concatenate([part for pair in pairs.values() for part in pair]))
    unions = [(np.searchsorted(rows, a), np.searchsorted(rows, b)) for a, b in pairs.values()]
    verdicts = confirmed(unions, judge_of(rows))
    return {new: nearest[new] for new, verdict in zip(pairs, verdicts, strict=True) if verdict.good}


def _nearest_kept(split: PinnedSplit, found: Result) -> dict[int, int]:
    """Return the kept intent with the nearest piece of the same role, for each discovered intent that is not listed."""
    members = {new: rows for new, rows in rows_by(found.labels).items() if new >= 0 and not found.intents[new].uid}
    if not members or not len(split.pinned.pieces.centroids):
        return {}
    centroids = np.array([centroid(split.rest.X[rows]) for rows in members.values()], np.float32)
    piece, _, _ = split.pinned.pieces.nearest(centroids, [found.intents[new].role for new in members])
    of = np.append(split.pinned.pieces.intents, -1)[piece]
    near = zip(members, of.tolist(), strict=True)
    return {new: old for new, old in near if old >= 0 and _may_be_one(split.pinned.roles[old], found.intents[new].role)}


def _may_be_one(role: str, other: str) -> bool:
    """Return whether intents of these roles may be one: their roles are equal, or one is unknown."""
    return not role or not other or role == other


def _sample(rows: Rows) -> Rows:
    """Return at most `N_MEMBERS` of the rows, evenly spaced."""
    return rows[np.linspace(0, len(rows) - 1, min(N_MEMBERS, len(rows))).astype(np.int64)]
