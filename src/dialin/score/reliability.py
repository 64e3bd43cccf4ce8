"""Measures how far judgements can be trusted: share of good verdicts, annotator agreement, calibration, ranking.

A score that is undefined for its input (no rows, a single class) is ``nan``, never a made-up 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from dialin.errors import InputError

SHARED_ERROR = 1.0
"""Standard deviation, in log-odds, by which the P(good) of all clusters of a run are too high or too low together: the
least with which 95 % of the runs that ``studies.own.shared_error`` scores have their true share in the interval."""


@dataclass(frozen=True)
class Goodness:
    """Share of good clusters among those with a readable verdict, with its Wilson interval."""

    value: float
    low: float
    high: float
    n_good: int
    n_bad: int
    n_unreadable: int


def goodness(verdicts: Iterable[bool | None], confidence: float = 0.95) -> Goodness:
    """Compute good clusters / judged clusters, with a Wilson score interval.

    Parameters
    ----------
    verdicts : iterable of bool or None
        One verdict per cluster, by a judge other than the one in the loop; None is unreadable. Unreadable
        verdicts are counted separately, and are neither good nor bad.
    confidence : float
        Level of the interval, in (0, 1).

    Returns
    -------
    Goodness
        If no verdict is readable, its `value` is ``nan`` and its interval [0, 1].
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
    """Compute the expected share of good clusters from the judge's own probabilities.

    The judge found every kept cluster good, so counting its verdicts says nothing. The mean of its P(good) is
    informative, as far as the judge is calibrated: in a single run its probabilities are too high or too low together,
    since the clusters of the run are finer or coarser than what its reader calls one intent.

    Parameters
    ----------
    p_good : float array of shape (n,)
        P(good) of each cluster.

    Returns
    -------
    Goodness
        Mean, with an approximate 95 % interval for the share in this run. With w, the mean of p (1 − p), its half is
        1.96 · √(w / n + (`SHARED_ERROR` · w)²): the clusters vary by themselves, and all shift together, except those
        that a person has decided (0 or 1).

    Examples
    --------
    w is (.09 + .21) / 2 = .15, and the half 1.96 · √(.075 + .0225) = .61.

    >>> found = expected_goodness([0.9, 0.7])
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
    (0.8, 0.19, 1.0)
    """
    p = np.asarray(p_good, dtype=np.float64)
    if not len(p):
        return Goodness(math.nan, 0.0, 1.0, 0, 0, 0)
    mean, half = float(p.mean()), half_width(p, SHARED_ERROR)
    n_good = int((p >= 0.5).sum())
    return Goodness(mean, max(mean - half, 0.0), min(mean + half, 1.0), n_good, len(p) - n_good, 0)


def half_width(p: NDArray[np.float64], shared_error: float) -> float:
    """Return half of the 95 % interval of `expected_goodness`, before it is cut at 0 and 1, for a shared error.

    Parameters
    ----------
    p : ndarray of shape (n,), float64
        P(good) of each cluster.
    shared_error : float
        Like `SHARED_ERROR`.
    """
    each = float((p * (1 - p)).mean())  # also how far the mean moves for each unit of log-odds that all p move
    return 1.96 * math.sqrt(each / len(p) + (shared_error * each) ** 2)


def fleiss_kappa(table: ArrayLike) -> float:
    """Compute Fleiss' kappa of several annotators.

    Parameters
    ----------
    table : int array of shape (n_items, n_categories)
        Number of annotators who put each item into each category; all rows have the same sum, at least 2.

    Returns
    -------
    float
        1 is full agreement, 0 is chance level; ``nan`` if all votes are for one category.

    Raises
    ------
    InputError
        If the table is empty, has negative counts, or its rows have different sums.
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
    """Compute the mean gap between the predicted and the observed share, over equal-width bins weighted by size.

    Parameters
    ----------
    p : float array of shape (n,)
        Predicted probabilities.
    y : bool array of shape (n,)
        Observed outcomes.
    n_bins : int
        Number of bins of [0, 1]; the last bin includes 1.

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
    """Compute the probability that a true case has a higher `p` than a false one; ties count one half.

    Returns
    -------
    float
        In [0, 1]; ``nan`` if one class is absent.
    """
    predicted, true = _probabilities(p, y)
    n_true = int(true.sum())
    n_false = len(true) - n_true
    if not n_true or not n_false:
        return math.nan
    from scipy.stats import rankdata  # noqa: PLC0415  (slow to import; only gold needs it)

    wins = rankdata(predicted)[true == 1].sum() - n_true * (n_true + 1) / 2
    return float(wins / (n_true * n_false))


def _probabilities(p: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    predicted, true = np.asarray(p, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if predicted.ndim != 1 or predicted.shape != true.shape:
        raise InputError(f"p and y must have the same length, got shapes {predicted.shape} and {true.shape}")
    if not np.all((predicted >= 0) & (predicted <= 1)):
        raise InputError("p must lie between 0 and 1")
    if not np.all((true == 0) | (true == 1)):
        raise InputError("y must contain only true and false (1 and 0)")
    return predicted, true


def _wilson(n_good: int, n: int, confidence: float) -> tuple[float, float]:
    if not n:
        return 0.0, 1.0
    z = float(ndtri(0.5 + confidence / 2))
    share = n_good / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
