"""Agglomerative clustering with Ward's linkage (Ward 1963), cut at the true k.

Notes
-----
The strongest baseline without an LLM in the paper's tables. Above 60,000 sentences dialin builds the tree on
micro-clusters (`dialin.cluster.partition.Agglomerative`); up to that number nothing is random and the seed has no
effect.
"""

from __future__ import annotations

from dataclasses import dataclass

from dialin.arrays import Labels
from dialin.cluster.partition import partitioner_of
from dialin.peers.base import Kit, Problem


@dataclass(frozen=True)
class HierarchicalPeer:
    """Ward's tree: told k, no LLM."""

    name: str = "hierarchical"
    needs_llm: bool = False
    told_k: bool = True

    def __call__(self, problem: Problem, kit: Kit) -> Labels:  # noqa: ARG002  (asks no LLM)
        """Return labels (n,) of min(`problem.n_clusters`, n) clusters."""
        return partitioner_of("agglomerative", problem.seed).fit(problem.X).cut(problem.n_clusters)
