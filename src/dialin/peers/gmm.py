"""A mixture of Gaussians on the embeddings, at the true k (Dempster, Laird and Rubin 1977).

Notes
-----
Expectation maximisation starts from k-means, and each sentence goes to its most likely component. Unlike the textbook
method, it uses diagonal covariances (`dialin.cluster.partition.GMM`). A full covariance has d(d+1)/2 entries, 73,920
for d = 384, far more than the few dozen sentences of an intent can determine; a single shared variance would be k-means
again.
"""

from __future__ import annotations

from dataclasses import dataclass

from dialin.arrays import Labels
from dialin.cluster.partition import partitioner_of
from dialin.peers.base import Kit, Problem


@dataclass(frozen=True)
class GMMPeer:
    """Gaussian mixture with diagonal covariances: told k, no LLM."""

    name: str = "gmm"
    needs_llm: bool = False
    told_k: bool = True

    def __call__(self, problem: Problem, kit: Kit) -> Labels:  # noqa: ARG002  (asks no LLM)
        """Return labels (n,) of at most `problem.n_clusters` clusters."""
        return partitioner_of("gmm", problem.seed).fit(problem.X).cut(problem.n_clusters)
