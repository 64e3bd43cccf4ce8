"""Compares how large a share something has in two samples: the difference of two proportions, with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

Count = tuple[int, int]
"""How many, and of how many."""
ERROR = 0.05
"""Chance that an interval misses the true difference, before it is divided by the number of those that are compared."""


@dataclass(frozen=True)
class ShareDifference:
    """Shares in [0, 1] before and after, and an interval of their difference, after less before.

    Parameters
    ----------
    before, after : float
        The shares.
    low, high : float
        Ends of the interval.
    """

    before: float
    after: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """The share after less the share before."""
        return self.after - self.before

    @property
    def is_certain(self) -> bool:
        """Whether the interval is above 0 or below it."""
        return self.low > 0 or self.high < 0


def share_change(before: Count, after: Count, n_compared: float = 1) -> ShareDifference:
    """Return the difference of two independent proportions, with Newcombe's hybrid score interval.

    Parameters
    ----------
    before, after : tuple of (int, int)
        How many, and of how many.
    n_compared : float
        By how much the error of the interval is divided: its level is 1 − 0.05 / `n_compared`. With the number of all
        intervals of a comparison (Bonferroni), all of them hold the true difference in 95 of 100 comparisons; with
        that of `n_compared_of`, of those above or below 0 all but one in 20 do, on average.

    Notes
    -----
    Method 10 of Newcombe (1998), "Interval estimation for the difference between independent proportions", Statistics
    in Medicine 17, from the Wilson interval (l, u) of each proportion p: the low end of p₂ − p₁ is
    p₂ − p₁ − √((p₂ − l₂)² + (u₁ − p₁)²), and the high end p₂ − p₁ + √((u₂ − p₂)² + (p₁ − l₁)²).

    Examples
    --------
    The first example of that paper: 56 of 70 and 48 of 80 differ by .2, from .0524 to .3339.

    >>> found = share_change((48, 80), (56, 70))
    >>> round(found.difference, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    z = NormalDist().inv_cdf(1 - ERROR / (2 * max(n_compared, 1.0)))
    p1, l1, u1 = _wilson_of(*before, z)
    p2, l2, u2 = _wilson_of(*after, z)
    difference = p2 - p1
    low = difference - sqrt((p2 - l2) ** 2 + (u1 - p1) ** 2)
    high = difference + sqrt((u2 - p2) ** 2 + (p1 - l1) ** 2)
    return ShareDifference(p1, p2, max(low, -1.0), min(high, 1.0))


def n_compared_of(pairs: Sequence[tuple[Count, Count]]) -> float:
    """Return by how much the error of each of m intervals is divided so that few of those that tell a change are wrong.

    It is m / r, where r is the largest number of intervals that lie above or below 0 at the level 1 − 0.05 r / m: of
    these, one in 20 misses the true difference at most, on average. Where nothing differs in truth, none is told in 95
    of 100 comparisons, as with Bonferroni's m; the more differ, the smaller differences are told.

    Parameters
    ----------
    pairs : sequence of ((int, int), (int, int))
        The proportions before and after, each as how many of how many.

    Notes
    -----
    Benjamini and Yekutieli (2005), "False discovery rate-adjusted multiple confidence intervals for selected
    parameters", Journal of the American Statistical Association 100, with the choice of Benjamini and Hochberg (1995).

    Examples
    --------
    Of four shares, two have certainly changed, so each interval has the level 1 − 0.05 · 2 / 4:

    >>> n_compared_of([((5, 100), (5, 100)), ((9, 100), (8, 100)), ((1, 100), (40, 100)), ((60, 100), (9, 100))])
    2.0
    """
    m = n_told = len(pairs)
    while n_told:
        found = sum(share_change(before, after, m / n_told).is_certain for before, after in pairs)
        if found == n_told:
            return m / n_told
        n_told = found
    return float(max(m, 1))


def _wilson_of(k: int, n: int, z: float) -> tuple[float, float, float]:
    """Return k / n with its Wilson interval; of nothing, nothing is known."""
    if not n:
        return 0.0, 0.0, 1.0
    p, denominator = k / n, 1 + z * z / n
    centre, half = (p + z * z / (2 * n)) / denominator, z / denominator * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return p, min(max(centre - half, 0.0), p), max(min(centre + half, 1.0), p)
