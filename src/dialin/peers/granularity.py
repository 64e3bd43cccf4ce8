"""Estimate the number of clusters from the LLM's answers about pairs: the second step of ClusterLLM.

Each join of a Ward tree unites sentences that every finer cut keeps apart. The LLM judges pairs of sentences across
joins: do they share an intent? The estimate is the k of the cut that agrees best with its answers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Matrix
from dialin.cluster.partition import Agglomerative
from dialin.judge.questions import build_pair_prompt
from dialin.llm.ask import Question, choose
from dialin.llm.base import LLM
from dialin.peers.base import Problem
from dialin.text.script import language_of

MAX_CLUSTERS = 200
PAIRS_PER_JOIN = 3
BETA = 0.92


def estimate_k(problem: Problem, X: Matrix, llm: LLM) -> int:
    """Return the k (2 to 200) whose cut of a Ward tree agrees best with the LLM about pairs."""
    tree = Agglomerative(random_state=problem.seed).fit(X).tree
    k_most = min(MAX_CLUSTERS, tree.n_leaves - 1)
    rng = np.random.default_rng(problem.seed)
    joins, pairs = list[int](), list[tuple[str, str]]()
    for k in range(2, k_most + 1):  # node 2L - k joins two of k clusters
        left, right = (tree.members(node) for node in tree.children_of(2 * tree.n_leaves - k))
        for _ in range(min(PAIRS_PER_JOIN, len(left) * len(right))):
            pairs.append((problem.texts[int(rng.choice(left))], problem.texts[int(rng.choice(right))]))
            joins.append(k)
    return best_cut(np.array(joins, dtype=np.int64), same_intent(pairs, llm), k_most)


def same_intent(pairs: Sequence[tuple[str, str]], llm: LLM) -> NDArray[np.bool_]:
    """Return True for each pair whose sentences share an intent according to the LLM, shape (m,)."""

    def question(pair: tuple[str, str]) -> Question:
        return Question(build_pair_prompt(*pair), language_of(pair))

    p = choose(llm, [question(pair) for pair in pairs], "pairs")
    return np.asarray(p[:, 0] > p[:, 1])


def best_cut(joins: NDArray[np.int64], same: NDArray[np.bool_], k_most: int) -> int:
    """Return the k in 2 … k_most whose cut predicts `same` with the best F-measure; `k_most` if no pair is the same.

    Parameters
    ----------
    joins : int64 array of shape (m,)
        Each pair is together in cuts into fewer clusters than this.
    same : bool array of shape (m,)
        Whether the LLM says that the pair shares an intent.

    Examples
    --------
    >>> best_cut(np.array([2, 3, 4, 5]), np.array([False, False, True, True]), 5)
    3
    """
    if not same.any() or k_most < 2:
        return max(k_most, 1)
    ks = np.arange(2, k_most + 1)
    together = joins[None, :] > ks[:, None]
    hits = (together & same).sum(axis=1)
    score = (1 + BETA**2) * hits / (BETA**2 * same.sum() + together.sum(axis=1))
    return int(ks[np.round(score, 12).argmax()])
