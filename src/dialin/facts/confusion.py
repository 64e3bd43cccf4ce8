"""Finds intents that could be confused: the decision function gives sentences of one to the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import AnyFloats
from dialin.discover.assign import CHUNK, Pieces, one_hot


def confusion(pieces: Pieces, X: AnyFloats, roles: Sequence[str], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return, for each pair of intents, the mean P(the second | sentence) over the sentences of the first.

    Parameters
    ----------
    pieces : Pieces
        The decision function of the run.
    X : ndarray of shape (n, d)
        Unit-norm embeddings.
    roles : sequence of str, n roles
        Role of each sentence as the run used it; "" for no role.
    labels : ndarray of shape (n,), int64
        Intent of each sentence; −1 for no intent.

    Returns
    -------
    ndarray of shape (n_intents, n_intents), float64
        Each row sums to 1, or to 0 for an intent without sentences.
    """
    n_intents = int(max(pieces.intents.max(initial=-1), labels.max(initial=-1))) + 1
    total, rows = np.zeros((n_intents, n_intents)), np.flatnonzero(labels >= 0)
    own = np.array(roles, dtype=object)
    for part in (rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK)):
        P = pieces.intent_probabilities(X[part], own[part].tolist(), n_intents)
        total += one_hot(labels[part], n_intents).T @ P
    return total / np.maximum(np.bincount(labels[rows], minlength=n_intents), 1)[:, None]


def confusable(confused: NDArray[np.float64], intent: int, n: int = 3, least: float = 0.02) -> list[tuple[int, float]]:
    """Return up to `n` intents most easily confused with `intent`, with their shares, each at least `least`.

    Examples
    --------
    >>> confusable(np.array([[0.7, 0.1, 0.2], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), 0)
    [(2, 0.2), (1, 0.1)]
    """
    row = confused[intent].copy()
    row[intent] = 0.0
    order = np.argsort(-row, kind="stable")[:n]
    return [(int(other), float(row[other])) for other in order if row[other] >= least]
