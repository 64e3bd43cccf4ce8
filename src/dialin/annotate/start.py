"""Choose the settings of the run that an annotation begins with: k-means into many clusters, without an LLM."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dialin.cluster.granularity import Measuring, granularity_of
from dialin.cluster.strata import scripts_of, strata_of
from dialin.discover.context import default_min_size
from dialin.discover.settings import Settings

CLUSTER_FACTOR = 2
"""Ratio of initial clusters to the number that the data suggest: naming merges good clusters; bad ones cost work."""
SENTENCES_PER_CLUSTER = 5
"""Average cluster size if there are too few sentences to estimate the number of clusters."""


def clusters_for(texts: Sequence[str], X: NDArray[np.float32], seed: int) -> int:
    """Return the initial number of clusters, at least 2.

    It is `CLUSTER_FACTOR` times the number that the sentences suggest. If they are too few to suggest one, it is one
    cluster per `SENTENCES_PER_CLUSTER` sentences.

    Parameters
    ----------
    texts : sequence of str
        The sentences. Two scripts whose embeddings share no dimension are counted separately and summed.
    X : ndarray of shape (n, d)
        Their unit-norm embeddings.
    seed : int
        Seed of `granularity_of`.

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
    found = granularity_of(X, Measuring(default_min_size(len(X)), seed))
    return CLUSTER_FACTOR * found.n_clusters if found else len(X) // SENTENCES_PER_CLUSTER


def settings_for(k: int, seed: int) -> Settings:
    """Return settings for one round of k-means that keeps every cluster, so that each sentence is in one."""
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
