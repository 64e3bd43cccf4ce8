"""Scores: of a clustering against gold labels, of the verdicts of a judge, and of predicted probabilities.

A score that is undefined for its input (no rows, one class only) is ``nan``, never a made-up 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix
from scipy.special import ndtri
from scipy.stats import rankdata
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, normalized_mutual_info_score

from dialin.errors import InputError

UNASSIGNED = -1


@dataclass(frozen=True)
class Agreement:
    """How well a clustering of `n` sentences agrees with gold labels; see `agreement`."""

    n: int
    nmi: float
    ami: float
    ari: float
    acc: float
    purity: float


@dataclass(frozen=True)
class Scores:
    """A clustering scored against gold labels, with and without its unassigned sentences.

    Parameters
    ----------
    nmi, ami, ari, acc, purity : float
        Strict scores, on all sentences with gold: the unassigned ones (-1) count as one more cluster.
    n : int
        Sentences with gold.
    n_clusters : int
        Clusters among them; -1 is none.
    n_true : int
        Gold classes among them.
    coverage : float
        Share of them that is assigned.
    n_without_gold : int
        Sentences that were dropped because they have no gold label.
    assigned : Agreement
        The same scores on the assigned sentences only (``nan`` if there are none). Read them beside
        `coverage`: they rise when hard sentences are left out.
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
        """Return plain values for JSON, which knows no ``nan``: undefined scores are None."""
        return {name: _without_nan(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Goodness:
    """Share of good clusters among those with a readable verdict, with its Wilson interval."""

    value: float
    low: float
    high: float
    n_good: int
    n_bad: int
    n_unreadable: int


def evaluate(labels: ArrayLike, gold: Sequence[object] | NDArray[np.generic]) -> Scores:
    """Score cluster labels against gold labels.

    Parameters
    ----------
    labels : int array of shape (n,)
        Cluster of each sentence; -1 is unassigned.
    gold : sequence of shape (n,)
        Gold class of each sentence; None, NaN and "" mean that there is none, and drop the sentence.

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
    kept = found != UNASSIGNED
    strict = agreement(found, classes)
    return Scores(
        **asdict(strict),
        n_clusters=len(np.unique(found[kept])),
        n_true=len(np.unique(classes)),
        coverage=coverage(found),
        n_without_gold=int((~known).sum()),
        assigned=agreement(found[kept], classes[kept]),
    )


def agreement(labels: ArrayLike, gold: ArrayLike) -> Agreement:
    """Compute all scores against gold; every label, -1 too, is a cluster of its own.

    With no sentences every score is ``nan``; with one, every score is 1.
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
    a, b = _coded_pair(labels, gold)
    return float(normalized_mutual_info_score(b, a)) if len(a) else math.nan


def ami(labels: ArrayLike, gold: ArrayLike) -> float:
    """Compute mutual information adjusted for chance: 1 is perfect, 0 is what chance gives."""
    a, b = _coded_pair(labels, gold)
    return float(adjusted_mutual_info_score(b, a)) if len(a) else math.nan


def ari(labels: ArrayLike, gold: ArrayLike) -> float:
    """Compute the Rand index adjusted for chance: 1 is perfect, 0 is what chance gives."""
    a, b = _coded_pair(labels, gold)
    return float(adjusted_rand_score(b, a)) if len(a) else math.nan


def accuracy(labels: ArrayLike, gold: ArrayLike) -> float:
    """Compute the share of sentences that are right under the best one-to-one match of clusters to classes.

    With more clusters than classes (or fewer), what is left over matches nothing and counts as wrong.
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
    return float(np.mean(values != UNASSIGNED)) if len(values) else math.nan


def goodness(verdicts: Iterable[bool | None], confidence: float = 0.95) -> Goodness:
    """Compute good clusters / judged clusters, with a Wilson score interval.

    Parameters
    ----------
    verdicts : iterable of bool or None
        One per cluster, by another judge than the one in the loop; None is unreadable. Unreadable
        verdicts are counted, and are neither good nor bad.
    confidence : float
        Level of the interval, in (0, 1).

    Returns
    -------
    Goodness
        Its `value` is ``nan`` and its interval [0, 1] if no verdict is readable.
    """
    if not 0 < confidence < 1:
        raise InputError(f"confidence must lie between 0 and 1, got {confidence!r}")
    given = list(verdicts)
    n_good = sum(1 for verdict in given if verdict is not None and bool(verdict))
    n_unreadable = sum(1 for verdict in given if verdict is None)
    n = len(given) - n_unreadable
    low, high = _wilson(n_good, n, confidence)
    return Goodness(n_good / n if n else math.nan, low, high, n_good, n - n_good, n_unreadable)


def expected_goodness(p_good: ArrayLike) -> Goodness:
    """Compute the share of coherent clusters that the judge's own probabilities lead to expect.

    Every cluster that was kept was found good, so counting verdicts of the same judge says nothing; the mean of P(good)
    does, as far as the judge is calibrated.

    Parameters
    ----------
    p_good : float array of shape (n,)
        P(good) of each cluster.

    Returns
    -------
    Goodness
        Mean, and the normal 95 % interval of a sum of independent events: 1.96 · √(Σ p (1 − p)) / n on each side.

    Examples
    --------
    >>> found = expected_goodness([0.9, 0.7])
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
    (0.8, 0.26, 1.0)
    """
    p = np.asarray(p_good, dtype=np.float64)
    if not len(p):
        return Goodness(math.nan, 0.0, 1.0, 0, 0, 0)
    mean, half = float(p.mean()), float(1.96 * np.sqrt((p * (1 - p)).sum()) / len(p))
    n_good = int((p >= 0.5).sum())
    return Goodness(mean, max(mean - half, 0.0), min(mean + half, 1.0), n_good, len(p) - n_good, 0)


def diversity(X: NDArray[np.floating], labels: ArrayLike) -> float:
    """Compute semantic diversity: the mean over clusters of the mean cosine distance to the centroid.

    Parameters
    ----------
    X : float array of shape (n, d)
        Unit rows.
    labels : int array of shape (n,)
        Sentences with -1 belong to no cluster.

    Returns
    -------
    float
        In [0, 1]; 0 for clusters of one sentence, ``nan`` if there is no cluster. A cluster whose
        rows cancel out has no direction: its distance is 1.
    """
    values = np.asarray(labels)
    if len(values) != len(X):
        raise InputError(f"diversity needs one label per row of X, got {len(values)} labels for {len(X)} rows")
    kept = np.flatnonzero(values != UNASSIGNED)
    if not len(kept):
        return math.nan
    cluster = _codes(values[kept])
    sizes = np.bincount(cluster)
    member = csr_matrix((np.ones(len(kept)), (cluster, np.arange(len(kept)))))
    sums: NDArray[np.float64] = np.asarray(member @ np.asarray(X, dtype=np.float64)[kept])
    # The mean cosine of unit rows to their centroid's direction is the norm of their mean.
    cohesion = np.linalg.norm(sums, axis=1) / sizes
    return float(np.mean(np.clip(1.0 - cohesion, 0.0, 1.0)))


def fleiss_kappa(table: ArrayLike) -> float:
    """Compute Fleiss' kappa of several annotators.

    Parameters
    ----------
    table : int array of shape (n_items, n_categories)
        How many annotators put the item into the category; each row has the same sum, at least 2.

    Returns
    -------
    float
        1 is full agreement, 0 what chance gives; ``nan`` if all votes are for one category.

    Raises
    ------
    InputError
        If the table is empty, negative, or its rows have different sums.
    """
    votes = np.asarray(table, dtype=np.float64)
    if votes.ndim != 2 or not votes.size or votes.min() < 0:
        raise InputError(f"fleiss_kappa needs a table of counts (items, categories), got shape {votes.shape}")
    raters = votes.sum(axis=1)
    if raters[0] < 2 or np.any(raters != raters[0]):
        raise InputError(
            f"fleiss_kappa needs the same number of votes, at least 2, for each item, "
            f"got {raters.min():g} to {raters.max():g}"
        )
    observed = float(np.mean((votes * (votes - 1)).sum(axis=1) / (raters * (raters - 1))))
    chance = float(np.sum((votes.sum(axis=0) / votes.sum()) ** 2))
    return (observed - chance) / (1 - chance) if chance < 1 else math.nan


def expected_calibration_error(p: ArrayLike, y: ArrayLike, n_bins: int = 10) -> float:
    """Compute the mean gap between predicted and observed share, over equal-width bins weighted by size.

    Parameters
    ----------
    p : float array of shape (n,)
        Predicted probabilities.
    y : bool array of shape (n,)
        What was true.
    n_bins : int
        Bins of [0, 1]; the last one includes 1.

    Returns
    -------
    float
        In [0, 1]; ``nan`` for n = 0.
    """
    if n_bins < 1:
        raise InputError(f"n_bins must be at least 1, got {n_bins}")
    predicted, true = _probabilities(p, y)
    if not len(predicted):
        return math.nan
    bins = np.minimum((predicted * n_bins).astype(np.int64), n_bins - 1)
    gap = np.bincount(bins, weights=predicted - true, minlength=n_bins)
    return float(np.abs(gap).sum() / len(predicted))


def auc(p: ArrayLike, y: ArrayLike) -> float:
    """Compute the chance that a true case gets a higher `p` than a false one (ties count one half).

    Returns
    -------
    float
        In [0, 1]; ``nan`` if one of the classes is absent.
    """
    predicted, true = _probabilities(p, y)
    n_true = int(true.sum())
    n_false = len(true) - n_true
    if not n_true or not n_false:
        return math.nan
    wins = rankdata(predicted)[true == 1].sum() - n_true * (n_true + 1) / 2
    return float(wins / (n_true * n_false))


def _probabilities(p: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    predicted, true = np.asarray(p, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if predicted.ndim != 1 or predicted.shape != true.shape:
        raise InputError(f"p and y must have one length, got shapes {predicted.shape} and {true.shape}")
    if not np.all((predicted >= 0) & (predicted <= 1)):
        raise InputError("p must lie between 0 and 1")
    if not np.all((true == 0) | (true == 1)):
        raise InputError("y must hold true and false (1 and 0) only")
    return predicted, true


def _wilson(n_good: int, n: int, confidence: float) -> tuple[float, float]:
    if not n:
        return 0.0, 1.0
    z = float(ndtri(0.5 + confidence / 2))
    share = n_good / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _contingency(labels: ArrayLike, gold: ArrayLike) -> NDArray[np.int64]:
    """Return sentences per cluster and class, shape (n_clusters, n_classes)."""
    a, b = _coded_pair(labels, gold)
    shape = (int(a.max(initial=-1)) + 1, int(b.max(initial=-1)) + 1)
    counts: NDArray[np.int64] = csr_matrix((np.ones(len(a), dtype=np.int64), (a, b)), shape=shape).toarray()
    return counts


def _coded_pair(labels: ArrayLike, gold: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    a, b = np.asarray(labels), np.asarray(gold)
    if a.ndim != 1 or a.shape != b.shape:
        raise InputError(f"labels and gold must have one length, got shapes {a.shape} and {b.shape}")
    return _codes(a), _codes(b)


def _codes(values: NDArray[np.generic]) -> NDArray[np.int64]:
    return np.asarray(np.unique(values, return_inverse=True)[1], dtype=np.int64)


def _paired(
    labels: ArrayLike, gold: Sequence[object] | NDArray[np.generic]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return labels and class codes; a class code of -1 is "no gold"."""
    found = np.asarray(labels, dtype=np.int64)
    if len(found) != len(gold):
        raise InputError(f"labels and gold must have one length, got {len(found)} and {len(gold)}")
    names = [None if _is_missing(value) else str(value) for value in gold]
    code = {name: i for i, name in enumerate(sorted({name for name in names if name is not None}))}
    return found, np.array([-1 if name is None else code[name] for name in names], dtype=np.int64)


def _is_missing(value: object) -> bool:
    # Asked by name so that pandas need not be installed to tell its pd.NA and pd.NaT.
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return value == "" or (isinstance(value, float) and math.isnan(value))


def _without_nan(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_nan(inner) for name, inner in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value
