"""Self-supervision by pseudo labels: k-means labels the sentences, a classifier learns the labels, and so on.

Notes
-----
Follows Zhang, Xu, Lin and Lyu, "Discovering New Intents with Deep Aligned Clustering" (AAAI 2021), and the code that
they published, in the variant without labelled sentences. Each epoch runs k-means at the true k and gives each cluster
the number of its counterpart in the previous epoch (Hungarian method on centroid distances). Representation and
classifier then learn these numbers in one pass over all sentences (cross-entropy, batches of 128). Training stops after
100 epochs, after 20 epochs without a better silhouette, or when no label changes; the answer is the clustering with the
best silhouette.

Differences: the paper fine-tunes the last layer of BERT, first on labelled sentences of known intents. Here no sentence
has a label and the embedder is frozen. Instead, a *linear map* of its vectors, initially the identity, learns together
with a linear classifier, without dropout and warm-up. Unit vectors are scaled to length 10. The learning rate of 5e-3
(the paper uses 5e-5 for BERT) is the best of 1e-3, 2e-3 and 5e-3 on HWU64 (3,000 sentences, three seeds, by ARI). The
silhouette uses at most 5,000 sentences. ``pip install 'dialin[tune]'`` installs torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.optimize import linear_sum_assignment

from dialin.arrays import Floats, Labels, Matrix
from dialin.cluster.labels import canonical
from dialin.peers.base import Kit, Problem, centroids_of, k_means, silhouette, squared_distances
from dialin.peers.head import Head, batches, layer, mapped, one_core, tensor
from dialin.peers.library import TORCH, Library

N_BATCH = 128
WEIGHT_DECAY = 0.01


class PseudoLabelLearner(Protocol):
    """A model that learns from pseudo labels."""

    def vectors(self) -> Matrix:
        """Return the current vectors of the sentences, shape (n, d)."""
        ...

    def learn(self, labels: Labels) -> None:
        """Learn the labels (n,) in one pass over all sentences."""
        ...


@dataclass(frozen=True)
class SelfSupPeer:
    """Deep aligned clustering with a linear map on frozen embeddings: told k, no LLM.

    Parameters
    ----------
    n_epochs : int
        Largest number of epochs.
    patience : int
        Epochs without a better silhouette after which training stops.
    learning_rate : float
        Learning rate of map and classifier.
    """

    n_epochs: int = 100
    patience: int = 20
    learning_rate: float = 5e-3
    name: str = "selfsup"
    needs_llm: bool = False
    told_k: bool = True
    library: Library = TORCH

    def __call__(self, problem: Problem, kit: Kit) -> Labels:  # noqa: ARG002  (asks no LLM)
        """Return labels (n,) of at most `problem.n_clusters` clusters; raise InputError if torch is missing."""
        torch = self.library.load(self.name)
        with one_core(torch):
            return self.alternate(Classifier(torch, problem, self.learning_rate), problem)

    def alternate(self, learner: PseudoLabelLearner, problem: Problem) -> Labels:
        """Return the labels (n,) of the clusters with the best silhouette, numbered by first appearance."""
        best = now = clusters_of(learner.vectors(), problem)
        waited = 0
        for _ in range(self.n_epochs):
            learner.learn(now.labels)
            before, now = now, aligned(clusters_of(learner.vectors(), problem), now)
            best, waited = (now, 0) if now.score > best.score else (best, waited + 1)
            if waited == self.patience or np.array_equal(now.labels, before.labels):
                break
        return canonical(best.labels)


@dataclass(frozen=True)
class Clusters:
    """Clusters of one epoch: labels (n,), centroids (k, d) and silhouette."""

    labels: Labels
    centroids: Floats
    score: float


def clusters_of(Z: Matrix, problem: Problem) -> Clusters:
    """Return the k-means clusters of vectors (n, d) at the true k."""
    labels = k_means(Z, problem.n_clusters, problem.seed)
    return Clusters(labels, centroids_of(Z, labels), silhouette(Z, labels, problem.seed))


def aligned(new: Clusters, old: Clusters) -> Clusters:
    """Return the new clusters, renumbered after the old ones to minimise the sum of squared centroid distances.

    A number without a new cluster keeps its old centroid; new clusters beyond the old ones get new numbers.
    """
    rows, numbers = linear_sum_assignment(squared_distances(new.centroids.astype(np.float32), old.centroids))
    further = np.setdiff1d(np.arange(len(new.centroids)), rows)
    number_of = np.empty(len(new.centroids), dtype=np.int64)
    number_of[rows] = numbers
    number_of[further] = len(old.centroids) + np.arange(len(further))
    centroids = np.vstack([old.centroids, new.centroids[further]])
    centroids[number_of] = new.centroids
    return Clusters(number_of[new.labels], centroids, new.score)


class Classifier:
    """A linear map of frozen embeddings and a linear classifier of its output.

    Parameters
    ----------
    torch : module
    problem : Problem
    learning_rate : float
    """

    def __init__(self, torch: Any, problem: Problem, learning_rate: float) -> None:
        self._torch = torch
        self._rng = np.random.default_rng(problem.seed)
        self._rows = tensor(torch, problem.X)
        d = problem.X.shape[1]
        self._head = Head(torch, d)
        self._last = layer(torch, d, problem.n_clusters, self._rng)
        weights = [*self._head.weights, *self._last]
        self._optimizer = torch.optim.AdamW(weights, lr=learning_rate, weight_decay=WEIGHT_DECAY)

    def vectors(self) -> Matrix:
        """Return the mapped sentences, shape (n, d)."""
        return self._head.vectors(self._rows)

    def learn(self, labels: Labels) -> None:
        """Learn the labels (n,) in one pass over all sentences."""
        target = self._torch.from_numpy(labels)
        for batch in batches(len(labels), N_BATCH, self._rng):
            rows = self._torch.from_numpy(batch)
            logits = mapped(self._head(self._rows[rows]), self._last)
            self._optimizer.zero_grad()
            self._torch.nn.functional.cross_entropy(logits, target[rows]).backward()
            self._optimizer.step()
