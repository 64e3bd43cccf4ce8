"""ClusterLLM: the LLM says which of two sentences is closer to a third, and the embedding learns from the answers.

Notes
-----
Follows Zhang, Wang and Shang, "ClusterLLM: Large Language Models as a Guide for Text Clustering" (EMNLP 2023).
Sentences that lie between clusters become queries. A Student-t distribution over the nearest 2 % of the clusters (at
least two) gives each sentence an entropy; the highest come first. For each query the method draws one member from each
of two near clusters and asks the LLM which of the two is closer in intent, at most 1,024 times. The answers refine the
embedding, and k-means clusters it at the true k. With the option `granularity`, the LLM judges whether the sentences
that a join of a Ward tree brings together share an intent, and k is the cut that agrees best with it (F-measure, beta
0.92).

Differences: the paper fine-tunes Instructor or E5 with a contrastive loss on a GPU. Here the embedder is frozen, and a
*linear map* of its vectors learns from the triplets (`dialin.peers.linear`) in SciPy, without torch. That is weaker,
but takes seconds on a laptop. The queries are the 20 % of the sentences with the highest entropy, in a single pass (the
paper also tries two). Unreadable answers are dropped. The prompts are our own; pairs get the question of dialin's
judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from math import ceil

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Labels, Matrix
from dialin.llm.ask import Question, choose
from dialin.llm.base import LLM
from dialin.peers.base import Kit, Problem, centroids_of, k_means, llm_of, squared_distances
from dialin.peers.granularity import estimate_k
from dialin.peers.linear import refine
from dialin.prompts.templates import load
from dialin.text.script import language_of

NEAR_SHARE = 0.02
UNSURE_SHARE = 0.2
PATIENCE = 3
"""Passes over all queries without a new triplet before the search for triplets ends."""

Triplets = NDArray[np.int64]
"""Rows of (query, first, second), shape (m, 3)."""


def build_question(query: str, first: str, second: str) -> Question:
    """Return the question that asks which of two sentences is closer in intent to the query."""
    language = language_of([query, first, second])
    return Question(load("closer", language).prompt(query=query, first=first, second=second), language)


@dataclass(frozen=True)
class ClusterLLMPeer:
    """ClusterLLM: at most `n_questions` questions; with `granularity`, at most 3 more for each k from 2 to 200.

    Parameters
    ----------
    n_questions : int
        Largest number of triplets.
    granularity : bool
        Whether to estimate k instead of being told it; the triplets then come from sqrt(n) clusters.
    """

    n_questions: int = 1024
    granularity: bool = False
    name: str = "clusterllm"
    needs_llm: bool = True

    @property
    def told_k(self) -> bool:
        """Whether the peer is told the true number of clusters."""
        return not self.granularity

    def __call__(self, problem: Problem, kit: Kit) -> Labels:
        """Return the labels (n,); raise InputError if the kit has no LLM."""
        llm = llm_of(kit, self.name)
        k = problem.n_clusters if self.told_k else max(2, round(len(problem.texts) ** 0.5))
        X = refine(problem.X, answered(problem, triplets(problem, k, self.n_questions), llm))
        if self.granularity:
            k = estimate_k(problem, X, llm)
        return k_means(X, k, problem.seed)


def uncertainty(X: Matrix, labels: Labels) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the uncertainty of each row and the clusters that it lies between.

    Returns
    -------
    entropy : float64 array of shape (n,)
        Entropy of the row's membership in its nearest clusters, in nats.
    near : int64 array of shape (n, m)
        These m clusters, nearest first.
    """
    D = squared_distances(X, centroids_of(X, labels))
    m = min(max(2, ceil(NEAR_SHARE * D.shape[1])), D.shape[1])
    near = np.argsort(D, axis=1, kind="stable")[:, :m]
    weight = 1.0 / (1.0 + np.take_along_axis(D, near, axis=1))
    p = weight / weight.sum(axis=1, keepdims=True)
    return -(p * np.log(p)).sum(axis=1), near


def triplets(problem: Problem, k: int, n_most: int) -> Triplets:
    """Return distinct triplets, most uncertain queries first; an array of shape (0, 3) if there is one cluster."""
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
        if len(found) == n_most or idle > PATIENCE * len(queries):  # small data runs out of triplets
            break
        if is_new:
            found[query, first, second] = None
    return np.array(list(found), dtype=np.int64).reshape(-1, 3)


def answered(problem: Problem, asked: Triplets, llm: LLM) -> Triplets:
    """Return rows of (query, closer, farther) as the LLM answered; a question without a clear answer gives no row."""
    questions = [build_question(*(problem.texts[i] for i in row)) for row in asked.tolist()]
    p = choose(llm, questions, "closer")
    swapped = np.where((p[:, 1] > p[:, 0])[:, None], asked[:, [0, 2, 1]], asked)
    return np.asarray(swapped[p[:, 0] != p[:, 1]], dtype=np.int64)
