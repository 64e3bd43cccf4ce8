"""Agglomerative clustering with Ward's linkage (Ward 1963), the tree cut at the true k.

Notes
-----
Followed: the strongest baseline without an LLM in the paper's tables. Different: above 15,000 sentences the tree is
built on micro-clusters (`dialin.cluster.partition.Agglomerative`); below, there is nothing random and the seed is
irrelevant.
"""

from __future__ import annotations

from dataclasses import dataclass

from dialin.arrays import Labels
from dialin.cluster.partition import partitioner_of
from dialin.peers.base import Kit, Problem


@dataclass(frozen=True)
class HierarchicalPeer:
    """Ward's tree, told k; asks nothing."""

    name: str = "hierarchical"
    needs_llm: bool = False
    told_k: bool = True

    def __call__(self, problem: Problem, kit: Kit) -> Labels:  # noqa: ARG002  (nobody is asked)
        """Return labels (n,) of min(`problem.n_clusters`, n) clusters."""
        return partitioner_of("agglomerative", problem.seed).fit(problem.X).cut(problem.n_clusters)
