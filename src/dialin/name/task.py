"""What the naming of clusters reads: their sentences, vectors, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dialin.name.need_votes import Ballot
from dialin.name.needs import Need
from dialin.name.turns import Turn

T = TypeVar("T")


@dataclass(frozen=True)
class NamingTask:
    """Clusters of one language that are named together.

    Parameters
    ----------
    texts : sequence of sequence of str
        Sentences of each.
    centroids : ndarray of shape (n_clusters, d), float32
        Means of their vectors, of any norm.
    language : {"en", "zh"}
        Language of the sentences.
    vocabulary : sequence of str
        The user's actions; empty: `dialin.name.actions` and the verbs of the sentences.
    written : sequence of sequence of str
        Names that an LLM gave each cluster; empty: none.
    turns : sequence of Turn
        What is known of each cluster; empty: nothing.
    vectors : sequence of ndarray of shape (n_sentences, d), float32
        Unit-norm vectors of the sentences of each, by an embedder in whose space `dialin.name.honest` knows what is
        near; empty: none, and names need not prove true.
    needs : mapping of str to Need
        Needs that people have, by name, with vectors in that space; empty: none is known.
    acts : mapping of str to Ballot
        What people of each role do in turns without a need, with vectors in that space; empty: none is known.
    asked : sequence of ndarray of shape (n_asked, d), float32
        Unit-norm vectors of what agents said right before the sentences of each cluster; empty: that is unknown.
    """

    texts: Sequence[Sequence[str]]
    centroids: NDArray[np.float32]
    language: str
    vocabulary: Sequence[str] = ()
    written: Sequence[Sequence[str]] = field(default_factory=tuple)
    turns: Sequence[Turn] = field(default_factory=tuple)
    vectors: Sequence[NDArray[np.float32]] = field(default_factory=tuple)
    needs: Mapping[str, Need] = field(default_factory=dict)
    acts: Mapping[str, Ballot] = field(default_factory=dict)
    asked: Sequence[NDArray[np.float32]] = field(default_factory=tuple)

    def at(self, places: Sequence[int]) -> NamingTask:
        """Return the clusters at some places alone."""

        def chosen(each: Sequence[T]) -> list[T]:
            return [each[g] for g in places] if len(each) else []

        return replace(
            self,
            texts=chosen(self.texts),
            centroids=self.centroids[np.asarray(places, dtype=np.int64)],
            written=chosen(self.written),
            turns=chosen(self.turns),
            vectors=chosen(self.vectors),
            asked=chosen(self.asked),
        )
