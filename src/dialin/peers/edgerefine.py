"""LLMEdgeRefine: regroups the sentences at the edges of clusters and shows only these to the LLM.

Notes
-----
Follows Feng, Lin, Wang, Guo, Wang and Wang, "LLMEdgeRefine: Enhancing Text Clustering with LLM-Based Boundary Point
Refinement" (EMNLP 2024), as far as its description goes. (1) K-means clusters the sentences at the true k. (2)
Super-points keep outliers from dragging centroids: the sentences of a cluster farthest from its centroid are its edge,
and the others become one point. Super-points and edge sentences are then clustered agglomeratively into k. (3) In each
of several rounds, the LLM reads every edge sentence beside its cluster. The sentence stays or moves to the nearest
other cluster.

Differences: the publication does not define a super-point exactly. Here it is the mean of the core, weighted by its
number of sentences, in Ward's linkage. The shares of the edge (20 % in step 2, 10 % in step 3), the two rounds and the
prompt are our own choice and the same for all data sets, while the paper tunes them per data set. After an unreadable
answer the sentence stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Labels, Matrix
from dialin.cluster.labels import canonical
from dialin.cluster.partition import Agglomerative
from dialin.llm.ask import Question, choose
from dialin.llm.base import LLM
from dialin.peers.base import Kit, Problem, centroids_of, k_means, llm_of, squared_distances
from dialin.prompts.templates import load
from dialin.text.script import language_of

N_SHOWN = 8
MIN_SIZE = 3
"""Smaller clusters have no edge, because they have no core to compare it with."""


def build_question(text: str, core: list[str]) -> Question:
    """Return the question that asks whether a sentence shares the intent of its cluster's most central sentences."""
    language = language_of([text, *core])
    prompt = load("belongs", language).prompt(sentences=core, sentence=text)
    return Question(prompt, language)


@dataclass(frozen=True)
class EdgeRefinePeer:
    """LLMEdgeRefine, told k: per round, one question for each sentence in the outer `asked_share` of its cluster.

    Parameters
    ----------
    edge_share : float
        Share of a cluster that stays outside its super-point.
    asked_share : float
        Share of a cluster to ask the LLM about, at least one sentence.
    n_rounds : int
        Largest number of rounds; the method stops after a round that moves nothing.
    """

    edge_share: float = 0.2
    asked_share: float = 0.1
    n_rounds: int = 2
    name: str = "edgerefine"
    needs_llm: bool = True
    told_k: bool = True

    def __call__(self, problem: Problem, kit: Kit) -> Labels:
        """Return labels (n,) of at most `problem.n_clusters` clusters; raise InputError if the kit has no LLM."""
        llm = llm_of(kit, self.name)
        labels = regroup(problem.X, k_means(problem.X, problem.n_clusters, problem.seed), self.edge_share)
        for _ in range(self.n_rounds):
            refined = refine(problem, labels, self.asked_share, llm)
            if np.array_equal(refined, labels):
                break
            labels = refined
        return labels


def edge_rows(X: Matrix, labels: Labels, share: float) -> NDArray[np.int64]:
    """Return the rows farthest from the centroid of their cluster, ascending.

    Each cluster gives `share` of its rows, rounded down but at least one; clusters of one or two rows give none.
    """
    own = np.take_along_axis(squared_distances(X, centroids_of(X, labels)), labels[:, None], axis=1)[:, 0]
    edges = list[int]()
    for cluster in range(int(labels.max(initial=-1)) + 1):
        rows = np.flatnonzero(labels == cluster)
        if len(rows) >= MIN_SIZE:
            far = rows[np.argsort(-own[rows], kind="stable")]
            edges += far[: max(1, int(share * len(rows)))].tolist()
    return np.array(sorted(edges), dtype=np.int64)


def regroup(X: Matrix, labels: Labels, share: float) -> Labels:
    """Return labels (n,) after clustering super-points and edge rows again into the same number of clusters."""
    edges = edge_rows(X, labels, share)
    core = np.setdiff1d(np.arange(len(X)), edges)
    if not len(edges):
        return labels
    points = np.vstack([centroids_of(X[core], labels[core]), X[edges]]).astype(np.float32)
    k = int(labels.max()) + 1
    weight = np.concatenate([np.bincount(labels[core], minlength=k), np.ones(len(edges), dtype=np.int64)])
    cut = Agglomerative().fit(points, weight).cut(k)
    found = np.empty(len(X), dtype=np.int64)
    found[core], found[edges] = cut[labels[core]], cut[k:]
    return canonical(found)


def refine(problem: Problem, labels: Labels, share: float, llm: LLM) -> Labels:
    """Return labels (n,) after one round: an edge row that the LLM rejects moves to the nearest other cluster."""
    k = int(labels.max(initial=-1)) + 1
    edges = edge_rows(problem.X, labels, share)
    if k < 2 or not len(edges):
        return labels
    D = squared_distances(problem.X, centroids_of(problem.X, labels))
    core = [central_texts(problem, labels, D, cluster, edges) for cluster in range(k)]
    p = choose(llm, [build_question(problem.texts[i], core[labels[i]]) for i in edges.tolist()], "belongs")
    leaving = edges[p[:, 1] > p[:, 0]]
    D[leaving, labels[leaving]] = np.inf
    found = labels.copy()
    found[leaving] = D[leaving].argmin(axis=1)
    return canonical(found)


def central_texts(
    problem: Problem, labels: Labels, D: NDArray[np.float64], cluster: int, edges: NDArray[np.int64]
) -> list[str]:
    """Return the sentences of a cluster nearest to its centroid, at most eight, without its edge."""
    rows = np.setdiff1d(np.flatnonzero(labels == cluster), edges)
    return [problem.texts[i] for i in rows[np.argsort(D[rows, cluster], kind="stable")[:N_SHOWN]].tolist()]
