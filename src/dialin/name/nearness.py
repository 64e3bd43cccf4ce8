"""Ranks names by nearness: to the centroid of their own cluster, and far from those of its siblings.

In a space that has learnt labels, the name "cancel order" lies with the sentences that want it
(`studies.own.embedders`). Pure functions over vectors.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Floats

TEMPERATURE = 0.05
"""Of the choice among clusters: a cosine that is higher by this makes a cluster e times as probable."""
CONTRAST = 4.0
"""Weight of the log-probability of the own cluster, in temperatures: what tells siblings apart counts more."""
N_SENTENCES = 500
"""About how many sentences of a cluster are looked at."""
ALIKE = {"check": "inquire", "查询": "咨询", "查看": "咨询"}
"""Actions of names that differ in no more than a synonym."""
CHUNK = 1024
"""Names that are compared with all centroids at once."""


def nearness(
    V: NDArray[np.float32], pairs: NDArray[np.int64], C: NDArray[np.float32], contrast: float = CONTRAST
) -> Floats:
    """Return how well each name suits each cluster that it is a candidate of, in cosines.

    The cosine with the centroid of the cluster, plus `contrast` temperatures × the log-probability that the name is of
    this cluster and of no other, by a softmax over the cosines with all centroids. Takes O(n_names · n_clusters · d)
    time, however many clusters share a name.

    Parameters
    ----------
    V : ndarray of shape (n_names, d), float32
        Unit-norm vectors of names.
    pairs : ndarray of shape (n_pairs, 2), int64
        A name in [0, n_names) and a cluster in [0, n_clusters).
    C : ndarray of shape (n_clusters, d), float32
        Unit-norm centroids.
    contrast : float
        Weight, at least 0.

    Returns
    -------
    ndarray of shape (n_pairs,), float64
        At most 1.

    Examples
    --------
    A name between two centroids suits either less than one that lies aside of the other:

    >>> C, V = np.eye(3, dtype=np.float32)[:2], np.array([[0.6, 0.6, 0.5], [0.6, 0.0, 0.8]], np.float32)
    >>> nearness(V, np.array([[0, 0], [1, 0]]), C).round(2).tolist()
    [0.46, 0.6]
    """
    names, own = pairs.T
    order, found = np.argsort(names, kind="stable"), np.empty(len(pairs))
    to_all = C.T.astype(np.float64)
    for start in range(0, len(V), CHUNK):
        S = V[start : start + CHUNK].astype(np.float64) @ to_all
        first, last = np.searchsorted(names[order], (start, start + CHUNK))
        here = order[first:last]
        mine = S[names[here] - start, own[here]]
        found[here] = mine + contrast * (mine - soft_largest(S)[names[here] - start])
    return found


def step_through(n: int) -> int:
    """Return every how many-th of the n sentences of a cluster is looked at, so that about `N_SENTENCES` are.

    Examples
    --------
    >>> step_through(900), step_through(1_700)
    (1, 3)
    """
    return max(n // N_SENTENCES, 1)


def soft_largest(S: Floats) -> Floats:
    """Return the temperature × the log of the sum of exp(cosine / temperature), for each row of cosines (n, m).

    Cosines are 1 at most, so that their exponentials need no other bound.

    Examples
    --------
    Two equal cosines: .2 + .05 · log 2.

    >>> soft_largest(np.array([[0.2, 0.2]])).round(4).tolist()
    [0.2347]
    """
    return np.asarray(1.0 + TEMPERATURE * np.log(np.exp((S - 1.0) / TEMPERATURE).sum(axis=1)))


def settle(ranked: Sequence[Sequence[tuple[str, float]]], shared: Sequence[Container[str]] | None = None) -> list[str]:
    """Return a name for each cluster, no two of the same words: of two that want one, the one it suits better has it.

    To check and to inquire are one word here.

    Parameters
    ----------
    ranked : sequence of sequence of (str, float)
        Names of each cluster with their scores, the best first.
    shared : sequence of container of str, optional
        Names that each cluster may have though others have them, too; none.

    Returns
    -------
    list of str
        One for each cluster; "" where others have all of its names.

    Examples
    --------
    >>> settle([[("a-b", 0.9), ("c-d", 0.5)], [("a-b", 0.8), ("e-f", 0.7)], [("b-a", 0.1)]])
    ['a-b', 'e-f', '']
    """
    at, holders, waiting = [0] * len(ranked), dict[frozenset[str], int](), list(range(len(ranked)))
    while waiting:
        cluster = waiting.pop()
        while at[cluster] < len(ranked[cluster]):
            name, score = ranked[cluster][at[cluster]]
            if shared and name in shared[cluster]:
                break
            words = frozenset(ALIKE.get(word, word) for word in name.split("-"))
            holder = holders.get(words)
            if holder is None or score > ranked[holder][at[holder]][1]:
                holders[words] = cluster
                if holder is not None:
                    at[holder] += 1
                    waiting.append(holder)
                break
            at[cluster] += 1
    return [names[at[i]][0] if at[i] < len(names) else "" for i, names in enumerate(ranked)]
