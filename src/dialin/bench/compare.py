"""Test whether dialin differs from each other method: paired over seeds, on each data set and over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from scipy.stats import ttest_rel

from dialin.bench.methods import DIALIN
from dialin.bench.results import Row

TEST = "paired t-test over seeds, two-sided; for all data sets together, on each seed's mean over them"
ALL_DATA = "all data sets"
METRICS = ("ami", "ari", "acc")
LEVELS = {"**": 0.01, "*": 0.05}
"""The p below which a difference gets each star, strictest first; not corrected for the number of tests."""
_MIN_SPREAD = 1e-12
"""Differences that vary by no more than this count as constant, so t is undefined."""

Groups = dict[int, list[Row]]
"""Rows of one method by seed: one row per data set."""


@dataclass(frozen=True)
class Comparison:
    """A comparison of dialin with another method by one score, on the seeds that both have.

    Parameters
    ----------
    data : str
        The data set, or `ALL_DATA`.
    method : str
        The other method.
    metric : str
        One of `METRICS`.
    n_pairs : int
        Number of seeds that both have; for `ALL_DATA`, that both have on every data set.
    difference : float
        Mean score of dialin minus the mean score of the method.
    p : float or None
        Two-sided p. None with fewer than two seeds, or if all differences are equal, as between two methods that
        ignore the seed: repeating a result adds no evidence.
    """

    data: str
    method: str
    metric: str
    n_pairs: int
    difference: float
    p: float | None

    @property
    def stars(self) -> str:
        """Stars beside the score: "**", "*" or ""."""
        return next((stars for stars, level in LEVELS.items() if self.p is not None and self.p < level), "")


def comparisons_of(rows: Sequence[Row]) -> list[Comparison]:
    """Return the comparison with each method that shares seeds with dialin: by data set, then over all data sets."""
    names, methods = (list(dict.fromkeys(getattr(row, what) for row in rows)) for what in ("data", "method"))
    found = []
    for data, parts in [*((name, [name]) for name in names), (ALL_DATA, names)]:
        own = by_seed(rows, DIALIN, parts)
        for method in methods:
            other = by_seed(rows, method, parts)
            if method != DIALIN and own.keys() & other.keys():
                found += [compared((data, method, metric), own, other) for metric in METRICS]
    return found


def by_seed(rows: Sequence[Row], method: str, names: Sequence[str]) -> Groups:
    """Return the rows of a method on some data sets by seed, for the seeds that it has on every one of them."""
    own = [row for row in rows if row.method == method and row.data in names]
    groups = {seed: [row for row in own if row.seed == seed] for seed in dict.fromkeys(row.seed for row in own)}
    return {seed: group for seed, group in groups.items() if len(group) == len(names)}


def compared(what: tuple[str, str, str], own: Groups, other: Groups) -> Comparison:
    """Return the comparison for (data set, method, metric) over the seeds that both have, at least one."""
    data, method, metric = what
    seeds = [seed for seed in own if seed in other]
    ours, theirs = ([fmean(float(getattr(row, metric)) for row in g[seed]) for seed in seeds] for g in (own, other))
    differences = [a - b for a, b in zip(ours, theirs, strict=True)]
    varies = max(differences) - min(differences) > _MIN_SPREAD
    p = float(ttest_rel(ours, theirs).pvalue) if varies else None
    return Comparison(data, method, metric, len(seeds), fmean(differences), p)


def stars_of(tested: Sequence[Comparison]) -> dict[tuple[str, str, str], str]:
    """Return the stars by (data set, method, metric)."""
    return {(c.data, c.method, c.metric): c.stars for c in tested}
