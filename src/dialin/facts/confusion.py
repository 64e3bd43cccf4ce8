"""Finds intents that could be confused: the decision function gives sentences of one to the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from dialin.arrays import Floats, Ints, Matrix
from dialin.discover.assign import Pieces

N_LINKS, MIN_SHARE = 3, 0.02
"""Maximum number of intents that one is confused with, and the minimum mean probability of each."""
CHUNK = 2_048
"""About the number of sentences that are compared at once; no result depends on it."""
Confused = list[tuple[int, float]]


def confusable(pieces: Pieces, X: Matrix, roles: Sequence[str], labels: Ints) -> dict[int, Confused]:
    """Return the intents most easily confused with each intent, with their mean probabilities, likeliest first.

    The probability is the mean P(the other | sentence) over the sentences of the intent; at most `N_LINKS` intents
    are named, each with at least `MIN_SHARE`. Some intents are compared at a time, so the memory grows with their
    number and not with its square.

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

    Examples
    --------
    Half way between two intents lies one of the two sentences of intent 0.

    >>> pieces = Pieces(np.eye(2, dtype=np.float32), np.zeros(2, np.float32), np.array([0, 1]), ("", ""))
    >>> X = np.array([[1, 0], [0.6, 0.6], [0, 1]], np.float32)
    >>> found = confusable(pieces, X, ["", "", ""], np.array([0, 0, 1]))
    >>> {intent: [(other, round(p, 2)) for other, p in links] for intent, links in found.items()}
    {0: [(1, 0.25)], 1: []}
    """
    own = np.array(roles, dtype=object)
    order = np.argsort(labels, kind="stable")
    order = order[labels[order] >= 0]
    n_intents = int(max(pieces.intents.max(initial=-1), labels.max(initial=-1))) + 1
    found = dict[int, Confused]()
    for rows in _whole_intents(labels[order]):
        part = order[rows]
        intents, groups = np.unique(labels[part], return_inverse=True)
        means = pieces.mean_probabilities(X[part], own[part].tolist(), groups, n_intents)
        found |= {int(i): _likeliest(mean, int(i)) for i, mean in zip(intents, means, strict=True)}
    return found


def _whole_intents(labels: Ints) -> Iterator[slice]:
    """Yield parts of ascending labels of about `CHUNK` rows or more, and no label in two parts."""
    begins = np.flatnonzero(np.diff(labels, prepend=-1))
    chunk = begins // CHUNK
    ends = [*begins[np.flatnonzero(np.diff(chunk, prepend=-1))].tolist(), len(labels)]
    yield from (slice(start, end) for start, end in pairwise(ends))


def _likeliest(mean: Floats, intent: int) -> Confused:
    row = mean.copy()
    row[intent] = 0.0
    order = np.argsort(-row, kind="stable")[:N_LINKS]
    return [(int(other), float(row[other])) for other in order if row[other] >= MIN_SHARE]
