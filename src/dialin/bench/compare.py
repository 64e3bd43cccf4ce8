"""Whether dialin differs from each other method: a paired test over seeds, on each data set and over all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from scipy.stats import ttest_rel

from dialin.bench.methods import DIALIN
from dialin.bench.results import Row

TEST = "paired t-test over seeds, two-sided; over all data sets, on the mean of a seed over them"
ALL_DATA = "all data sets"
METRICS = ("ami", "ari", "acc")
LEVELS = {"**": 0.01, "*": 0.05}
"""Stars, the most first, and the p below which they are given; not corrected for the number of tests."""
_MIN_SPREAD = 1e-12
"""Differences that vary by no more than this do not vary: t is undefined."""

Groups = dict[int, list[Row]]
"""Rows of one method by seed: one on a data set, one for each over all."""


@dataclass(frozen=True)
class Comparison:
    """dialin against one method by one score, on the seeds that both have.

    Parameters
    ----------
    data : str
        The data set, or `ALL_DATA`.
    method : str
        The other one.
    metric : str
        One of `METRICS`.
    n_pairs : int
        Seeds; over all data sets, those that both have on each of them.
    difference : float
        Mean score of dialin minus that of the method.
    p : float or None
        Two-sided; None with fewer than two seeds, or where all differences are equal, as between two methods that
        seeds do not change: repeated, one result is still one.
    """

    data: str
    method: str
    metric: str
    n_pairs: int
    difference: float
    p: float | None

    @property
    def stars(self) -> str:
        """What stands beside the score: "**", "*" or nothing."""
        return next((stars for stars, level in LEVELS.items() if self.p is not None and self.p < level), "")


def comparisons_of(rows: Sequence[Row]) -> list[Comparison]:
    """Return dialin against each other method that shares seeds with it, by data set, then over all of them."""
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
    """Return the rows of a method on some data sets, by the seeds that it has on each of them."""
    own = [row for row in rows if row.method == method and row.data in names]
    groups = {seed: [row for row in own if row.seed == seed] for seed in dict.fromkeys(row.seed for row in own)}
    return {seed: group for seed, group in groups.items() if len(group) == len(names)}


def compared(what: tuple[str, str, str], own: Groups, other: Groups) -> Comparison:
    """Return the comparison of (data set, method, metric) over the seeds that both have, at least one."""
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
