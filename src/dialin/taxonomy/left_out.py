"""Says what a run would do with each of its own sentences, had it not been in it.

A run has formed its borders around its own sentences, so it takes them in more often, and they lie nearer to its
centres, than new ones of the same kind do. Left out, each of them is a new one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Bools, Floats, Labels, Matrix
from dialin.cluster.labels import rows_by
from dialin.discover.assign import N_DEVIATIONS, Pieces, spread


def centre_sums(X: Matrix, labels: Labels, n_intents: int) -> NDArray[np.float64]:
    """Return the sum of the vectors of each intent, shape (n_intents, d), float64."""
    sums = np.zeros((n_intents, X.shape[1]))
    for intent, rows in rows_by(labels).items():
        if intent >= 0:
            sums[intent] = X[rows].sum(axis=0)
    return sums


def centre_distances(X: Matrix, homes: Labels, sums: NDArray[np.float64], is_in_sum: Bools) -> Floats:
    """Return the cosine distance of each sentence to the centre of its intent without the sentence, in [0, 2].

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm vectors.
    homes : ndarray of shape (n,), int64
        Intent of each; where it is −1, the distance is 0.
    sums : ndarray of shape (m, d)
        What `centre_sums` gives.
    is_in_sum : ndarray of shape (n,), bool
        Whether the sentence is in the sum and has to be taken out of it.

    Examples
    --------
    Two sentences at a right angle, each left out: the other is the centre, and the distance is 1 − cos 90°.

    >>> X = np.eye(2)
    >>> centre_distances(X, np.zeros(2, np.int64), X.sum(axis=0)[None], np.array([True, True])).tolist()
    [1.0, 1.0]
    """
    of = np.vstack([sums, np.zeros(X.shape[1])])[homes]  # the last row is for "no intent"
    centres = of - np.where(is_in_sum[:, None], X, 0.0)
    norms = np.maximum(np.linalg.norm(centres, axis=1), 1e-12)
    return np.asarray(np.where(homes >= 0, 1 - (X * centres).sum(axis=1) / norms, 0.0))


def taken_in(pieces: Pieces, X: Matrix, nearest: Labels, members: Bools) -> Bools:
    """Return whether the piece of each sentence would take it in, had the sentence not been in the run.

    Parameters
    ----------
    pieces : Pieces
        The decision function.
    X : ndarray of shape (n, d)
        Unit-norm vectors.
    nearest : ndarray of shape (n,), int64
        Nearest piece of each.
    members : ndarray of shape (n,), bool
        Whether the sentence lies within its piece; False for all others in the answer, too.
    """
    of = {piece: rows for piece, rows in rows_by(np.where(members, nearest, -1)).items() if piece >= 0}
    slack = N_DEVIATIONS * spread([X[rows] @ _unit(X[rows].sum(axis=0)) for rows in of.values()])
    found = np.zeros(len(X), dtype=np.bool_)
    for piece, rows in of.items():
        found[rows] = within_without(X[rows], float(pieces.radii[piece]), slack)
    return found


def within_without(X: Matrix, radius: float, slack: float) -> Bools:
    """Return whether each member of a piece lies within the border that the piece has without it.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm vectors of the members.
    radius : float
        Least cosine to the centroid that belongs, as `dialin.discover.assign.build` sets it for all members.
    slack : float
        By how much it is at least below the mean cosine of the members.

    Examples
    --------
    Three members at 0° and one at 90°, which set the border: the three are taken in again, the one is not.

    >>> X = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> within_without(X, float((X @ _unit(X.sum(axis=0))).min()), 0.2).tolist()
    [True, True, True, False]
    """
    n = len(X)
    if n < 2:
        return np.zeros(n, dtype=np.bool_)
    total = X.astype(np.float64).sum(axis=0)
    others = total - X
    norms = np.maximum(np.linalg.norm(others, axis=1), 1e-12)
    cosines = X @ _unit(total)
    order = np.argsort(cosines, kind="stable")
    least = np.full(n, cosines[order[0]])
    least[order[0]] = cosines[order[1]]
    whole = min(float(cosines[order[0]]), float(np.linalg.norm(total)) / n - slack)
    limit = radius + np.minimum(least, norms / (n - 1) - slack) - whole
    return np.asarray((X * others).sum(axis=1) / norms >= limit - 1e-6)


def _unit(x: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(x / max(float(np.linalg.norm(x)), 1e-12))
