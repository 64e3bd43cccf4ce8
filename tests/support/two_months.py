"""Snapshots of runs made by hand: sentences on a circle, whose angle says what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dialin.arrays import Labels, Matrix
from dialin.discover.assign import Pieces, build
from dialin.taxonomy.snapshot import IntentSeen, Snapshot

Said = Mapping[str, Sequence[float]]
"""The angles in degrees of the sentences of each intent, by its name; those of "" have none."""


def month(said: Said, uids: Mapping[str, str] | None = None, times: int = 1) -> Snapshot:
    """Return a run in which each sentence is its angle, and was said so many times."""
    names = [name for name in said if name]
    angles = [angle for name in said for angle in said[name]]
    labels = np.array([names.index(name) if name else -1 for name in said for _ in said[name]], np.int64)
    X = np.array([[np.cos(np.radians(a)), np.sin(np.radians(a))] for a in angles], np.float32).reshape(-1, 2)
    given = uids or {}
    intents = tuple(
        IntentSeen(given.get(name, ""), name, len(said[name]), times * len(said[name]), tuple(map(str, said[name][:2])))
        for name in names
    )
    keys = [(f"{angle:g}°", "") for angle in angles]
    return Snapshot(intents, times * len(angles), keys, labels, X, [""] * len(angles), pieces_of(X, labels, len(names)))


def pieces_of(X: Matrix, labels: Labels, m: int) -> Pieces:
    """Return the decision function with one piece for each intent."""
    return build(X, [np.flatnonzero(labels == i) for i in range(m)], range(m), [""] * m)
