"""Scores a clustering: its agreement with gold labels, its coverage, and the diversity of its clusters.

A score that is undefined for its input (no sentences) is ``nan``, never a made-up 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix

from dialin.errors import InputError
from dialin.files import without_nan

NO_CLUSTER = -1


@dataclass(frozen=True)
class Agreement:
    """Agreement of a clustering of `n` sentences with gold labels; see `agreement_with_gold`."""

    n: int
    nmi: float
    ami: float
    ari: float
    acc: float
    purity: float


@dataclass(frozen=True)
class Scores:
    """Scores of a clustering against gold labels, with and without its unassigned sentences.

    Parameters
    ----------
    nmi, ami, ari, acc, purity : float
        Strict scores, on all sentences with a gold label; the unassigned ones (-1) count as one more cluster.
    n : int
        Number of sentences with a gold label.
    n_clusters : int
        Number of clusters among these sentences; -1 is not a cluster.
    n_true : int
        Number of gold classes among these sentences.
    coverage : float
        Share of these sentences that is assigned.
    n_without_gold : int
        Number of sentences dropped because they have no gold label.
    assigned : Agreement
        The same scores on the assigned sentences only (``nan`` if there are none). Read them together with
        `coverage`: they rise when hard sentences are left unassigned.
    """

    nmi: float
    ami: float
    ari: float
    acc: float
    purity: float
    n: int
    n_clusters: int
    n_true: int
    coverage: float
    n_without_gold: int
    assigned: Agreement

    def as_dict(self) -> dict[str, object]:
        """Return plain values for JSON; undefined scores are None, because JSON has no ``nan``."""
        found: dict[str, object] = without_nan(asdict(self))
        return found


def score(labels: ArrayLike, gold: Sequence[object] | NDArray[np.generic]) -> Scores:
    """Score cluster labels against gold labels.

    Parameters
    ----------
    labels : int array of shape (n,)
        Cluster of each sentence; -1 is unassigned.
    gold : sequence of shape (n,)
        Gold class of each sentence; sentences with None, NaN or "" are dropped.

    Returns
    -------
    Scores

    Raises
    ------
    InputError
        If the lengths differ.
    """
    found, classes = _paired(labels, gold)
    known = classes >= 0
    found, classes = found[known], classes[known]
    kept = found != NO_CLUSTER
    strict = agreement_with_gold(found, classes)
    return Scores(
        **asdict(strict),
        n_clusters=len(np.unique(found[kept])),
        n_true=len(np.unique(classes)),
        coverage=coverage(found),
        n_without_gold=int((~known).sum()),
        assigned=agreement_with_gold(found[kept], classes[kept]),
    )


def agreement_with_gold(labels: ArrayLike, gold: ArrayLike) -> Agreement:
    """Compute all scores against gold; every label, including -1, is a cluster of its own.

    Every score is ``nan`` for no sentences, and 1 for a single sentence.
    """
    return Agreement(
        n=len(np.asarray(gold)),
        nmi=nmi(labels, gold),
        ami=ami(labels, gold),
        ari=ari(labels, gold),
        acc=accuracy(labels, gold),
        purity=purity(labels, gold),
    )


def nmi(labels: ArrayLike, gold: ArrayLike) -> float:
    """Compute normalised mutual information (arithmetic mean), in [0, 1]; it favours many clusters."""
    from sklearn.metrics import normalized_mutual_info_score  # noqa: PLC0415  (slow to import; only gold needs it)

    a, b = _coded_pair(labels, gold)
    return float(normalized_mutual_info_score(b, a)) if len(a) else math.nan


def ami(labels: ArrayLike, gold: ArrayLike) -> float:
    """Compute mutual information adjusted for chance: 1 is perfect, 0 is chance level."""
    from sklearn.metrics import adjusted_mutual_info_score  # noqa: PLC0415  (as above)

    a, b = _coded_pair(labels, gold)
    return float(adjusted_mutual_info_score(b, a)) if len(a) else math.nan


def ari(labels: ArrayLike, gold: ArrayLike) -> float:
    """Compute the Rand index adjusted for chance: 1 is perfect, 0 is chance level."""
    from sklearn.metrics import adjusted_rand_score  # noqa: PLC0415  (as above)

    a, b = _coded_pair(labels, gold)
    return float(adjusted_rand_score(b, a)) if len(a) else math.nan


def accuracy(labels: ArrayLike, gold: ArrayLike) -> float:
    """Compute the share of sentences that are right under the best one-to-one match of clusters to classes.

    If the numbers of clusters and classes differ, unmatched ones remain, and their sentences count as wrong.
    """
    counts = _contingency(labels, gold)
    if not counts.size:
        return math.nan
    rows, columns = linear_sum_assignment(counts, maximize=True)
    return float(counts[rows, columns].sum() / counts.sum())


def purity(labels: ArrayLike, gold: ArrayLike) -> float:
    """Compute the share of sentences that belong to the largest class of their cluster."""
    counts = _contingency(labels, gold)
    return float(counts.max(axis=1).sum() / counts.sum()) if counts.size else math.nan


def coverage(labels: ArrayLike) -> float:
    """Compute the share of sentences that are assigned (not -1); ``nan`` for no sentences."""
    values = np.asarray(labels)
    return float(np.mean(values != NO_CLUSTER)) if len(values) else math.nan


def diversity(X: NDArray[np.floating], labels: ArrayLike) -> float:
    """Compute semantic diversity: the mean cosine distance to the centroid, averaged over clusters.

    Parameters
    ----------
    X : float array of shape (n, d)
        Unit-norm rows.
    labels : int array of shape (n,)
        Cluster of each sentence; -1 is unassigned.

    Returns
    -------
    float
        In [0, 1]; 0 for clusters of one sentence, ``nan`` if there are no clusters. A cluster whose
        rows cancel out has no direction, so its distance is 1.
    """
    values = np.asarray(labels)
    if len(values) != len(X):
        raise InputError(f"diversity needs one label per row of X, got {len(values)} labels for {len(X)} rows")
    kept = np.flatnonzero(values != NO_CLUSTER)
    if not len(kept):
        return math.nan
    cluster = _codes(values[kept])
    sizes = np.bincount(cluster)
    member = csr_matrix((np.ones(len(kept)), (cluster, np.arange(len(kept)))))
    sums: NDArray[np.float64] = np.asarray(member @ np.asarray(X, dtype=np.float64)[kept])
    # The mean cosine of unit rows to their centroid's direction is the norm of their mean.
    cohesion = np.linalg.norm(sums, axis=1) / sizes
    return float(np.mean(np.clip(1.0 - cohesion, 0.0, 1.0)))


def _contingency(labels: ArrayLike, gold: ArrayLike) -> NDArray[np.int64]:
    """Return the number of sentences per cluster and class, shape (n_clusters, n_classes)."""
    a, b = _coded_pair(labels, gold)
    shape = (int(a.max(initial=-1)) + 1, int(b.max(initial=-1)) + 1)
    counts: NDArray[np.int64] = csr_matrix((np.ones(len(a), dtype=np.int64), (a, b)), shape=shape).toarray()
    return counts


def _coded_pair(labels: ArrayLike, gold: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    a, b = np.asarray(labels), np.asarray(gold)
    if a.ndim != 1 or a.shape != b.shape:
        raise InputError(f"labels and gold must have the same length, got shapes {a.shape} and {b.shape}")
    return _codes(a), _codes(b)


def _codes(values: NDArray[np.generic]) -> NDArray[np.int64]:
    return np.asarray(np.unique(values, return_inverse=True)[1], dtype=np.int64)


def _paired(
    labels: ArrayLike, gold: Sequence[object] | NDArray[np.generic]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return labels and class codes; class code -1 means no gold label."""
    found = np.asarray(labels, dtype=np.int64)
    if len(found) != len(gold):
        raise InputError(f"labels and gold must have the same length, got {len(found)} and {len(gold)}")
    names = [None if _is_missing(value) else str(value) for value in gold]
    code = {name: i for i, name in enumerate(sorted({name for name in names if name is not None}))}
    return found, np.array([-1 if name is None else code[name] for name in names], dtype=np.int64)


def _is_missing(value: object) -> bool:
    # Compare type names, so that pd.NA and pd.NaT are recognised even though pandas need not be installed.
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return value == "" or (isinstance(value, float) and math.isnan(value))
