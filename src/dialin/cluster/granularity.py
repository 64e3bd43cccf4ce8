"""Estimate the number of clusters from the sentences alone: the cut that survives if some sentences are left out.

Two figures support a cut of the tree into k clusters. *Stability*: how far the clusters stay the same when a quarter
of the sentences is left out (adjusted Rand index; Ben-Hur, Elisseeff and Guyon 2002). *Separation*: how much nearer
sentences are to their own cluster than to the next one (silhouette; Rousseeuw 1987). Both depend on k even in
structureless data, so the figures of random points with the same covariance are subtracted, as in the gap statistic
(Tibshirani, Walther and Hastie 2001). Each sample has a k at which the product is largest; the suggestion is their
geometric mean, which is steadier than their median when two granularities are about equally good. The method uses no
label, no LLM and no constant fitted to a data set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import gmean
from sklearn.metrics import adjusted_rand_score

from dialin.arrays import Floats, Labels, Matrix
from dialin.cluster.partition import Agglomerative, TreePartition
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


@dataclass(frozen=True)
class Granularity:
    """The cut of the tree that the sentences suggest.

    Parameters
    ----------
    n_clusters : int
        The number of clusters that the sentences suggest, 2 or more.
    height : float
        Height of Ward's tree over all n sentences between the last join that the cut keeps and the first that it does
        not: the geometric mean of both.
    """

    n_clusters: int
    height: float


def random_like(X: Matrix, rng: np.random.Generator) -> Matrix:
    """Return as many random unit rows, drawn from the normal distribution with the mean and covariance of X."""
    mean, n = X.mean(axis=0, dtype=np.float64), len(X)
    values, axes = np.linalg.eigh(np.cov(X.astype(np.float64), rowvar=False))
    drawn = rng.standard_normal((n, len(values))) * np.sqrt(np.maximum(values, 0.0)) @ axes.T + mean
    length = np.linalg.norm(drawn, axis=1, keepdims=True)
    return np.asarray(drawn / np.maximum(length, 1e-9), dtype=np.float32)


def granularity_of(
    X: Matrix, min_size: int, seed: int = 0, finer: float = 1.0, draw: Draw = random_like
) -> Granularity | None:
    """Measure how many clusters the rows suggest; None for fewer than a hundred, or where no cut could hold two.

    The order of the rows does not matter. Takes O(m² · d) time for each of a dozen trees, m = min(n, 4,000).

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings.
    min_size : int
        Smaller clusters are of no use: sentences in them count as not separated, and the finest cut that is tried has
        clusters of twice that size on average.
    seed : int
        Seed of samples and random points.
    finer : float
        How many times as many clusters as suggested the height is for.
    draw : callable
        Draws the random points that the rows are measured against.
    """
    rng = np.random.default_rng(seed)
    own = _sample(X, rng)
    cuts = cuts_of(len(own), min_size)
    if len(X) < MIN_MEASURED or len(cuts) < 2:
        return None
    found = curves(own, cuts, min_size, N_SAMPLES, rng)
    n_random = int(np.clip(MAX_MEASURED // len(own), 1, MAX_RANDOM))
    random = [curves(draw(own, rng), cuts, min_size, N_RANDOM, rng) for _ in range(n_random)]
    k = round(float(gmean(cuts[gap(found, random, cuts).argmax(axis=1)])))
    n_wanted = int(np.clip(round(k * finer), 2, len(own) - 1))
    is_exact = len(X) <= Agglomerative().max_exact  # else the tree is built on what was not smoothed
    tree = Agglomerative(smooth=is_exact).fit(own).tree
    return Granularity(k, level(tree, n_wanted) * float(np.sqrt(len(X) / len(own))))


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
    partition: TreePartition = Agglomerative(smooth=True, max_exact=MAX_MEASURED).fit(X)
    return [partition.cut(int(k)) for k in cuts]


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
