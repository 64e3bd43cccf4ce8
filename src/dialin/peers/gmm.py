"""A mixture of Gaussians on the embeddings, at the true k (Dempster, Laird and Rubin 1977).

Notes
-----
Followed: expectation maximisation from a k-means start, each sentence to its likeliest component. Different from the
textbook: covariances are diagonal, as in `dialin.cluster.partition.GMM`. A full one has d(d+1)/2 numbers, 73,920 for d
= 384, far more than the few dozen sentences of an intent can tell; a single variance for all would be k-means again.
"""

from __future__ import annotations

from dataclasses import dataclass

from dialin.arrays import Labels
from dialin.cluster.partition import partitioner_of
from dialin.peers.base import Kit, Problem


@dataclass(frozen=True)
class GMMPeer:
    """Gaussian mixture with diagonal covariances, told k; asks nothing."""

    name: str = "gmm"
    needs_llm: bool = False
    told_k: bool = True

    def __call__(self, problem: Problem, kit: Kit) -> Labels:  # noqa: ARG002  (nobody is asked)
        """Return labels (n,) of at most `problem.n_clusters` clusters."""
        return partitioner_of("gmm", problem.seed).fit(problem.X).cut(problem.n_clusters)
