"""K-means on the embeddings, at the true k (MacQueen 1967; Lloyd 1982).

Notes
-----
The baseline of every paper on intent clustering, as `dialin.cluster.partition.KMeans` runs it (scikit-learn, k-means++,
best of 3 starts).
"""

from __future__ import annotations

from dataclasses import dataclass

from dialin.arrays import Labels
from dialin.peers.base import Kit, Problem, k_means


@dataclass(frozen=True)
class KMeansPeer:
    """K-means: told k, no LLM."""

    name: str = "kmeans"
    needs_llm: bool = False
    told_k: bool = True

    def __call__(self, problem: Problem, kit: Kit) -> Labels:  # noqa: ARG002  (asks no LLM)
        """Return labels (n,) of at most `problem.n_clusters` clusters."""
        return k_means(problem.X, problem.n_clusters, problem.seed)
