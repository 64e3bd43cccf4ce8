"""What the clusters are worth to a bot: a classifier of them, scored on held-out sentences (paper: Table 6).

A classifier learns the cluster of each assigned sentence and predicts those of held-out sentences: a logistic
regression on the embeddings, or an encoder that is tuned as a whole (`dialin.bench.encoder`). A cluster stands for the
gold label that most of its own training sentences have, so nothing of the held-out side decides anything but the score.
Several clusters may stand for one label, as they may in a bot; so, like NMI, the score favours many small clusters and
is read beside their number.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from dialin.arrays import Labels, Matrix, Rows

Gold = Sequence[str | None]
C = 10.0
"""Inverse strength of the penalty: best of 1, 10 and 100 on HWU64, with its gold labels and with clusters."""
MAX_STEPS = 1_000


@dataclass(frozen=True)
class LabelledRows:
    """Rows of data.

    Parameters
    ----------
    texts : sequence of str, n
        Sentences.
    X : float32 array of shape (n, d)
        Their unit-norm embeddings.
    gold : sequence of (str or None), n
        Their labels; None if there is none.
    """

    texts: Sequence[str]
    X: Matrix
    gold: Gold

    def of(self, rows: Rows) -> LabelledRows:
        """Return some of the rows."""
        return LabelledRows([self.texts[row] for row in rows], self.X[rows], [self.gold[row] for row in rows])


Classifier = Callable[[LabelledRows, Labels, LabelledRows], Labels]
"""``classifier(train, labels, held)`` learns the labels (n,) of `train`, and returns those of `held`, shape (m,)."""


def logistic(train: LabelledRows, labels: Labels, held: LabelledRows) -> Labels:
    """Learn the embeddings' logistic regression; a `Classifier`."""
    model = LogisticRegression(C=C, max_iter=MAX_STEPS).fit(train.X, labels)
    return np.asarray(model.predict(held.X), dtype=np.int64)


def downstream_accuracy(
    train: LabelledRows, labels: Labels, held: LabelledRows, classifier: Classifier = logistic
) -> float:
    """Return the share of the held-out rows whose predicted cluster stands for their gold label.

    Parameters
    ----------
    train : LabelledRows
        The rows that were clustered; their gold labels only say what a cluster stands for.
    labels : int array of shape (n,)
        Cluster of each; those with -1 are left out of the training.
    held : LabelledRows
        Rows to predict; those without a gold label do not count.
    classifier : callable
        Gets the assigned rows, where they are of two clusters or more.

    Returns
    -------
    float
        In [0, 1]; ``nan`` where there is no cluster to learn, or no held-out row with a label.
    """
    known = held.of(np.array([i for i, label in enumerate(held.gold) if label is not None], dtype=np.int64))
    assigned = np.flatnonzero(labels >= 0)
    if not len(known.gold) or not len(assigned):
        return math.nan
    means, own = purest_labels(labels, train.gold), labels[assigned]
    is_one = bool((own == own[0]).all())  # nothing to tell apart
    found = np.full(len(known.gold), own[0]) if is_one else classifier(train.of(assigned), own, known)
    return float(np.mean([means.get(int(c)) == label for c, label in zip(found, known.gold, strict=True)]))


def purest_labels(labels: Labels, gold: Gold) -> dict[int, str]:
    """Return the most frequent gold label of each cluster, the first in the alphabet of equally frequent ones.

    Examples
    --------
    >>> purest_labels(np.array([0, 0, 0, 1, 1, 2, -1]), ["a", "b", "b", "b", "a", None, "a"])
    {0: 'b', 1: 'a'}
    """
    counts: dict[int, Counter[str]] = {}
    for cluster, label in zip(labels.tolist(), gold, strict=True):
        if cluster >= 0 and label is not None:
            counts.setdefault(cluster, Counter())[label] += 1
    return {cluster: min(own, key=lambda label: (-own[label], label)) for cluster, own in counts.items()}
