"""How near names lie to the centroids of clusters, by an embedder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.cluster.centroids import unit_rows
from dialin.name.nearness import nearness
from dialin.name.once import Embed
from dialin.name.turn_phrases import turn_phrases

Scored = dict[str, float]
"""Names with their scores, in cosines."""


def as_text(name: str) -> str:
    """Return a name as the embedder reads it.

    Examples
    --------
    >>> as_text("cancel-order"), as_text("取消-订单")
    ('cancel order', '取消订单')
    """
    return name.replace("-", " " if name.isascii() else "")


@dataclass(frozen=True)
class Nearness:
    """Nearness of texts to the centroids, shape (n_clusters, d), by an embedder."""

    centroids: NDArray[np.float32]
    embed: Embed

    def scores(self, names: Sequence[Iterable[str]]) -> list[Scored]:
        """Return the nearness of the names of each cluster to it; each text is embedded once."""
        each = list(dict.fromkeys(name for own in names for name in own))
        place = {name: i for i, name in enumerate(each)}
        pairs = [(place[name], g) for g, own in enumerate(names) for name in own]
        if not pairs:
            return [{} for _ in names]
        found = iter(nearness(self.vectors(each), np.array(pairs, np.int64), self.centroids).tolist())
        return [{name: next(found) for name in own_names} for own_names in names]

    def vectors(self, names: Sequence[str]) -> NDArray[np.float32]:
        """Return the unit-norm vectors of names, shape (n_names, d); that of a turn is the mean of its phrases."""
        phrases = [turn_phrases(name) or (as_text(name),) for name in names]
        V = self.embed([text for own in phrases for text in own])
        ends = np.cumsum([len(own) for own in phrases])
        return unit_rows(np.add.reduceat(V, [0, *ends[:-1]], axis=0)).astype(np.float32)
