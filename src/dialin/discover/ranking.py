"""Ranks the intents that a sentence could have, likeliest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Floats, Labels, Matrix
from dialin.discover.assign import Pieces


@dataclass(frozen=True, eq=False)
class Ranking:
    """The likeliest intents of each of n sentences.

    Parameters
    ----------
    intents : ndarray of shape (n, k), int64
        Intents, likeliest first; −1 after the last one that the role of the sentence allows.
    p : ndarray of shape (n, k), float64
        P(intent | sentence, it has one of the intents), descending; 0 where there is no intent.
    """

    intents: Labels
    p: Floats


def ranking_of(pieces: Pieces, X: Matrix, roles: Sequence[str], n_top: int) -> Ranking:
    """Return the likeliest intents of each row of X, whether or not the row lies within a radius.

    Parameters
    ----------
    pieces : Pieces
        The decision function.
    X : ndarray of shape (n, d)
        Unit-norm embeddings.
    roles : sequence of str, n roles
        Role that limits where each row may go; "" for no limit.
    n_top : int
        Most intents of a row; fewer if there are fewer.

    Examples
    --------
    Of two intents at a right angle, the sentence is at the second.

    >>> pieces = Pieces(np.eye(2), np.zeros(2), np.array([7, 3]), ("", ""))
    >>> found = ranking_of(pieces, np.array([[0.0, 1.0]]), [""], 5)
    >>> found.intents.tolist(), found.p.round(3).tolist()
    ([[3, 7]], [[1.0, 0.0]])
    """
    ids, places = np.unique(pieces.intents, return_inverse=True)
    by_place = Pieces(pieces.centroids, pieces.radii, places.astype(np.int64), pieces.roles)
    P = by_place.intent_probabilities(X, roles, len(ids))
    own, wanted = np.array(pieces.roles), np.array(roles)
    for role in set(roles) - {""}:
        allowed = places[(own == "") | (own == role)]
        P[np.ix_(wanted == role, np.setdiff1d(places, allowed))] = -1.0
    order = np.argsort(-P, axis=1, kind="stable")[:, :n_top]
    p = np.take_along_axis(P, order, axis=1)
    return Ranking(np.where(p >= 0, ids[order], -1), np.maximum(p, 0.0))
