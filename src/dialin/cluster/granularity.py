"""Estimate the number of clusters from the sentences alone: a posterior over the cuts of the tree, with an interval.

Two kinds of evidence support a cut into k clusters (`dialin.cluster.cuts`). The first is measured anew in each corpus:
its worth, which is its stability times its separation beyond those of random points. The second is its closeness:
vectors that were tuned for intents put two sentences of one intent about equally close in any domain.

`CutWeights` says how much each counts. They are fitted to one embedder's vectors (``studies.own.fineness``); for other
embedders only the first kind counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Floats, Labels, Matrix
from dialin.cluster.cuts import Draw, closeness_of, cuts_of, gap_of, level, measured_rows, partition_of, random_like
from dialin.cluster.partition import MAX_SMOOTHED, Agglomerative

MIN_MEASURED = 100
"""Fewer sentences are not measured: a quarter of them says too little."""
INTERVAL = (0.1, 0.9)
"""Quantiles of the posterior that bound the interval: four corpora of five should lie inside."""
FLOOR = 0.05
"""Added to the worth of a cut relative to the best, so that no cut is impossible."""


@dataclass(frozen=True)
class CutWeights:
    """How the evidence weighs in the log of the posterior.

    Parameters
    ----------
    gap : float
        Weight of the log of a cut's worth beyond random points.
    distance : float
        Weight of -(log k - log k')² / 2, where the cut into k' clusters has the closeness of one intent.
    closeness : float
        Closeness of one intent, in (0, 1).
    """

    gap: float = 3.0
    distance: float = 0.0
    closeness: float = 0.5


FITTED = CutWeights(gap=3.0, distance=0.5, closeness=0.48)
"""For the shipped embedders: what fits all families of data sets together (``studies.own.fineness``)."""
FITTED_EMBEDDERS = frozenset({"local:intents-en-v2", "local:intents-zh-v1", "local:intents-en-v2+intents-zh-v1"})


def weights_for(embedder: str) -> CutWeights:
    """Return the weights fitted to the vectors of an embedder, by its name; without closeness for any other.

    Examples
    --------
    >>> weights_for("local:intents-en-v2").distance, weights_for("openai:bge-m3@http://localhost/v1").distance
    (0.5, 0.0)
    """
    return FITTED if is_fitted(embedder) else CutWeights()


def is_fitted(embedder: str) -> bool:
    """Tell whether the estimate, and P(good) of what is kept, were fitted to the vectors of an embedder.

    Examples
    --------
    >>> is_fitted("local:intents-zh-v1"), is_fitted("local:bge-small-zh-v1.5")
    (True, False)
    """
    return embedder in FITTED_EMBEDDERS


@dataclass(frozen=True, eq=False)
class Granularity:
    """The cuts of the tree that the sentences suggest.

    Parameters
    ----------
    n_clusters : int
        The median of the posterior over the number of clusters, 2 or more.
    low, high : int
        Bounds of the interval that holds it with P = .8.
    height : float
        Height of Ward's tree over all n sentences between the last join that the median cut keeps and the first that
        it does not: the geometric mean of both.
    heights, p : float64 arrays of shape (n_cuts,)
        Such a height of each cut that was measured, and its probability; they sum to 1.
    """

    n_clusters: int
    low: int
    high: int
    height: float
    heights: Floats
    p: Floats


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
    >>> customers, agents = (Granularity(n, n - 2, n + 3, 1.0, np.ones(1), np.ones(1)) for n in (20, 8))
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
    finer : float
        How many times as many clusters as suggested the heights are for.
    weights : CutWeights
        How the evidence weighs.
    """

    min_size: int
    seed: int = 0
    finer: float = 1.0
    weights: CutWeights = CutWeights()


def granularity_of(X: Matrix, measuring: Measuring, draw: Draw = random_like) -> Granularity | None:
    """Measure how many clusters the rows suggest; None for fewer than a hundred, or where no cut could hold two.

    The order of the rows does not matter. Takes O(m² · d) time for each of a dozen trees, m = min(n, 4,000).

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
    own = measured_rows(X, rng)
    cuts = cuts_of(len(own), measuring.min_size)
    if len(X) < MIN_MEASURED or len(cuts) < 2:
        return None
    partition = partition_of(own)
    p = cut_probabilities(
        gap_of(own, cuts, measuring.min_size, rng, draw), closeness_of(own, partition, cuts), cuts, measuring
    )
    low, median, high = (round(k) for k in quantiles(cuts, p))
    is_smoothed = len(X) <= MAX_SMOOTHED  # else the whole tree is built on what was not
    tree = (partition if is_smoothed else Agglomerative().fit(own)).tree
    grown = float(np.sqrt(len(X) / len(own)))
    wanted = [int(np.clip(round(k * measuring.finer), 2, len(own) - 1)) for k in (*cuts.tolist(), median)]
    *heights, height = [level(tree, k) * grown for k in wanted]
    return Granularity(median, low, high, height, np.array(heights), p)


def cut_probabilities(worth: Floats, closeness: Floats, cuts: Labels, measuring: Measuring) -> Floats:
    """Return the probability of each cut, shape (n_cuts,), from its worth and its closeness.

    Examples
    --------
    Of equal worth, the cut into 4 has the closeness .5 of one intent. The others are log 2 apart, so that each of
    them has exp(-8 · (log 2)² / 2) = .146 times its probability: .146 / (1 + 2 · .146) = .113.

    >>> weights = CutWeights(gap=3.0, distance=8.0, closeness=0.5)
    >>> p = cut_probabilities(np.ones(3), np.array([0.2, 0.5, 0.8]), np.array([2, 4, 8]), Measuring(4, weights=weights))
    >>> p.round(3).tolist()
    [0.113, 0.774, 0.113]
    """
    weights, log_k = measuring.weights, np.log(cuts)
    score = weights.gap * np.log(worth / max(float(worth.max()), 1e-12) + FLOOR)
    if weights.distance:
        near = float(np.interp(weights.closeness, np.maximum.accumulate(closeness), log_k))
        score = score - weights.distance * np.square(log_k - near) / 2
    p = np.exp(score - score.max())
    return np.asarray(p / p.sum())


def quantiles(cuts: Labels, p: Floats) -> tuple[float, float, float]:
    """Return the lower bound, the median and the upper bound of the number of clusters, between the cuts in log.

    Examples
    --------
    >>> [round(k, 1) for k in quantiles(np.array([2, 4, 8]), np.array([0.25, 0.5, 0.25]))]
    [2.0, 4.0, 8.0]
    """
    middle = np.cumsum(p) - p / 2
    low, median, high = np.exp(np.interp([INTERVAL[0], 0.5, INTERVAL[1]], middle, np.log(cuts)))
    return float(low), float(median), float(high)
