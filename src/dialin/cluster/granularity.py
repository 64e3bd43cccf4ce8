"""Estimate the number of clusters from the sentences alone: a posterior over the cuts of the tree, with an interval.

Two kinds of evidence support a cut into k clusters (`dialin.cluster.cuts`). The first is measured anew in each corpus:
its worth, which is its stability times its separation beyond those of random points. The second is its closeness:
vectors that were tuned for intents put two sentences of one intent about equally close in any domain.

`CutWeights` says how much each counts. They are fitted to one embedder's vectors (``studies.own.fineness``); for other
embedders only the first kind counts.

The worth depends on the number of sentences: with few of each intent only coarse clusters are stable, with many the
wordings inside an intent are. So it is measured on samples of about `N_EACH` sentences a cluster, by the number of
clusters that have the closeness of one intent, and where there are fewer, the number of clusters is raised
(`numbers_shown`). The closeness of a cut does not depend on the number of sentences.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from dialin.arrays import Bools, Floats, Labels, Matrix
from dialin.cluster.axes import along_leading_axes
from dialin.cluster.cut_weights import CutWeights
from dialin.cluster.cuts import (
    MAX_MEASURED,
    MAX_THINNED,
    Draw,
    MeasuredSample,
    closeness_of,
    cuts_of,
    levels,
    measured_rows,
    random_like,
    samples_of,
    worth_of,
)
from dialin.cluster.tree import Tree

MIN_MEASURED = 60
"""Fewer sentences are not measured: of 64 and more, twice as many intents are found as by the mean cosine alone, of 42
fewer."""
INTERVAL = (0.1, 0.9)
"""Quantiles of the posterior that bound the interval: four corpora of five should lie inside."""
FLOOR = 0.05
"""Added to the worth of a cut relative to the best, so that no cut is impossible."""
N_EACH = 40
"""Sentences a cluster in the samples on which the worth of cuts is measured."""
MIN_SAMPLE = 300
"""Least sentences of such a sample."""


@dataclass(frozen=True, eq=False)
class Granularity:
    """The numbers of clusters that the sentences suggest.

    Parameters
    ----------
    n_clusters : int
        The median of the posterior, 2 or more.
    low, high : int
        Bounds of the interval that holds it with P = .8.
    numbers, p : float64 arrays of shape (n_cuts,)
        Each number of clusters that was measured, and its probability; they sum to 1.
    """

    n_clusters: int
    low: int
    high: int
    numbers: Floats
    p: Floats

    def drawn_to(self, n_clusters: int, share: float) -> Granularity:
        """Return the suggestion times one factor, so that the median goes this share of the way to a number, in log.

        Examples
        --------
        Half of the way from 8 to 2:

        >>> found = Granularity(8, 4, 16, np.array([4.0, 8.0, 16.0]), np.full(3, 1 / 3)).drawn_to(2, 0.5)
        >>> found.low, found.n_clusters, found.high, found.numbers.tolist()
        (2, 4, 8, [2.0, 4.0, 8.0])
        """
        factor = (n_clusters / self.n_clusters) ** share
        low, median, high = (max(1, round(factor * k)) for k in (self.low, self.n_clusters, self.high))
        return Granularity(median, low, high, np.maximum(1.0, factor * self.numbers), self.p)

    def share_shown(self, n: int, weights: CutWeights) -> float:
        """Return how far the measured ones of n sentences show all clusters, in (0, 1]: `weights.full` a cluster do.

        Examples
        --------
        Of 20,000 sentences 4,000 are measured: for 100 clusters these are 40 each, of 60.

        >>> round(Granularity(100, 50, 200, np.ones(1), np.ones(1)).share_shown(20_000, CutWeights(full=60.0)), 3)
        0.667
        """
        return min(1.0, min(n, MAX_MEASURED) / (self.n_clusters * weights.full))


@dataclass(frozen=True, eq=False)
class SuggestedCut:
    """The cuts of a tree that the sentences suggest, in all of it or in one region.

    Parameters
    ----------
    granularity : Granularity
        The numbers of clusters.
    height : float
        Height at which the tree falls into the median number.
    heights : float64 array of shape (n_cuts,)
        Height of each number that was measured.
    """

    granularity: Granularity
    height: float
    heights: Floats

    @classmethod
    def of(cls, granularity: Granularity, tree: Tree, is_inside: Bools, finer: float = 1.0) -> SuggestedCut:
        """Return the cuts of the rows of a tree that are inside (n), into `finer` times as many clusters."""
        height = levels(tree, is_inside, finer * np.array([granularity.n_clusters]))[0]
        return cls(granularity, float(height), levels(tree, is_inside, finer * granularity.numbers))


@dataclass(frozen=True)
class SuggestedNumber:
    """How many intents the sentences suggest: about `n`, between `low` and `high`."""

    n: int
    low: int
    high: int

    def with_known(self, n: int) -> SuggestedNumber:
        """Return the number where n more are known to be there."""
        return SuggestedNumber(self.n + n, self.low + n, self.high + n)


def suggested_number(found: Iterable[Granularity | None]) -> SuggestedNumber | None:
    """Return the sums over the strata that were measured; None where none was.

    The interval is at least as wide as one of the whole corpus: it holds even if all strata err to the same side.

    Examples
    --------
    >>> customers, agents = (Granularity(n, n - 2, n + 3, np.ones(1), np.ones(1)) for n in (20, 8))
    >>> suggested_number([customers, None, agents])
    SuggestedNumber(n=28, low=24, high=34)
    """
    measured = [one for one in found if one is not None]
    if not measured:
        return None
    return SuggestedNumber(
        sum(one.n_clusters for one in measured), sum(one.low for one in measured), sum(one.high for one in measured)
    )


@dataclass(frozen=True)
class Measuring:
    """What `granularity_of` is told beside the vectors.

    Parameters
    ----------
    min_size : int
        Smaller clusters are of no use: sentences in them count as not separated, and the finest cut that is tried has
        clusters of twice that size on average.
    seed : int
        Seed of samples and random points.
    weights : CutWeights
        How the evidence weighs.
    most_samples : int
        Samples of about `N_EACH` sentences a cluster that are measured, at most.
    """

    min_size: int
    seed: int = 0
    weights: CutWeights = field(default_factory=CutWeights)
    most_samples: int = MAX_THINNED


def granularity_of(X: Matrix, measuring: Measuring, draw: Draw = random_like) -> Granularity | None:
    """Measure how many clusters the rows suggest; None for fewer than `MIN_MEASURED`, or where no cut could hold two.

    The order of the rows does not matter. Takes O(m² · d) time for each of a few dozen trees, m = min(n, 4,000).

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings.
    measuring : Measuring
        Least size, seed, and the weights of the evidence.
    draw : callable
        Draws the random points that the rows are measured against.
    """
    rng = np.random.default_rng(measuring.seed)
    rows = measured_rows(X, rng)
    cuts = cuts_of(len(rows), measuring.min_size)
    if len(X) < MIN_MEASURED or len(cuts) < 2:
        return None
    own = MeasuredSample(along_leading_axes(X[rows]))
    closeness = closeness_of(X[rows], own.partition, cuts)
    near = number_at(measuring.weights.closeness, closeness, cuts)
    size = max(MIN_SAMPLE, round(N_EACH * near)) if measuring.weights.distance else len(rows)
    samples = samples_of(own, size, rng, measuring.most_samples)
    n_sampled = len(samples[0].X)
    cuts = cuts_of(n_sampled, measuring.min_size)
    worth = worth_of(samples, cuts, measuring.min_size, rng, draw)
    numbers = np.minimum(numbers_shown(cuts, n_sampled, measuring.weights), len(rows) - 1)
    p = cut_probabilities(worth, numbers, near, measuring.weights)
    low, median, high = (round(k) for k in quantiles(numbers, p))
    return Granularity(median, low, high, numbers, p)


def number_at(closeness: float, found: Floats, cuts: Labels) -> float:
    """Return the number of clusters at which the cuts first have a closeness, between the cuts in log.

    Examples
    --------
    Half-way from 0.2 to 0.6:

    >>> round(number_at(0.4, np.array([0.2, 0.6, 0.5]), np.array([2, 8, 32])), 3)
    4.0
    """
    return float(np.exp(np.interp(closeness, np.maximum.accumulate(found), np.log(cuts))))


def numbers_shown(cuts: Labels, n: int, weights: CutWeights) -> Floats:
    """Return the number of clusters that a cut of n sentences stands for, shape (n_cuts,).

    With fewer than `weights.full` sentences a cluster only the coarser part of the structure is stable: the number is
    raised; with more it is lowered.

    Examples
    --------
    In 800 sentences, 10 clusters have 80 each; 40 have 20 each, and log(80 / 20) · .5 = log 2 more are there.

    >>> numbers_shown(np.array([10, 40]), 800, CutWeights(raised=0.5, full=80.0)).round(6).tolist()
    [10.0, 80.0]
    """
    return np.asarray(cuts * (weights.full * cuts / n) ** weights.raised)


def cut_probabilities(worth: Floats, numbers: Floats, near: float, weights: CutWeights) -> Floats:
    """Return the probability of each cut, shape (n_cuts,).

    Parameters
    ----------
    worth : ndarray of shape (n_cuts,)
        Worth of each cut beyond random points, 0 or more.
    numbers : ndarray of shape (n_cuts,)
        Number of clusters that each cut stands for.
    near : float
        Number of clusters that have the closeness of one intent.
    weights : CutWeights
        How both weigh.

    Examples
    --------
    Of equal worth, the cut into 4 has the closeness of one intent. The others are log 2 apart, so that each of them has
    exp(-8 · (log 2)² / 2) = .146 times its probability: .146 / (1 + 2 · .146) = .113.

    >>> cut_probabilities(np.ones(3), np.array([2.0, 4.0, 8.0]), 4.0, CutWeights(distance=8.0)).round(3).tolist()
    [0.113, 0.774, 0.113]
    """
    score = weights.gap * np.log(worth / max(float(worth.max()), 1e-12) + FLOOR)
    score = score - weights.distance * np.square(np.log(numbers / near)) / 2
    p = np.exp(score - score.max())
    return np.asarray(p / p.sum())


def quantiles(numbers: Floats, p: Floats) -> tuple[float, float, float]:
    """Return the lower bound, the median and the upper bound of the number of clusters, between the cuts in log.

    Examples
    --------
    >>> [round(k, 1) for k in quantiles(np.array([2.0, 4.0, 8.0]), np.array([0.25, 0.5, 0.25]))]
    [2.0, 4.0, 8.0]
    """
    middle = np.cumsum(p) - p / 2
    low, median, high = np.exp(np.interp([INTERVAL[0], 0.5, INTERVAL[1]], middle, np.log(numbers)))
    return float(low), float(median), float(high)
