"""Measure the value of clusters to a bot: train a classifier on them and score it on held-out sentences (Table 6).

The classifier learns the cluster of each assigned sentence and predicts the clusters of held-out sentences. It is a
logistic regression on the embeddings, or an encoder with all weights trained (`dialin.bench.encoder`). A cluster stands
for the most frequent gold label of its training sentences, so the held-out side influences nothing but the score.
Several clusters may stand for one label, as in a bot. The score therefore favours many small clusters, as NMI does, and
should be read beside their number.
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
"""Inverse strength of the penalty: the best of 1, 10 and 100 on HWU64, with gold labels as well as with clusters."""
MAX_STEPS = 1_000


@dataclass(frozen=True)
class LabelledRows:
    """Rows of data with their labels.

    Parameters
    ----------
    texts : sequence of str, n
        Sentence of each row.
    X : float32 array of shape (n, d)
        Their unit-norm embeddings.
    gold : sequence of (str or None), n
        Their gold labels; None for an unlabelled row.
    """

    texts: Sequence[str]
    X: Matrix
    gold: Gold

    def of(self, rows: Rows) -> LabelledRows:
        """Return the given rows."""
        return LabelledRows([self.texts[row] for row in rows], self.X[rows], [self.gold[row] for row in rows])


Classifier = Callable[[LabelledRows, Labels, LabelledRows], Labels]
"""``classifier(train, labels, held)`` learns the labels (n,) of `train` and returns labels for `held`, shape (m,)."""


def logistic(train: LabelledRows, labels: Labels, held: LabelledRows) -> Labels:
    """Return the labels (m,) of `held` by a logistic regression on the embeddings; a `Classifier`."""
    model = LogisticRegression(C=C, max_iter=MAX_STEPS).fit(train.X, labels)
    return np.asarray(model.predict(held.X), dtype=np.int64)


def downstream_accuracy(
    train: LabelledRows, labels: Labels, held: LabelledRows, classifier: Classifier = logistic
) -> float:
    """Return the share of the held-out rows whose predicted cluster stands for their gold label.

    Parameters
    ----------
    train : LabelledRows
        The clustered rows; their gold labels only decide the label that a cluster stands for.
    labels : int array of shape (n,)
        Cluster of each row; the classifier does not learn rows with -1.
    held : LabelledRows
        Rows to predict; rows without a gold label do not count.
    classifier : callable
        Called with the assigned rows if they form two or more clusters.

    Returns
    -------
    float
        In [0, 1]; ``nan`` if there is no cluster to learn or no labelled held-out row.
    """
    known = held.of(np.array([i for i, label in enumerate(held.gold) if label is not None], dtype=np.int64))
    assigned = np.flatnonzero(labels >= 0)
    if not len(known.gold) or not len(assigned):
        return math.nan
    means, own = purest_labels(labels, train.gold), labels[assigned]
    is_one = bool((own == own[0]).all())  # a single cluster leaves nothing to learn
    found = np.full(len(known.gold), own[0]) if is_one else classifier(train.of(assigned), own, known)
    return float(np.mean([means.get(int(c)) == label for c, label in zip(found, known.gold, strict=True)]))


def purest_labels(labels: Labels, gold: Gold) -> dict[int, str]:
    """Return the most frequent gold label of each cluster; the alphabet breaks ties.

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
