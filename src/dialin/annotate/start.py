"""Where an annotation begins: a run whose clusters come from k-means with many k, which no LLM has judged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dialin.granularity import granularity_of
from dialin.search import default_min_size
from dialin.settings import Settings

FINER = 2
"""How many times as many clusters as the sentences suggest: good ones may get one name, bad ones cost more work."""
FEW = 5
"""Sentences to a cluster, on average, where they are too few to suggest anything."""


def clusters_for(X: NDArray[np.float32], seed: int) -> int:
    """Return how many clusters to begin with: twice what the sentences suggest, or one for each five of few; 2 or more.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings.
    seed : int
        As `granularity_of` has it.

    Examples
    --------
    >>> clusters_for(np.eye(3, dtype=np.float32), 0), clusters_for(np.eye(40, dtype=np.float32), 0)
    (2, 8)
    """
    found = granularity_of(X, default_min_size(len(X)), seed)
    wanted = FINER * found.n_clusters if found else len(X) // FEW
    return min(max(wanted, 2), len(X))


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
