"""Everything that decides a result, apart from data, embedder and LLM."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args, get_origin, get_type_hints

from dialin.errors import InputError
from dialin.name.actions import check_actions
from dialin.name.merge import MergeSettings


@dataclass(frozen=True)
class Settings:
    """Everything that decides the result, apart from data, embedder and LLM.

    Parameters
    ----------
    strategy : {"tree", "paper"}
        Keep the good nodes of the tree, or the paper's one k a round.
    partitioner : {"agglomerative", "kmeans", "gmm"}
        What partitions the sentences; "tree" needs the first.
    n_clusters : tuple of int
        Candidates N of ``strategy="paper"``; empty: chosen from the number of sentences.
    unit : {"sentences", "clusters"}
        What good and bad count, with ``strategy="paper"``.
    prune : bool
        Whether the LLM proposes the candidates of later rounds from the log, with ``strategy="paper"``.
    min_cluster_size : int
        Smaller clusters are not kept; 0: chosen from the number of sentences.
    epsilon : float
        Stop when at most this share of the sentences is left.
    max_rounds : int
        T_max; 0: one with ``strategy="tree"``, which finds what is good at every k at once, four with "paper".
    granularity : float
        How fine: times as many clusters as the sentences suggest; with ``judge="llm"`` only where the asking begins.
    sampler : {"convex", "random"}
        Representatives of a cluster.
    sample_dim : int
        Dimensions of the convex hull, 2 to 5.
    form : {"auto", "pairs", "list", "tuned"}
        How the judge asks; "auto" takes what measured best.
    judge : {"both", "llm", "geometry", "people"}
        Whose evidence decides; "people": every cluster of ``strategy="paper"`` is kept, for people to judge.
    sure : float
        Where the geometry is surer than this, the LLM is not asked; 0: where the answers of this LLM could not turn
        the verdict.
    merge : {"verified", "paper", "none"}
        Merge along verified edges, the paper's connected components, or not at all.
    merge_distance : {"geodesic", "cosine"}
        Distance of labels.
    merge_probabilistic : bool
        Whether an edge needs P(one intent) > tau.
    theta, kappa : float
        Largest distance of an edge, and concentration of labels; 0: from the labels at hand.
    tau : float
        Least probability of an edge.
    coverage : float
        Share of the sentences that should get an intent, where the judge agrees; 0: those within the radii.
    roles : {"auto", "split", "ignore"}
        Use the roles of the data where there are any; or split by action word; or neither.
    language : {"auto", "en", "zh"}
        Language of the names.
    actions : tuple of str
        Vocabulary of first words of the names; in a language that it has no word of: that of `dialin.name.actions`.
    seed : int
        Seed of everything random.
    """

    strategy: Literal["tree", "paper"] = "tree"
    partitioner: Literal["agglomerative", "kmeans", "gmm"] = "agglomerative"
    n_clusters: tuple[int, ...] = ()
    unit: Literal["sentences", "clusters"] = "sentences"
    prune: bool = False
    min_cluster_size: int = 0
    epsilon: float = 0.05
    max_rounds: int = 0
    granularity: float = 1.0
    sampler: Literal["convex", "random"] = "convex"
    sample_dim: int = 2
    form: Literal["auto", "pairs", "list", "tuned"] = "auto"
    judge: Literal["both", "llm", "geometry", "people"] = "both"
    sure: float = 0.0
    merge: Literal["verified", "paper", "none"] = "verified"
    merge_distance: Literal["geodesic", "cosine"] = "geodesic"
    merge_probabilistic: bool = True
    theta: float = 0.0
    tau: float = 0.7
    kappa: float = 0.0
    coverage: float = 0.0
    roles: Literal["auto", "split", "ignore"] = "auto"
    language: Literal["auto", "en", "zh"] = "auto"
    actions: tuple[str, ...] = ()
    seed: int = 0

    @property
    def n_rounds(self) -> int:
        """The most rounds that there may be."""
        return self.max_rounds or (1 if self.strategy == "tree" else 4)

    def merging(self) -> MergeSettings:
        """Return the settings of the merge step."""
        return MergeSettings(
            distance=self.merge_distance,
            probabilistic=self.merge_probabilistic,
            theta=self.theta or "auto",
            tau=self.tau,
            kappa=self.kappa or "auto",
            verify=self.merge == "verified",
        )


def check(settings: Settings) -> None:
    """Raise InputError where a setting is out of its range."""
    for name, kind in get_type_hints(Settings).items():
        if get_origin(kind) is Literal and getattr(settings, name) not in get_args(kind):
            allowed = ", ".join(get_args(kind))
            raise InputError(f"{name} must be one of {allowed}, got {getattr(settings, name)!r}")
    ranges: dict[str, tuple[float, float]] = {"epsilon": (0, 1), "coverage": (0, 1), "sure": (0, 1), "tau": (0, 1)}
    ranges |= {"sample_dim": (2, 5)}
    ranges |= {"theta": (0, math.pi), "kappa": (0, math.inf), "seed": (0, 2**32 - 1), "max_rounds": (0, 1000)}
    ranges |= {"granularity": (0.1, 10)}
    ranges |= {"min_cluster_size": (0, math.inf)}
    for name, (low, high) in ranges.items():
        value = getattr(settings, name)
        if not low <= value <= high:
            raise InputError(f"{name} must be from {low} to {high}, got {value}")
    check_actions(settings.actions)
    if 0 < settings.sure < 0.5:
        raise InputError(f"sure must be 0 or from 0.5 to 1, got {settings.sure}")
    if any(k < 2 for k in settings.n_clusters):
        raise InputError(f"every candidate of n_clusters must be 2 or more, got {settings.n_clusters}")
    if settings.judge == "people" and settings.strategy == "tree":
        raise InputError("judge 'people' keeps the clusters of one k, strategy 'tree' has none", hint="use 'paper'")
    if settings.strategy == "tree" and settings.partitioner != "agglomerative":
        raise InputError(
            f"strategy 'tree' needs a dendrogram, got partitioner {settings.partitioner!r}",
            hint="use partitioner 'agglomerative' or strategy 'paper'",
        )
