"""Where an annotation begins: a run whose clusters come from k-means with many k, which no LLM has judged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dialin.cluster.granularity import granularity_of
from dialin.cluster.strata import scripts_of, strata_of
from dialin.discover.context import default_min_size
from dialin.discover.settings import Settings

CLUSTER_FACTOR = 2
"""How many times as many clusters as the sentences suggest: good ones may get one name, bad ones cost more work."""
SENTENCES_PER_CLUSTER = 5
"""Sentences to a cluster, on average, where they are too few to suggest anything."""


def clusters_for(texts: Sequence[str], X: NDArray[np.float32], seed: int) -> int:
    """Return how many clusters to begin with: twice what the sentences suggest, or one for each five of few; 2 or more.

    Parameters
    ----------
    texts : sequence of str
        The sentences; two languages that have no dimension in common suggest each its own number.
    X : ndarray of shape (n, d)
        Their unit-norm embeddings.
    seed : int
        As `granularity_of` has it.

    Examples
    --------
    >>> for n in (3, 40):
    ...     clusters_for(["a"] * n, np.eye(n, dtype=np.float32), 0)
    2
    8
    """
    parts = strata_of([""] * len(texts), scripts_of(texts, X))
    return min(max(sum(_wanted(X[rows], seed) for _, rows in parts), 2), len(X))


def _wanted(X: NDArray[np.float32], seed: int) -> int:
    found = granularity_of(X, default_min_size(len(X)), seed)
    return CLUSTER_FACTOR * found.n_clusters if found else len(X) // SENTENCES_PER_CLUSTER


def settings_for(k: int, seed: int) -> Settings:
    """Return what makes `discover` cluster by k-means once and keep all: every sentence is in a cluster then."""
    return Settings(
        strategy="paper",
        partitioner="kmeans",
        n_clusters=(k,),
        min_cluster_size=1,
        epsilon=0.0,
        max_rounds=1,
        judge="people",
        merge="none",
        coverage=1.0,
        roles="ignore",
        seed=seed,
    )
