"""Everything that decides a result, apart from data, embedder and LLM.

A new setting needs a field with its docstring, an entry in `RANGES` if it is a number, and a line in
`dialin.cli.options`; then run ``scripts/reference``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args, get_origin, get_type_hints

from dialin.errors import InputError
from dialin.name.actions import check_actions
from dialin.name.label_graph import MergeSettings
from dialin.prompts.steering import Steering, check_steering

Auto = Literal["auto"]


@dataclass(frozen=True)
class Settings:
    """Everything that decides the result, apart from data, embedder and LLM.

    Parameters
    ----------
    strategy : {"tree", "paper"}
        Keep the good nodes of the tree, or use the paper's search for one k per round.
    partitioner : {"agglomerative", "kmeans", "gmm"}
        The method that partitions the sentences; "tree" needs the first.
    n_clusters : tuple of int
        Candidates N of ``strategy="paper"``; empty: chosen from the number of sentences.
    unit : {"sentences", "clusters"}
        Unit in which good and bad are counted, with ``strategy="paper"``.
    prune : bool
        Whether the LLM proposes the candidates of later rounds from the log, with ``strategy="paper"``.
    min_cluster_size : int or "auto"
        Smaller clusters are not kept; "auto": 4, or with ``strategy="paper"`` √n / 8, at least 4, of the n sentences of
        a stratum. A sentence that was said more often than that many others together, and belongs to no cluster, is an
        intent alone.
    epsilon : float
        Stop when at most this share of the sentences is left.
    max_rounds : int or "auto"
        T_max; "auto": one with ``strategy="tree"``, which considers every k at once, four with "paper".
    granularity : float
        Factor on the number of clusters that the sentences suggest; with ``judge="llm"`` it only sets the first cut.
    sampler : {"convex", "random"}
        Representatives of a cluster.
    sample_dim : int
        Dimensions of the convex hull, 2 to 5.
    form : {"auto", "pairs", "list", "tuned"}
        The form of the judge's question; "auto" takes the one that measured best for the LLM.
    judge : {"auto", "both", "llm", "geometry", "people"}
        The evidence that decides; "auto": "geometry" beside an LLM of the catalogue, which is too small to add to it,
        else "both"; "people": every cluster of ``strategy="paper"`` is kept, for people to judge.
    sure : float or "auto"
        Where the geometry gives P(good) beyond this or below 1 − this, the LLM is not asked, in [½, 1]; "auto": where
        the answers of this LLM could not turn the verdict.
    cascade_target : float
        With a cheap and an expensive judge, the least share of the verdicts that are the expensive one's, with a
        probability of 95 %, in [½, 1]; 1: all are.
    merge : {"verified", "paper", "none"}
        Merge along verified edges, the paper's connected components, or not at all.
    merge_distance : {"geodesic", "cosine"}
        Distance of labels.
    merge_probabilistic : bool
        Whether an edge needs P(one intent) > tau.
    theta, kappa : float or "auto"
        Largest distance of an edge, and concentration of labels; "auto": from the labels at hand.
    tau : float
        Least probability of an edge.
    coverage : float or "auto"
        Share of the sentences that should get an intent, where the judge agrees, in [0, 1]; "auto": those within the
        radii of the pieces.
    only : {"all", "needs"}
        Cluster all sentences, or those alone that are needs (`dialin.name.kinds`) or have no known kind.
    roles : {"auto", "split", "label", "ignore"}
        Use the roles in the data, if any; "split": guess those that it lacks by words and turns; "label": split by the
        labels of clusters, as the paper does; or no roles at all.
    context : {"next", "none"}
        In dialogues, the vector of a sentence takes up a share of what is said next (`dialin.cluster.said_next`) and
        leans by whether it states a need (`dialin.name.need_direction`), or not.
    language : {"auto", "en", "zh"}
        Language of the names.
    actions : tuple of str
        Vocabulary of first words of the names; a language without any is served by `dialin.name.actions`.
    describe : bool
        Whether the LLM writes a sentence about each intent, in the language of its name.
    about : str
        What the LLM is told about where the sentences come from, such as "calls to a broadband provider's support".
    name_examples : tuple of str
        Names that the team likes: the LLM that names is told to follow their style.
    name_style : str
        The style that the LLM is told to give names and descriptions, such as "formal".
    glossary : tuple of str
        What words mean, such as "FTTC = fibre to the cabinet": the LLM is told of those that occur in a question.
    seed : int
        Seed of everything random.
    """

    strategy: Literal["tree", "paper"] = "tree"
    partitioner: Literal["agglomerative", "kmeans", "gmm"] = "agglomerative"
    n_clusters: tuple[int, ...] = ()
    unit: Literal["sentences", "clusters"] = "sentences"
    prune: bool = False
    min_cluster_size: int | Auto = "auto"
    epsilon: float = 0.05
    max_rounds: int | Auto = "auto"
    granularity: float = 1.0
    sampler: Literal["convex", "random"] = "convex"
    sample_dim: int = 2
    form: Literal["auto", "pairs", "list", "tuned"] = "auto"
    judge: Literal["auto", "both", "llm", "geometry", "people"] = "auto"
    sure: float | Auto = "auto"
    cascade_target: float = 0.95
    merge: Literal["verified", "paper", "none"] = "verified"
    merge_distance: Literal["geodesic", "cosine"] = "geodesic"
    merge_probabilistic: bool = True
    theta: float | Auto = "auto"
    tau: float = 0.7
    kappa: float | Auto = "auto"
    coverage: float | Auto = "auto"
    only: Literal["all", "needs"] = "all"
    roles: Literal["auto", "split", "label", "ignore"] = "auto"
    context: Literal["next", "none"] = "next"
    language: Literal["auto", "en", "zh"] = "auto"
    actions: tuple[str, ...] = ()
    describe: bool = False
    about: str = ""
    name_examples: tuple[str, ...] = ()
    name_style: str = ""
    glossary: tuple[str, ...] = ()
    seed: int = 0

    @property
    def n_rounds(self) -> int:
        """The most rounds that there may be."""
        if self.max_rounds == "auto":
            return 1 if self.strategy == "tree" else 4
        return self.max_rounds

    @property
    def separates_roles(self) -> bool:
        """Whether the sentences of each role are a stratum of their own from the beginning."""
        return self.roles in {"auto", "split"}

    @property
    def steering(self) -> Steering:
        """What the LLMs are told beside the sentences."""
        return Steering(self.about, self.name_examples, self.name_style, self.glossary)

    def merging(self) -> MergeSettings:
        """Return the settings of the merge step."""
        return MergeSettings(
            distance=self.merge_distance,
            probabilistic=self.merge_probabilistic,
            theta=self.theta,
            tau=self.tau,
            kappa=self.kappa,
            verify=self.merge == "verified",
        )


RANGES: Mapping[str, tuple[float, float]] = {
    "min_cluster_size": (1, math.inf),
    "epsilon": (0, 1),
    "max_rounds": (1, 1000),
    "granularity": (0.1, 10),
    "sample_dim": (2, 5),
    "sure": (0.5, 1),
    "cascade_target": (0.5, 1),
    "theta": (0, math.pi),
    "tau": (0, 1),
    "kappa": (0, math.inf),
    "coverage": (0, 1),
    "seed": (0, 2**32 - 1),
}
"""Least and largest value of each setting that is a number."""


def check(settings: Settings) -> None:
    """Raise InputError where a setting is out of its range, or two do not go together."""
    for name, kind in get_type_hints(Settings).items():
        check_value(name, getattr(settings, name), words_of(kind))
    check_actions(settings.actions)
    check_steering(settings.steering)
    if any(k < 2 for k in settings.n_clusters):
        raise InputError(f"every candidate of n_clusters must be 2 or more, got {settings.n_clusters}")
    if settings.judge == "people" and settings.strategy == "tree":
        raise InputError("judge 'people' keeps the clusters of one k, strategy 'tree' has none", hint="use 'paper'")
    if settings.strategy == "tree" and settings.partitioner != "agglomerative":
        raise InputError(
            f"strategy 'tree' needs a dendrogram, got partitioner {settings.partitioner!r}",
            hint="use partitioner 'agglomerative' or strategy 'paper'",
        )


def check_describer(settings: Settings, *, has_llm: bool) -> None:
    """Raise InputError where descriptions are wanted and no LLM is there to write them."""
    if settings.describe and not has_llm:
        raise InputError(
            "describe needs an LLM, and there is none: embeddings cannot write sentences",
            hint="choose one with --llm, or leave out describe",
        )


def words_of(kind: object) -> tuple[str, ...]:
    """Return the words that a type allows: all choices of a setting, or "auto" beside a number.

    Examples
    --------
    >>> words_of(Literal["tree", "paper"]), words_of(float | Literal["auto"]), words_of(int)
    (('tree', 'paper'), ('auto',), ())
    """
    if get_origin(kind) is Literal:
        return get_args(kind)
    return tuple(word for part in get_args(kind) for word in words_of(part))


def check_value(name: str, value: object, words: tuple[str, ...]) -> None:
    """Raise InputError where a setting is neither one of its words nor a number in its range."""
    if value in words:
        return
    if name not in RANGES:
        if words:
            raise InputError(f"{name} must be one of {', '.join(words)}, got {value!r}")
        return
    low, high = RANGES[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        instead = f' or "{words[0]}"' if words else ""
        raise InputError(f"{name} must be from {low} to {high}{instead}, got {value!r}")
