"""Density clustering of a low-dimensional map, as BERTopic does it by default.

Notes
-----
Follows Grootendorst, "BERTopic: Neural topic modeling with a class-based TF-IDF procedure" (2022): UMAP maps the
embeddings to 5 dimensions (15 neighbours, cosine, minimal distance 0), and HDBSCAN finds clusters of at least 10
sentences. The method finds the number of clusters itself; sentences outside dense regions are noise, -1.

Differences: HDBSCAN comes from scikit-learn. Topics get no descriptions, because class-based TF-IDF changes no label.
UMAP is seeded and therefore runs on one core. ``pip install 'dialin[peers]'`` installs umap-learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.cluster import HDBSCAN

from dialin.arrays import Labels, Matrix
from dialin.cluster.labels import canonical
from dialin.peers.base import Kit, Problem
from dialin.peers.library import UMAP, Library


@dataclass(frozen=True)
class DensityPeer:
    """UMAP and HDBSCAN: not told k, no LLM.

    Parameters
    ----------
    n_neighbors, n_components : int
        Parameters of UMAP, lowered if the sentences are too few for them.
    min_cluster_size : int
        Parameter of HDBSCAN.
    """

    n_neighbors: int = 15
    n_components: int = 5
    min_cluster_size: int = 10
    name: str = "density"
    needs_llm: bool = False
    told_k: bool = False
    library: Library = UMAP

    def __call__(self, problem: Problem, kit: Kit) -> Labels:  # noqa: ARG002  (asks no LLM)
        """Return the labels (n,), -1 for noise; raise InputError if umap-learn is not installed."""
        umap = self.library.load(self.name)
        if len(problem.texts) < self.min_cluster_size:
            return np.full(len(problem.texts), -1, dtype=np.int64)
        return dense(self._map(umap, problem), self.min_cluster_size)

    def _map(self, umap: Any, problem: Problem) -> Matrix:
        n = len(problem.texts)
        model = umap.UMAP(
            n_neighbors=min(self.n_neighbors, n - 1),
            n_components=min(self.n_components, max(n - 2, 1)),
            min_dist=0.0,
            metric="cosine",
            random_state=problem.seed,
            n_jobs=1,  # a seeded UMAP uses one core anyway, and would warn about the default
        )
        return np.asarray(model.fit_transform(problem.X), dtype=np.float32)


def dense(Z: Matrix, min_cluster_size: int) -> Labels:
    """Return HDBSCAN's labels for the rows of Z, numbered from 0 by first appearance; -1 for noise."""
    labels = np.asarray(HDBSCAN(min_cluster_size=min_cluster_size, copy=True).fit_predict(Z), dtype=np.int64)
    kept = np.flatnonzero(labels >= 0)
    found = np.full(len(Z), -1, dtype=np.int64)
    found[kept] = canonical(labels[kept])
    return found
