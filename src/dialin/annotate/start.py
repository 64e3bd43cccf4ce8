"""Choose the settings of the run that an annotation begins with: k-means into many clusters, without an LLM."""

from __future__ import annotations

import numpy as np

from dialin.discover.data import Data
from dialin.discover.heights import heights_of, trees_for
from dialin.discover.settings import Settings

CLUSTER_FACTOR = 2
"""Ratio of initial clusters to the number that the data suggest: naming merges good clusters; bad ones cost work."""
SENTENCES_PER_CLUSTER = 5
"""Average cluster size if there are too few sentences to estimate the number of clusters."""


def clusters_for(data: Data, seed: int) -> int:
    """Return the initial number of clusters, at least 2.

    It is `CLUSTER_FACTOR` times the number that the sentences suggest, whoever says them. If those of a stratum are too
    few to suggest one, it is one cluster per `SENTENCES_PER_CLUSTER` sentences.

    Parameters
    ----------
    data : Data
        The sentences.
    seed : int
        Seed of the measurement.

    Examples
    --------
    >>> for n in (3, 59):
    ...     X, ones = np.eye(n, dtype=np.float32), np.ones(n, dtype=np.int64)
    ...     clusters_for(Data(["a"] * n, X, ones, [""] * n), 0)
    2
    11
    """
    settings = Settings(roles="ignore", seed=seed)
    heights = heights_of(data, settings, trees_for(settings))
    sizes = np.bincount(heights.regions)
    wanted = [
        CLUSTER_FACTOR * found.granularity.n_clusters if found else int(size) // SENTENCES_PER_CLUSTER
        for found, size in zip(heights.found, sizes, strict=True)
    ]
    return min(max(sum(wanted), 2), len(data.texts))


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
