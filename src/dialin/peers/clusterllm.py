"""ClusterLLM: the LLM says which of two sentences is closer to a third, and the embedding learns from it.

Notes
-----
Followed: Zhang, Wang and Shang, "ClusterLLM: Large Language Models as a Guide for Text Clustering" (EMNLP 2023).
Sentences between clusters, by the entropy of a Student-t membership in their nearest 2 % (at least two) clusters,
become queries: one member of each of two such clusters, "which is closer in intent?", 1,024 questions at most. The
embedding is refined with the answers, then k-means at the true k. As an option, `granularity`: the LLM says of pairs
that joins of a Ward tree bring together whether they share an intent, and the cut that agrees best (F-measure, beta
0.92) is k.

Different: the paper fine-tunes Instructor or E5 with a contrastive loss on a GPU. Here the embedder is frozen and a
*linear map* of its vectors learns from the triplets (`dialin.peers.linear`), in SciPy, without torch: weaker, but
seconds on a laptop. Queries are the 20 % of highest entropy, and one pass is made (the paper: also two). Unreadable
answers are left out. Prompts are our own; the pair question is that of dialin's judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from math import ceil

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Labels, Matrix
from dialin.llm.ask import MAX_CHARACTERS, Question, choose
from dialin.llm.base import LLM
from dialin.peers.base import Kit, Problem, centroids_of, k_means, llm_of, squared_distances
from dialin.peers.granularity import estimate_k
from dialin.peers.linear import refine
from dialin.prompts.templates import load
from dialin.text.script import language_of

NEAR_SHARE = 0.02
UNSURE_SHARE = 0.2
PATIENCE = 3
"""Times that every query is tried without a new triplet before there are held to be no more."""

Triplets = NDArray[np.int64]
"""Rows (query, first, second), shape (m, 3)."""


def build_question(query: str, first: str, second: str) -> Question:
    """Return the question which of two sentences is closer in intent to the query."""
    language = language_of([query, first, second])
    cut = [text[:MAX_CHARACTERS] for text in (query, first, second)]
    return Question(load("closer", language).prompt(query=cut[0], first=cut[1], second=cut[2]), language)


@dataclass(frozen=True)
class ClusterLLMPeer:
    """ClusterLLM; asks at most `n_questions`, and with `granularity` at most 3 for each k up to 200.

    Parameters
    ----------
    n_questions : int
        Most triplets.
    granularity : bool
        Estimate k instead of being told it; the triplets are then found with sqrt(n) clusters.
    """

    n_questions: int = 1024
    granularity: bool = False
    name: str = "clusterllm"
    needs_llm: bool = True

    @property
    def told_k(self) -> bool:
        """Whether it is told the true number of clusters."""
        return not self.granularity

    def __call__(self, problem: Problem, kit: Kit) -> Labels:
        """Return labels (n,); raise InputError without an LLM."""
        llm = llm_of(kit, self.name)
        k = problem.n_clusters if self.told_k else max(2, round(len(problem.texts) ** 0.5))
        X = refine(problem.X, answered(problem, triplets(problem, k, self.n_questions), llm))
        if self.granularity:
            k = estimate_k(problem, X, llm)
        return k_means(X, k, problem.seed)


def uncertainty(X: Matrix, labels: Labels) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return how undecided each row is, and between which clusters.

    Returns
    -------
    entropy : float64 array of shape (n,)
        Of the membership in the nearest clusters, in nats.
    near : int64 array of shape (n, m)
        These clusters, the nearest first.
    """
    D = squared_distances(X, centroids_of(X, labels))
    m = min(max(2, ceil(NEAR_SHARE * D.shape[1])), D.shape[1])
    near = np.argsort(D, axis=1, kind="stable")[:, :m]
    weight = 1.0 / (1.0 + np.take_along_axis(D, near, axis=1))
    p = weight / weight.sum(axis=1, keepdims=True)
    return -(p * np.log(p)).sum(axis=1), near


def triplets(problem: Problem, k: int, n_most: int) -> Triplets:
    """Return different triplets, the most undecided queries first; none if there is only one cluster."""
    labels = k_means(problem.X, k, problem.seed)
    if labels.max(initial=0) < 1:
        return np.zeros((0, 3), dtype=np.int64)
    rng = np.random.default_rng(problem.seed)
    entropy, near = uncertainty(problem.X, labels)
    queries = np.argsort(-np.round(entropy, 9), kind="stable")[: ceil(UNSURE_SHARE * len(labels))]
    members = [np.flatnonzero(labels == cluster) for cluster in range(int(labels.max()) + 1)]
    found, idle = dict[tuple[int, int, int], None](), 0
    for turn in count():
        query = int(queries[turn % len(queries)])
        first, second = (int(rng.choice(members[c])) for c in rng.permutation(near[query])[:2])
        is_new = query not in {first, second} and not {(query, first, second), (query, second, first)} & found.keys()
        idle = 0 if is_new else idle + 1
        if len(found) == n_most or idle > PATIENCE * len(queries):  # small data has fewer
            break
        if is_new:
            found[query, first, second] = None
    return np.array(list(found), dtype=np.int64).reshape(-1, 3)


def answered(problem: Problem, asked: Triplets, llm: LLM) -> Triplets:
    """Return (query, closer, farther) rows as the LLM sees them; undecided answers are left out."""
    questions = [build_question(*(problem.texts[i] for i in row)) for row in asked.tolist()]
    p = choose(llm, questions, "closer")
    swapped = np.where((p[:, 1] > p[:, 0])[:, None], asked[:, [0, 2, 1]], asked)
    return np.asarray(swapped[p[:, 0] != p[:, 1]], dtype=np.int64)
