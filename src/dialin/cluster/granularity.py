"""Estimate the number of clusters from the sentences alone: a posterior over the cuts of the tree, with an interval.

Two kinds of evidence support a cut into k clusters. The first is measured anew in each corpus. *Stability*: how far the
clusters stay the same when a quarter of the sentences is left out (adjusted Rand index; Ben-Hur, Elisseeff and Guyon
2002). *Separation*: how much nearer sentences are to their own cluster than to the next one (silhouette; Rousseeuw
1987). Both depend on k even in structureless data, so the figures of random points with the same covariance are
subtracted, as in the gap statistic (Tibshirani, Walther and Hastie 2001).

The second is *closeness*: vectors that were tuned for intents put two sentences of one intent about equally close in
any domain. It is the mean cosine of the pairs inside clusters, where 0 is that of any two sentences of the corpus.

`CutWeights` says how much each counts. They are fitted to one embedder's vectors (``studies.own.fineness``); for other
embedders only the first kind counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from sklearn.metrics import adjusted_rand_score

from dialin.arrays import Floats, Labels, Matrix
from dialin.cluster.partition import MAX_SMOOTHED, Agglomerative, TreePartition
from dialin.cluster.smooth import smoothed
from dialin.cluster.tree import Tree

Draw = Callable[[Matrix, np.random.Generator], Matrix]
"""Returns random unit rows, as many as it is given."""
MIN_MEASURED = 100
"""Fewer sentences are not measured: a quarter of them says too little."""
MAX_MEASURED = 4_000
"""Larger corpora are measured on an even random sample of this many sentences."""
SAMPLE_SHARE = 0.75
N_SAMPLES = 8
N_RANDOM = 3
"""Samples of each set of random points, whose figures vary less."""
MAX_RANDOM = 8
"""Sets of random points, at most; small corpora need more of them: the figures of each vary more, and cost less."""
N_CUTS = 30
WINDOW = 5
"""Neighbouring k whose figures are averaged, at most."""
NEIGHBOUR_FACTOR = 1.5
"""Two k whose ratio is this or more are not neighbours."""


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
FITTED_EMBEDDERS = frozenset({"local:intents-en-v1", "local:intents-zh-v1", "local:intents-en-v1+intents-zh-v1"})


def weights_for(embedder: str) -> CutWeights:
    """Return the weights fitted to the vectors of an embedder, by its name; without closeness for any other.

    Examples
    --------
    >>> weights_for("local:intents-en-v1").distance, weights_for("openai:bge-m3@http://localhost/v1").distance
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


def random_like(X: Matrix, rng: np.random.Generator) -> Matrix:
    """Return as many random unit rows, drawn from the normal distribution with the mean and covariance of X."""
    mean, n = X.mean(axis=0, dtype=np.float64), len(X)
    values, axes = np.linalg.eigh(np.cov(X.astype(np.float64), rowvar=False))
    drawn = rng.standard_normal((n, len(values))) * np.sqrt(np.maximum(values, 0.0)) @ axes.T + mean
    length = np.linalg.norm(drawn, axis=1, keepdims=True)
    return np.asarray(drawn / np.maximum(length, 1e-9), dtype=np.float32)


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
    own = _sample(X, rng)
    cuts = cuts_of(len(own), measuring.min_size)
    if len(X) < MIN_MEASURED or len(cuts) < 2:
        return None
    partition = _partition(own)
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


def gap_of(X: Matrix, cuts: Labels, min_size: int, rng: np.random.Generator, draw: Draw) -> Floats:
    """Return the worth of each cut beyond random points, shape (n_cuts,), the mean over samples; 0 or more."""
    found = curves(X, cuts, min_size, N_SAMPLES, rng)
    n_random = int(np.clip(MAX_MEASURED // len(X), 1, MAX_RANDOM))
    random = [curves(draw(X, rng), cuts, min_size, N_RANDOM, rng) for _ in range(n_random)]
    return np.asarray(gap(found, random, cuts).mean(axis=0))


def closeness_of(X: Matrix, partition: TreePartition, cuts: Labels) -> Floats:
    """Return the closeness of each cut of the rows of X, shape (n_cuts,): 1 where no cluster has two rows.

    It is the mean cosine c of all pairs inside clusters, less the squared length b of the mean row, over 1 - b.
    """
    base = float(np.square(X.mean(axis=0, dtype=np.float64)).sum())
    return np.array([(_mean_cosine(X, partition.cut(int(k))) - base) / max(1.0 - base, 1e-9) for k in cuts])


def _mean_cosine(X: Matrix, labels: Labels) -> float:
    """Return the mean cosine of all pairs of rows with the same label; 1 without such a pair.

    Examples
    --------
    A pair at a right angle and a pair of equal rows: (0 + 1) / 2.

    >>> X = np.array([[1, 0], [0, 1], [1, 0], [1, 0]], dtype=np.float32)
    >>> _mean_cosine(X, np.array([0, 0, 1, 1]))
    0.5
    """
    sizes, rows = np.bincount(labels), np.arange(len(labels))
    totals = csr_array((np.ones(len(labels)), (labels, rows))) @ X.astype(np.float64)
    n_pairs = float((sizes * (sizes - 1)).sum())
    return float((np.square(totals).sum() - len(labels)) / n_pairs) if n_pairs else 1.0


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


def _sample(X: Matrix, rng: np.random.Generator) -> Matrix:
    """Return at most `MAX_MEASURED` rows, in an order of their own."""
    X = X[np.lexsort(X.T[:8])]
    return X if len(X) <= MAX_MEASURED else X[np.sort(rng.choice(len(X), MAX_MEASURED, replace=False))]


def cuts_of(n: int, min_size: int) -> Labels:
    """Return the k to look at, ascending: 30 at most, evenly spaced in log from 2 to n / (2 · min_size).

    Examples
    --------
    >>> cuts_of(100, 5).tolist()
    [2, 3, 4, 5, 6, 7, 8, 9, 10]
    """
    largest = max(n / (2 * min_size), 1.0)
    return np.unique(np.round(np.geomspace(min(2.0, largest), largest, N_CUTS)).astype(np.int64))


@dataclass(frozen=True)
class Curves:
    """Stability and separation of the cuts.

    Parameters
    ----------
    stability : float64 array of shape (n_samples, n_cuts)
        Adjusted Rand index between the cut of all rows and that of a sample, on the sample.
    separation : float64 array of shape (n_cuts,)
        Mean silhouette.
    """

    stability: Floats
    separation: Floats


def curves(X: Matrix, cuts: Labels, min_size: int, n_samples: int, rng: np.random.Generator) -> Curves:
    """Measure stability and separation of the cuts of the rows of X (n, d)."""
    sharp, whole = smoothed(X), _all_cuts(X, cuts)
    separation = [float(np.mean(silhouettes(sharp, labels, min_size))) for labels in whole]
    stability = []
    for _ in range(n_samples):
        rows = np.sort(rng.choice(len(X), int(SAMPLE_SHARE * len(X)), replace=False))
        again = _all_cuts(X[rows], cuts)
        pairs = zip(whole, again, strict=True)
        stability.append([adjusted_rand_score(labels[rows], others) for labels, others in pairs])
    return Curves(np.array(stability), np.array(separation))


def _all_cuts(X: Matrix, cuts: Labels) -> list[Labels]:
    partition = _partition(X)
    return [partition.cut(int(k)) for k in cuts]


def _partition(X: Matrix) -> TreePartition:
    return Agglomerative(smooth=True, max_exact=MAX_MEASURED).fit(X)


def silhouettes(X: Matrix, labels: Labels, min_size: int = 1) -> Floats:
    """Return the silhouette of each row by cosine distance, shape (n,); 0 in clusters below `min_size`, or of one.

    scikit-learn's holds all distances (n, n) at once; the mean distance of unit rows to a cluster is that to its mean.

    Examples
    --------
    Two pairs of equal vectors, at a right angle to each other: own distance 0, to the others 1.

    >>> X = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)
    >>> silhouettes(X, np.array([0, 0, 1, 1])).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    sizes, rows = np.bincount(labels), np.arange(len(labels))
    means = csr_array(((1.0 / sizes[labels]).astype(np.float32), (labels, rows))) @ X
    distance = 1.0 - X @ means.T
    size = sizes[labels]
    own = distance[rows, labels] * size / np.maximum(size - 1, 1)
    distance[rows, labels] = np.inf
    other = distance.min(axis=1)
    value = (other - own) / np.maximum(np.maximum(own, other), 1e-9)
    return np.where((size >= max(min_size, 2)) & np.isfinite(other), value, 0.0).astype(np.float64)


def gap(found: Curves, random: Sequence[Curves], cuts: Labels) -> Floats:
    """Return the worth of each cut in each sample beyond random points, shape (n_samples, n_cuts), 0 or more."""
    expected = np.mean([curve.stability.mean(axis=0) for curve in random], axis=0)
    stability = found.stability - expected
    separation = found.separation - np.mean([curve.separation for curve in random], axis=0)
    near = neighbours(cuts)
    return np.asarray(np.maximum(stability @ near, 0.0) * np.maximum(separation @ near, 0.0))


def neighbours(cuts: Labels) -> Floats:
    """Return the weights that average each cut with its two neighbours on each side; columns sum to 1.

    Beyond the last cut, its own figures are repeated. Two k are neighbours only if their ratio is below 1.5: averaging
    1, 2, 3, 4 and 5 would blur any three clusters.

    Examples
    --------
    Of 2, 3, 4 and 5, the neighbours are 3 and 4, and 4 and 5:

    >>> (neighbours(np.array([2, 3, 4, 5])) > 0).sum(axis=0).tolist()
    [1, 2, 3, 2]
    """
    order, near = np.arange(len(cuts)), np.zeros((len(cuts), len(cuts)))
    for step in range(-(WINDOW // 2), WINDOW // 2 + 1):
        other = np.clip(order + step, 0, len(cuts) - 1)
        near[other, order] += np.maximum(cuts[other], cuts) < NEIGHBOUR_FACTOR * np.minimum(cuts[other], cuts)
    return np.asarray(near / near.sum(axis=0))


def level(tree: Tree, k: int) -> float:
    """Return the height at which the tree falls into k clusters, 2 ≤ k < n: between two joins, their geometric mean."""
    below, above = np.maximum(tree.height[[-k, -(k - 1)]], 1e-9)
    return float(np.sqrt(below * above))
