"""Which needs that people have a cluster may state: those nearest to its mean, and those that its sentences vote for.

A cluster that holds some strangers has its mean between two needs, where a third one may lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Floats, Matrix
from dialin.name.nearness import step_through

N_NEEDS = 3
"""Needs nearest to a cluster, and as many that most sentences vote for, whose names it may have."""
SOFTNESS = 0.02
"""Difference of cosines over which the vote of a sentence fades from one need to the next."""


@dataclass(frozen=True, eq=False)
class Ballot:
    """The needs that sentences vote for.

    Parameters
    ----------
    names : sequence of str, n names
        The needs.
    vectors : ndarray of shape (n, d), float32
        Unit norm.
    """

    names: Sequence[str]
    vectors: Matrix

    def shares(self, X: Matrix) -> Floats:
        """Return the share of the votes of sentences that each need has, shape (n,); it sums to 1.

        Of many sentences, some vote. Each has one vote, which it shares among the needs that lie nearest to it.

        Examples
        --------
        Two of three sentences lie at the first need, and one between both:

        >>> ballot = Ballot(["pay-bill", "check-bill"], np.eye(2, dtype=np.float32))
        >>> ballot.shares(np.array([[1, 0], [1, 0], [0.7, 0.7]], np.float32)).round(3).tolist()
        [0.833, 0.167]
        """
        S = X[:: step_through(len(X))] @ self.vectors.T
        votes = np.exp((S - S.max(axis=1, keepdims=True)) / SOFTNESS)
        return np.asarray((votes / votes.sum(axis=1, keepdims=True)).mean(axis=0), np.float64)

    def elected(self, X: Matrix, centroid: Matrix) -> dict[str, float]:
        """Return the needs that a cluster may state, with their shares of the votes.

        Parameters
        ----------
        X : ndarray of shape (m, d)
            Unit-norm vectors of its sentences.
        centroid : ndarray of shape (d,)
            Its mean.
        """
        shares = self.shares(X)
        rankings = (np.argsort(-score, kind="stable")[:N_NEEDS].tolist() for score in (self.vectors @ centroid, shares))
        return {self.names[place]: float(shares[place]) for ranking in rankings for place in ranking}
