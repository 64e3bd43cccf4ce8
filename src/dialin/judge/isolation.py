"""How far a cluster stands apart: whether the nearest neighbours of its sentences lie in it, too.

Closeness says little about clusters that a run kept, since the search has kept each where it is close. A cluster of one
intent has its nearest neighbours inside, both the few nearest of a sentence and as many as the cluster could hold. A
cluster of two intents, or of a part of one, has them across its border.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dialin.arrays import Matrix, Rows
from dialin.cluster.neighbours import at_most_last, chunks, evenly
from dialin.cluster.workers import workers

N_NEAR = 5
"""Nearest neighbours of a sentence."""
N_WIDE = 50
"""Nearest neighbours of a sentence in the wider view."""
MAX_ASKED = 100
"""Sentences of a cluster whose neighbours are looked at; of more, an even sample."""
LARGEST = 500
"""Sentences of the largest clusters on which P(good) is fitted: a larger one counts as one of so many."""
MAX_SEARCHED = 100_000
"""Sentences among which neighbours are looked for; of a larger corpus, an even sample."""
SEARCHED_AT_ONCE = 4_096
"""Sentences whose cosines one thread computes; another number may change the last bits of some."""


@dataclass(frozen=True)
class Isolation:
    """Shares of the nearest neighbours of a cluster's sentences that lie in the cluster.

    Parameters
    ----------
    near, wide : float
        Of the 5 and of the 50 nearest, but never of more than the cluster has other sentences; in [0, 1].
    """

    near: float
    wide: float

    def evidence(self, size: int) -> tuple[float, float, float]:
        """Return the log-odds of both shares in a cluster of this size, and log(size), of at most `LARGEST`.

        As if half a sentence more had its neighbours inside, and half a one outside: that all lie inside says little of
        four sentences, and much of a hundred. A share as it is would leave no room between .99 and 1, which is where
        large clusters of one intent and of several lie.

        Examples
        --------
        All of ten sentences: 10.5 to .5. Nine of ten: 9.5 to 1.5.

        >>> np.exp(Isolation(1.0, 0.9).evidence(10)).round(3).tolist()
        [21.0, 6.333, 10.0]
        """
        n_asked = min(size, MAX_ASKED)
        shares = np.array([self.near, self.wide])
        near, wide = np.log((n_asked * shares + 0.5) / (n_asked * (1 - shares) + 0.5)).tolist()
        return near, wide, float(np.log(min(size, LARGEST)))


def isolation_of(X: Matrix, rows: Rows) -> Isolation | None:
    """Return how far a cluster stands apart among the rows of X; None for fewer than two sentences.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings of the stratum.
    rows : ndarray of shape (m,), int64
        The cluster, ascending.

    Examples
    --------
    Three of five points on a circle, at 0°, 10° and 20°, and two others at 25° and 90°. Each of the three has two
    others: 0° has 10° and 20°, 10° has 0° and 20°, and 20° has 25° and 10°. So 5 of 6 lie in the cluster.

    >>> angles = np.deg2rad([0, 10, 20, 25, 90])
    >>> found = isolation_of(np.stack([np.cos(angles), np.sin(angles)], axis=1), np.array([0, 1, 2]))
    >>> round(found.near, 3), round(found.wide, 3)
    (0.833, 0.833)
    """
    searched = evenly(np.arange(len(X)), MAX_SEARCHED)
    is_own = np.isin(searched, rows)
    n_others = int(is_own.sum()) - 1
    if n_others < 1:
        return None
    places = evenly(np.flatnonzero(is_own), MAX_ASKED)
    n_near, n_wide = min(N_NEAR, n_others), min(N_WIDE, n_others)
    inside = is_own[nearest_rows(X if len(searched) == len(X) else X[searched], places, n_wide)]
    return Isolation(float(inside[:, :n_near].mean()), float(inside.mean()))


def nearest_rows(X: Matrix, rows: Rows, n_neighbours: int) -> Rows:
    """Return the nearest other rows of X of some rows by cosine, nearest first, shape (len(rows), n_neighbours).

    Of equally near ones, the first in X comes first.
    """
    asked = X[rows]
    with workers() as pool:
        parts = pool.map(lambda part: asked @ X[part].T, chunks(len(X), SEARCHED_AT_ONCE))
        cosine = np.concatenate(list(parts), axis=1)
    cosine[np.arange(len(rows)), rows] = -np.inf
    row, other = np.nonzero(cosine >= at_most_last(cosine, n_neighbours)[:, None])
    nearest_first = np.lexsort((-cosine[row, other], row))
    begins = np.searchsorted(row, np.arange(len(rows)))
    return np.asarray(other[nearest_first][begins[:, None] + np.arange(n_neighbours)], dtype=np.int64)
