"""What is said next tells what a turn is about: "it won't go", and "I'll send a fitter for the door", mean a repair.

In whole dialogues, the vector of a sentence therefore takes up a little of the next turn. In the demo's calls, whose
customers speak in short turns, this raises the ARI of their turns from .41 to .61 (`studies.own.said_next`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dialin.arrays import Matrix, Rows
from dialin.read.spoken import SpokenOrder

NEXT = 0.3
"""Weight of the next turn beside the sentence itself; chosen on SGD's test dialogues, from 0, 0.15, 0.3, 0.45, 0.6."""
BLOCK = 8_192
"""Sentences and turns whose vectors are held at once; no result depends on it."""


@dataclass(frozen=True, eq=False)
class NextTurns:
    """What is said after each of n sentences.

    Parameters
    ----------
    shares : csr_array of shape (n, n), float64
        Weight of each sentence that follows, by the sentence before it.
    """

    shares: csr_array

    @classmethod
    def of(cls, order: SpokenOrder, scripts: Sequence[bool], weight: float = NEXT) -> NextTurns:
        """Return what is said next in some dialogues.

        A sentence that was said often is followed by all that followed it, in equal shares. What follows in a script
        whose vectors lie elsewhere counts for nothing.

        Parameters
        ----------
        order : SpokenOrder
            The dialogues that the sentences are said in.
        scripts : sequence of bool, n
            As `dialin.cluster.strata.scripts_of`.
        weight : float
            Weight of what is said next, at least 0.
        """
        n = len(scripts)
        said, following = _pairs(order, np.array(scripts, dtype=np.bool_))
        shares = weight / np.bincount(said, minlength=n)[said]
        return cls(csr_array((shares, (said, following)), shape=(n, n)))

    @classmethod
    def none(cls, n: int) -> NextTurns:
        """Return what is said after n sentences that nothing follows."""
        return cls(csr_array((n, n), dtype=np.float64))

    def blocks(self) -> Iterator[slice]:
        """Yield all rows in blocks, in order: about as many as `BLOCK` sentences follow, and no more than `BLOCK`."""
        first, n = 0, self.shares.shape[0]
        while first < n:
            last = int(np.searchsorted(self.shares.indptr, self.shares.indptr[first] + BLOCK, "right")) - 1
            last = min(max(last, first + 1), first + BLOCK, n)
            yield slice(first, last)
            first = last

    def __bool__(self) -> bool:
        """Tell whether anything follows any sentence."""
        return bool(self.shares.nnz)

    def lean(self, X: Matrix, rows: slice | Rows) -> Matrix:
        """Return the vectors of some sentences, with a share of what is said next, whoever says it.

        Parameters
        ----------
        X : ndarray of shape (n, d)
            Unit-norm vectors of all sentences.
        rows : slice or ndarray of shape (m,)
            The sentences.

        Returns
        -------
        ndarray of shape (m, d), float32
            Unit norm; rows that nothing follows are those of X.

        Examples
        --------
        The first sentence leans towards the second: (1, 0) + 0.3 · (0, 1), scaled to unit norm.

        >>> order = SpokenOrder(np.array([0, 1]), np.array([0, 0]))
        >>> turns = NextTurns.of(order, [False, False])
        >>> turns.lean(np.eye(2, dtype=np.float32), slice(None)).astype(float).round(2).tolist()
        [[0.96, 0.29], [0.0, 1.0]]
        """
        shares, found = self.shares[rows], np.array(X[rows])
        has_next = np.flatnonzero(np.diff(shares.indptr))
        for part in NextTurns(shares[has_next]).blocks():
            own = has_next[part]
            leaning = found[own] + _mean_of_next(shares[own], X)
            found[own] = leaning / np.linalg.norm(leaning, axis=1, keepdims=True)
        return found


def _mean_of_next(shares: csr_array, X: Matrix) -> NDArray[np.float64]:
    """Return shares @ X, and take up only the rows of X that count: a sentence that all know may lead to any other."""
    if shares.nnz <= BLOCK:
        following, places = np.unique(shares.indices, return_inverse=True)
        part = csr_array((shares.data, places, shares.indptr), shape=(shares.shape[0], len(following)))
        return np.asarray(part @ X[following])
    total = np.zeros((1, X.shape[1]))  # of one row, summed in the order in which the product of matrices sums
    for first in range(0, shares.nnz, BLOCK):
        own = slice(first, first + BLOCK)
        factors = np.append(1.0, shares.data[own])[None, :]
        total = np.asarray(csr_array(factors) @ np.vstack([total, X[shares.indices[own]]]))
    return total


def _pairs(order: SpokenOrder, scripts: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Return the sentences that another one follows, once for each time, and the sentences that follow."""
    said, following = order.sentence[:-1], order.sentence[1:]
    kept = order.follows[1:] & (said != following) & (scripts[said] == scripts[following])
    return said[kept], following[kept]
