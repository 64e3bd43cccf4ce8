"""The graph of labels (paper §3.3): an edge joins two labels that probably name one intent.

The four variants of Table 7 are {geodesic, cosine} × {probabilistic, deterministic}: an edge needs two labels nearer
than θ and, if probabilistic, a probability above τ that both come from one intent, under a mixture of von Mises-Fisher
distributions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Floats

Edge = tuple[int, int]

_EQUAL = 1e-6


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
    """

    distance: Literal["geodesic", "cosine"] = "geodesic"
    probabilistic: bool = True
    theta: float | Literal["auto"] = "auto"
    tau: float = 0.7
    kappa: float | Literal["auto"] = "auto"
    verify: bool = True


def cosines(L: NDArray[np.floating]) -> Floats:
    """Return the cosines of all pairs of unit rows, shape (m, m), exactly 1 on the diagonal and of equal rows.

    The norm of a float32 row is 1 but for rounding, which the arc cosine of equal ones would show: it is steep there.
    """
    S = np.clip(L.astype(np.float64) @ L.T.astype(np.float64), -1.0, 1.0)
    np.fill_diagonal(S, 1.0)
    return np.where(S > 1.0 - _EQUAL, 1.0, S)


def distances(L: NDArray[np.floating], kind: str) -> Floats:
    """Return pairwise distances of unit rows, shape (m, m): radians for "geodesic", else 1 − cosine."""
    return np.arccos(cosines(L)) if kind == "geodesic" else 1.0 - cosines(L)


def auto_theta(D: Floats) -> float:
    """Return the distance within which a label has one neighbour on average: m / 2 pairs of m labels are that near.

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
