"""The interface of a peer, and the arithmetic that several peers share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.metrics import silhouette_score

from dialin.arrays import Floats, Labels, Matrix
from dialin.cluster.centroids import unit_rows
from dialin.cluster.partition import partitioner_of
from dialin.errors import InputError
from dialin.llm.base import LLM
from dialin.llm.client import tagged

N_SILHOUETTE = 5_000


@dataclass(frozen=True)
class Problem:
    """Sentences to cluster.

    Parameters
    ----------
    texts : list of str
        n distinct sentences.
    X : float32 array of shape (n, d)
        Their unit-norm embeddings.
    n_clusters : int
        True number of intents. A peer must not read it unless `Peer.told_k` is true.
    seed : int
        Seed of all randomness.

    Raises
    ------
    InputError
        If X does not have exactly one row per text, or `n_clusters` is below 1.
    """

    texts: list[str]
    X: Matrix
    n_clusters: int
    seed: int = 0

    def __post_init__(self) -> None:
        if self.X.ndim != 2 or len(self.X) != len(self.texts):
            raise InputError(f"X must have one row for each of {len(self.texts)} texts, got shape {self.X.shape}")
        if self.n_clusters < 1:
            raise InputError(f"n_clusters must be 1 or more, got {self.n_clusters}")


@dataclass(frozen=True)
class Kit:
    """The LLM and the embedder that a peer may use.

    Parameters
    ----------
    llm : LLM or None
        A `dialin.llm.client.Client` brings dialin's reply stores and ledger with it.
    embed : callable
        Maps texts to unit-norm float32 vectors, with the embedder that made `Problem.X`.
    """

    llm: LLM | None
    embed: Callable[[Sequence[str]], Matrix]


@runtime_checkable
class Peer(Protocol):
    """A published way to cluster sentences."""

    @property
    def name(self) -> str:
        """Name of the peer on the command line and in the tables."""
        ...

    @property
    def needs_llm(self) -> bool:
        """Whether the peer asks an LLM."""
        ...

    @property
    def told_k(self) -> bool:
        """Whether the peer is told the true number of clusters."""
        ...

    def __call__(self, problem: Problem, kit: Kit) -> Labels:
        """Return the cluster of each sentence, shape (n,), int64; -1 is noise.

        Raises
        ------
        InputError
            If the peer needs an LLM but the kit has none.
        """
        ...


def llm_of(kit: Kit, peer: str) -> LLM:
    """Return the kit's LLM, with its usage counted under the peer's name; raise InputError if the kit has no LLM."""
    if kit.llm is None:
        raise InputError(
            f"the method {peer!r} needs an LLM, but none was given", hint="give --llm SPEC, or drop the method"
        )
    return tagged(kit.llm, peer)


def k_means(X: Matrix, k: int, seed: int) -> Labels:
    """Return the labels (n,) of dialin's k-means, numbered from 0 by first appearance."""
    return partitioner_of("kmeans", seed).fit(np.asarray(X, dtype=np.float32)).cut(k)


def unit(X: NDArray[np.floating]) -> Matrix:
    """Return the rows of X scaled to norm 1, in the precision of vectors; a row of zeros stays as it is."""
    return unit_rows(X).astype(np.float32)


def centroids_of(X: Matrix, labels: Labels) -> Floats:
    """Return the mean of each cluster, shape (k, d); `labels` (n,) are 0 … k-1, and every cluster has a member."""
    sizes = np.bincount(labels)
    member = csr_matrix((1.0 / sizes[labels], (labels, np.arange(len(labels)))))
    return np.asarray(member @ X.astype(np.float64))


def squared_distances(X: Matrix, C: Floats) -> Floats:
    """Return the squared Euclidean distance from each row of X (n, d) to each row of C (k, d), shape (n, k)."""
    A = X.astype(np.float64)
    D = (A**2).sum(axis=1)[:, None] - 2.0 * A @ C.T + (C**2).sum(axis=1)[None, :]
    # Rounding lets position break ties, not floating-point noise.
    return np.asarray(np.round(np.maximum(D, 0.0), 9), dtype=np.float64)


def silhouette(X: Matrix, labels: Labels, seed: int) -> float:
    """Return the mean silhouette of the clusters of X (n, d), measured on at most 5,000 rows; -inf if undefined."""
    size = min(len(X), N_SILHOUETTE)
    rows = np.random.default_rng(seed).permutation(len(X))[:size]
    if not 2 <= len(np.unique(labels[rows])) < size:
        return -np.inf
    return round(float(silhouette_score(X[rows], labels[rows])), 9)
