"""Tests whether means and shares of groups differ from the rest by more than chance, for all groups at once.

Means are compared by Welch's t test, which lets the groups vary differently (Welch 1947, "The generalization of
'Student's' problem when several different population variances are involved"). Shares are compared by the z of two
proportions, only where each of the four expected counts is at least `MIN_EXPECTED` (Cochran 1954, "Some methods for
strengthening the common χ² tests"). `benjamini_hochberg` corrects for the number of tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit

from dialin.arrays import Floats, Ints

MIN_EXPECTED, MIN_COMPARED = 5, 10
"""Minimum expected count of a share, and minimum number of values of a mean, from which a difference is tested: a few
values of a rating are often equal, and then they seem to be sure."""
SURE_Q = 0.05
"""False discovery rate: of the differences that are called sure, about one in twenty is chance."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over the values of each of some groups, all arrays of one shape.

    Parameters
    ----------
    n : ndarray of float64
        Number of values.
    total, squares : ndarray of float64
        Sum and sum of squares of the values minus `centre`.
    centre : float
        Any number near the values, which keeps the sums exact.
    """

    n: Floats
    total: Floats
    squares: Floats
    centre: float = 0.0

    @property
    def mean(self) -> Floats:
        """The mean of each group; NaN for an empty one."""
        return self.centre + ratio(self.total, self.n)

    @property
    def variance(self) -> Floats:
        """The unbiased variance of each group; NaN for fewer than two values."""
        spread = self.squares - self.total * ratio(self.total, self.n)
        return ratio(np.maximum(spread, 0.0), np.maximum(self.n - 1, 0.0))

    def others(self, whole: Moments) -> Moments:
        """Return the moments of what each group lacks of a whole."""
        return Moments(whole.n - self.n, whole.total - self.total, whole.squares - self.squares, self.centre)

    def as_table(self, width: int) -> Moments:
        """Return the moments as a table with `width` columns."""
        return self._each(lambda part: part.reshape(-1, width))

    def first(self, n_columns: int) -> Moments:
        """Return the first columns of a table."""
        return self._each(lambda part: part[:, :n_columns])

    def summed(self) -> Moments:
        """Return the moments of each row of a table as a whole, in one column."""
        return self._each(lambda part: part.sum(axis=1, keepdims=True))

    def _each(self, change: Callable[[Floats], Floats]) -> Moments:
        return Moments(change(self.n), change(self.total), change(self.squares), self.centre)


def moments_of(groups: Ints, values: Floats, n_groups: int, centre: float) -> Moments:
    """Return the moments of the values in each group.

    Parameters
    ----------
    groups : ndarray of shape (n,), int64
        The group of each value, 0 … n_groups − 1.
    values : ndarray of shape (n,), float64
        Finite numbers.
    n_groups : int
        Number of groups.
    centre : float
        As in `Moments`.

    Examples
    --------
    >>> found = moments_of(np.array([0, 0, 1]), np.array([1.0, 3.0, 5.0]), 2, 0.0)
    >>> found.mean.tolist(), found.variance.tolist()
    ([2.0, 5.0], [2.0, nan])
    """
    off = values - centre
    n = _sums(groups, np.ones(len(off)), n_groups)
    return Moments(n, _sums(groups, off, n_groups), _sums(groups, off**2, n_groups), centre)


def _sums(groups: Ints, weights: Floats, n_groups: int) -> Floats:
    return np.bincount(groups, weights=weights, minlength=n_groups).astype(np.float64)


def ratio(part: Floats, whole: Floats) -> Floats:
    """Return part / whole; NaN where the whole is 0.

    Examples
    --------
    >>> ratio(np.array([1.0, 0.0]), np.array([4.0, 0.0])).tolist()
    [0.25, nan]
    """
    part, whole = np.broadcast_arrays(part, whole)
    found: Floats = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole != 0)
    return found


def mean_margins(found: Moments) -> Floats:
    """Return half the width of the 95 % interval of each mean by Student's t; NaN for fewer than two values.

    Examples
    --------
    The values 1 and 3 have the variance 2, so the margin is t(.975; 1) · √(2/2) = 12.71.

    >>> mean_margins(Moments(np.array([2.0]), np.array([4.0]), np.array([10.0]))).round(2).tolist()
    [12.71]
    """
    return np.asarray(stdtrit(np.maximum(found.n - 1, 1), 0.975) * np.sqrt(ratio(found.variance, found.n)))


def mean_ps(one: Moments, other: Moments) -> Floats:
    """Return the two-sided p of Welch's test for each pair of groups; NaN where one is too small or does not vary."""
    a, b = ratio(one.variance, one.n), ratio(other.variance, other.n)
    is_tested = (np.minimum(one.n, other.n) >= MIN_COMPARED) & (a > 0) & (b > 0)
    spread = np.where(is_tested, a + b, np.nan)
    freedom = spread**2 / (a**2 / np.maximum(one.n - 1, 1) + b**2 / np.maximum(other.n - 1, 1))
    return np.asarray(2 * stdtr(freedom, -np.abs(one.mean - other.mean) / np.sqrt(spread)))


def share_ps(counts: Floats, totals: Floats, other_counts: Floats, other_totals: Floats) -> Floats:
    """Return the two-sided p for each pair of shares, counts / totals; NaN where an expected count is too small.

    Examples
    --------
    20 of 50 and 10 of 50: the difference .2 is 2.182 times √(.3 · .7 · (1/50 + 1/50)).

    >>> share_ps(np.array([20.0]), np.array([50.0]), np.array([10.0]), np.array([50.0])).round(4).tolist()
    [0.0291]
    """
    pooled = ratio(counts + other_counts, totals + other_totals)
    least = np.minimum(totals, other_totals) * np.minimum(pooled, 1 - pooled)
    spread = np.sqrt(pooled * (1 - pooled) * (ratio(np.ones(1), totals) + ratio(np.ones(1), other_totals)))
    difference = ratio(counts, totals) - ratio(other_counts, other_totals)
    enough = least >= MIN_EXPECTED
    z = np.divide(np.abs(difference), spread, out=np.full(enough.shape, np.nan), where=enough)
    return np.asarray(2 * ndtr(-z))


def benjamini_hochberg(p: Floats) -> Floats:
    """Return the p of many tests, corrected so that those below q hold a share of about q false ones at most.

    The procedure is that of Benjamini and Hochberg 1995, "Controlling the false discovery rate". A p that is NaN is of
    a test that was not made: it counts for nothing and stays NaN.

    Parameters
    ----------
    p : ndarray of shape (n,), float64
        Values in [0, 1], or NaN.

    Examples
    --------
    Of three tests, .01 becomes .01 · 3/1, .04 becomes .04 · 3/3, and .03 becomes the smaller of .03 · 3/2 and .04.

    >>> benjamini_hochberg(np.array([0.01, 0.04, np.nan, 0.03])).round(4).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    made = np.flatnonzero(~np.isnan(p))
    order = made[np.argsort(p[made], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    corrected = np.full(len(p), np.nan)
    corrected[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return corrected
