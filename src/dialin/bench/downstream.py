"""What the clusters are worth to a bot: a classifier of them, scored on held-out sentences (paper: Table 6).

Logistic regression on the embeddings learns the cluster of each assigned sentence and predicts those of held-out
sentences. A cluster stands for the gold label that most of its own training sentences have, so nothing of the held-out
side decides anything but the score. Several clusters may stand for one label, as they may in a bot; so, like NMI, the
score favours many small clusters and is read beside their number.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from dialin.cluster import Labels, Matrix

Gold = Sequence[str | None]
C = 10.0
"""Inverse strength of the penalty: best of 1, 10 and 100 on HWU64, with its gold labels and with clusters."""
MAX_STEPS = 1_000


@dataclass(frozen=True)
class Labelled:
    """Rows of data.

    Parameters
    ----------
    X : float32 array of shape (n, d)
        Their unit-norm embeddings.
    gold : sequence of (str or None), n
        Their labels; None where there is none.
    """

    X: Matrix
    gold: Gold


def accuracy(train: Labelled, labels: Labels, held: Labelled) -> float:
    """Return the share of the held-out rows whose predicted cluster stands for their gold label.

    Parameters
    ----------
    train : Labelled
        The rows that were clustered; their gold labels only say what a cluster stands for.
    labels : int array of shape (n,)
        Cluster of each; those with -1 are left out of the training.
    held : Labelled
        Rows to predict; those without a gold label do not count.

    Returns
    -------
    float
        In [0, 1]; ``nan`` where there is no cluster to learn, or no held-out row with a label.
    """
    rows = [i for i, label in enumerate(held.gold) if label is not None]
    if not rows or not (labels >= 0).any():
        return math.nan
    means = majority(labels, train.gold)
    found = predict(train.X, labels, held.X[rows])
    return float(np.mean([means.get(int(c)) == held.gold[i] for c, i in zip(found, rows, strict=True)]))


def majority(labels: Labels, gold: Gold) -> dict[int, str]:
    """Return the most frequent gold label of each cluster, the first in the alphabet of equally frequent ones.

    Examples
    --------
    >>> majority(np.array([0, 0, 0, 1, 1, 2, -1]), ["a", "b", "b", "b", "a", None, "a"])
    {0: 'b', 1: 'a'}
    """
    counts: dict[int, Counter[str]] = {}
    for cluster, label in zip(labels.tolist(), gold, strict=True):
        if cluster >= 0 and label is not None:
            counts.setdefault(cluster, Counter())[label] += 1
    return {cluster: min(own, key=lambda label: (-own[label], label)) for cluster, own in counts.items()}


def predict(X: Matrix, labels: Labels, held: Matrix) -> Labels:
    """Return the cluster (m,) of each held-out row, learnt from the assigned rows of X (n, d); at least one is."""
    assigned = labels >= 0
    if len(np.unique(labels[assigned])) == 1:  # nothing to tell apart
        return np.full(len(held), labels[assigned][0])
    model = LogisticRegression(C=C, max_iter=MAX_STEPS).fit(X[assigned], labels[assigned])
    return np.asarray(model.predict(held), dtype=np.int64)
