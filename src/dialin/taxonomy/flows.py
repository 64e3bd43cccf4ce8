"""Where the sentences of an older run go in a newer one, and where those of the newer one come from.

A sentence that both runs have is where each run put it. Any other sentence is where the other run's own decision
function puts it. So two months without a common sentence can be compared as well as two runs on one file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dialin.arrays import Floats, Ints, Labels
from dialin.score.cross_table import crossed
from dialin.taxonomy.snapshot import Snapshot


@dataclass(frozen=True)
class Flows:
    """The evidence about m older and k newer intents, each array of shape (m, k).

    Parameters
    ----------
    went : ndarray, float64
        Share of the sentences of the older intent that the newer run puts into the newer intent.
    came : ndarray, float64
        Share of the sentences of the newer intent that the older run puts into the older intent.
    shared : ndarray, int64
        Sentences that both runs have, and that are in both intents.
    cosine : ndarray, float64
        Cosine of the centroids of both intents.
    """

    went: Floats
    came: Floats
    shared: Ints
    cosine: Floats


def flows_between(old: Snapshot, new: Snapshot) -> Flows:
    """Return where the sentences of two runs of the same embedder are in the other run."""
    shape = len(old.intents), len(new.intents)
    old_rows, new_rows = shared_rows(old, new)
    went = crossed(old.labels, put_by(new, old, (old_rows, new_rows)), shape)
    came = crossed(put_by(old, new, (new_rows, old_rows)), new.labels, shape)
    return Flows(
        went=went / np.maximum(old.sizes, 1)[:, None],
        came=came / np.maximum(new.sizes, 1)[None, :],
        shared=crossed(old.labels[old_rows], new.labels[new_rows], shape),
        cosine=np.asarray(old.centroids.astype(np.float64) @ new.centroids.T.astype(np.float64)),
    )


def shared_rows(old: Snapshot, new: Snapshot) -> tuple[Labels, Labels]:
    """Return the rows in the older and in the newer run of each sentence that both have."""
    places = {key: row for row, key in enumerate(old.keys)}
    pairs = [(places[key], row) for row, key in enumerate(new.keys) if key in places]
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def put_by(judge: Snapshot, other: Snapshot, shared: tuple[Labels, Labels]) -> Labels:
    """Return where one run puts the sentences of another.

    Parameters
    ----------
    judge, other : Snapshot
        The run that decides, and the run whose n sentences are asked about.
    shared : tuple of two ndarrays of shape (s,), int64
        The rows in `other` of the sentences that both have, and their rows in `judge`.

    Returns
    -------
    ndarray of shape (n,), int64
        Place of an intent of `judge`, −1 for none.
    """
    labels, _ = judge.pieces.assign(other.X, other.roles)
    own, there = shared
    labels[own] = judge.labels[there]
    return labels
