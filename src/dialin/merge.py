"""Merging clusters of one intent: label graph -> von Mises-Fisher probability -> verified edges (paper §3.3).

The paper's four variants (Table 7) are {geodesic, cosine} × {probabilistic, deterministic}: an edge where two labels
are nearer than θ, and, if probabilistic, where both come from one intent with a probability above τ. Beyond the paper,
an edge counts only if the judge finds the union coherent, and it is always the union of all that both ends have
become so far: a chain cannot glue what does not belong together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dialin.judge import Judge, Rows, Verdict

Floats = NDArray[np.float64]
Edge = tuple[int, int]


@dataclass(frozen=True)
class MergeSettings:
    """Which clusters may become one.

    Parameters
    ----------
    distance : {"geodesic", "cosine"}
        Between labels: arccos(l_i · l_j) in radians, or 1 − l_i · l_j.
    probabilistic : bool
        Whether an edge also needs P(one intent) > `tau`.
    theta : float or "auto"
        Largest distance of an edge, in the unit of `distance`; "auto": one neighbour a label on average.
    tau : float
        Least probability of an edge (paper 0.7).
    kappa : float or "auto"
        Concentration of an intent's labels around their mean; "auto" estimates it from the labels.
    verify : bool
        Whether the judge must find every union coherent; False is the paper's connected components.
    n_neighbours : int
        With `verify`, also try each cluster's nearest by centroid, so many of them: labels of small LLMs differ
        where the intent does not.
    """

    distance: Literal["geodesic", "cosine"] = "geodesic"
    probabilistic: bool = True
    theta: float | Literal["auto"] = "auto"
    tau: float = 0.7
    kappa: float | Literal["auto"] = "auto"
    verify: bool = True
    n_neighbours: int = 1


@dataclass(frozen=True)
class Merged:
    """Which clusters became one, and how sure the judge was.

    Parameters
    ----------
    groups : tuple of tuple of int
        Clusters of each group, ascending; the groups partition all clusters.
    verdicts : dict of tuple to Verdict
        The verdict on each group of several clusters that was verified.
    """

    groups: tuple[tuple[int, ...], ...]
    verdicts: dict[tuple[int, ...], Verdict]


def cosines(L: NDArray[np.floating]) -> Floats:
    """Return the cosines of all pairs of unit rows, shape (m, m), exactly 1 on the diagonal."""
    S = np.clip(L.astype(np.float64) @ L.T.astype(np.float64), -1.0, 1.0)
    np.fill_diagonal(S, 1.0)
    return S


def distances(L: NDArray[np.floating], kind: str) -> Floats:
    """Return pairwise distances of unit rows, shape (m, m): radians for "geodesic", else 1 − cosine."""
    return np.arccos(cosines(L)) if kind == "geodesic" else 1.0 - cosines(L)


def auto_theta(D: Floats) -> float:
    """Return the distance at which a label has one neighbour on average: m / 2 pairs of m labels are no farther.

    A constant cannot serve all embedders: at the paper's 0.8 rad most labels of a modern one are neighbours.

    Examples
    --------
    Four labels: two pairs, so the second smallest of the six distances:

    >>> auto_theta(np.array([[0, 1, 4, 6], [1, 0, 3, 5], [4, 3, 0, 2], [6, 5, 2, 0]]) / 10)
    0.2
    """
    pairs = np.sort(D[np.triu_indices(len(D), 1)])
    return float(pairs[-(-len(D) // 2) - 1]) if len(pairs) else 0.0


def auto_kappa(L: NDArray[np.floating]) -> float:
    """Estimate the concentration κ from the labels: 1 / (1 − mean cosine of nearest neighbours).

    So the density has fallen by a factor e at the distance that a label usually has to its nearest. The maximum-
    likelihood estimate, about d / (1 − r²), is of no use here: with several hundred dimensions d it lets no two labels
    be of one intent, however near.
    """
    S = cosines(L)
    np.fill_diagonal(S, -1.0)
    return float(1.0 / max(1.0 - S.max(axis=1).mean(), 1e-3))


def same_intent_probability(L: NDArray[np.floating], kappa: float) -> Floats:
    """Return P(labels i and j come from one intent), shape (m, m).

    Every label is a component of a mixture of von Mises-Fisher distributions with uniform weights π. With
    ``same = Σ_m π_m p(l_i|m) p(l_j|m)`` and ``apart = (Σ_m π_m p(l_i|m)) (Σ_m π_m p(l_j|m))``, it is
    ``same / (same + apart)`` (prior ½). The normaliser C_d(κ) stands squared in both and cancels; with exp(κ) taken
    out as well no factor exceeds 1, and every label's own density keeps `apart` above zero.
    """
    p = np.exp(kappa * (cosines(L) - 1.0))
    same = p @ p.T / len(L)
    density = p.mean(axis=1)
    return np.asarray(same / (same + np.outer(density, density)))


def label_edges(L: NDArray[np.floating], settings: MergeSettings) -> list[Edge]:
    """Return the edges of the label graph, nearest labels first.

    Parameters
    ----------
    L : ndarray of shape (m, d)
        Unit-norm embeddings of the labels.
    settings : MergeSettings
        Distance, θ, τ and κ.
    """
    if len(L) < 2:
        return []
    D = distances(L, settings.distance)
    theta = auto_theta(D) if settings.theta == "auto" else settings.theta
    allowed = theta >= D if settings.theta == "auto" else theta > D
    if settings.probabilistic:
        kappa = auto_kappa(L) if settings.kappa == "auto" else settings.kappa
        allowed &= same_intent_probability(L, kappa) > settings.tau
    i, j = np.nonzero(np.triu(allowed, 1))
    order = np.lexsort((j, i, D[i, j]))
    return [(int(i[e]), int(j[e])) for e in order]


def neighbour_edges(C: NDArray[np.floating], n_neighbours: int) -> list[Edge]:
    """Return each cluster's edges to its nearest by centroid, nearest first; C has unit rows (m, d)."""
    if len(C) < 2:
        return []
    S = cosines(C)
    np.fill_diagonal(S, -2.0)
    near = np.argsort(-S, axis=1, kind="stable")[:, : min(n_neighbours, len(C) - 1)]
    pairs = {(min(i, int(j)), max(i, int(j))) for i in range(len(C)) for j in near[i]}
    return sorted(pairs, key=lambda edge: (-S[edge], edge))


def components(n: int, edges: Sequence[Edge]) -> Merged:
    """Return the connected components of n clusters: the paper's merge, unverified."""
    rows, cols = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(rows)), (rows, cols)), shape=(n, n))
    labels = connected_components(graph, directed=False)[1]
    groups = {label: tuple(np.flatnonzero(labels == label).tolist()) for label in labels}
    return Merged(tuple(groups.values()), {})


def matching(edges: Sequence[Edge], group: Sequence[int]) -> list[Edge]:
    """Return edges between different groups, the first of each group, no group twice: a batch to judge."""
    busy, batch = set[int](), []
    for i, j in edges:
        ends = {group[i], group[j]}
        if len(ends) == 2 and not ends & busy:
            busy |= ends
            batch.append((i, j))
    return batch


def verified(clusters: Sequence[Rows], edges: Sequence[Edge], judge: Judge) -> Merged:
    """Merge along the edges, best first, each union only if the judge finds all of it coherent.

    Parameters
    ----------
    clusters : sequence of ndarray
        Rows of each cluster.
    edges : sequence of (int, int)
        Candidates, most promising first.
    judge : Judge
        Asked about the union of all that both ends have become so far.
    """
    members: dict[int, tuple[int, ...]] = {i: (i,) for i in range(len(clusters))}
    group, verdicts = list(range(len(clusters))), dict[tuple[int, ...], Verdict]()
    left = list(edges)
    while batch := matching(left, group):
        ends = [(group[i], group[j]) for i, j in batch]
        rows = {g: np.concatenate([clusters[i] for i in members[g]]) for pair in ends for g in pair}
        for (a, b), verdict in zip(ends, judge.judge_unions([(rows[a], rows[b]) for a, b in ends]), strict=True):
            left = [e for e in left if {group[e[0]], group[e[1]]} != {a, b}]
            if verdict.good:
                members[a] = tuple(sorted(members[a] + members.pop(b)))
                verdicts[members[a]] = verdict
                group = [a if g == b else g for g in group]
    groups = tuple(sorted(members.values()))
    return Merged(groups, {g: verdicts[g] for g in groups if g in verdicts})
