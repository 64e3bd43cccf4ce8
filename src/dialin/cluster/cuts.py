"""Measure the cuts of a tree from the sentences alone: how stable, how separated and how close their clusters are.

*Stability*: how far the clusters stay the same when a quarter of the sentences is left out (adjusted Rand index;
Ben-Hur, Elisseeff and Guyon 2002). *Separation*: how much nearer sentences are to their own cluster than to the next
one (silhouette; Rousseeuw 1987). Both depend on k even in structureless data, so the figures of random points with the
same covariance are subtracted, as in the gap statistic (Tibshirani, Walther and Hastie 2001).

*Closeness*: the mean cosine of the pairs inside clusters, less a part of that of any two sentences. With all of it, a
region of a corpus would be measured more finely than the whole; with none, a corpus of one business more coarsely.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from dialin.arrays import Bools, Floats, Labels, Matrix, Rows
from dialin.cluster.partition import Agglomerative, TreePartition
from dialin.cluster.tree import Tree
from dialin.cluster.workers import workers

Draw = Callable[[Matrix], Callable[[np.random.Generator], Matrix]]
"""Takes rows, and returns what draws as many random unit rows each time."""
MAX_MEASURED = 4_000
"""Larger corpora are measured on an even random sample of this many sentences."""
MAX_SHARE = 0.75
"""Largest share of the rows that a thinner sample has; beyond it, all are measured."""
MAX_THINNED = 3
"""Thinner samples, at most."""
SAMPLE_SHARE = 0.75
N_SAMPLED_ROWS = 8_000
"""Rows whose sub-samples are compared with the whole, in all of these together."""
MIN_SAMPLES, MAX_SAMPLES = 4, 24
"""Such sub-samples, at least and at most. Of 200 sentences, the number that 8 suggest varies by 15 % with the seed, and
that of 24 by 8 %; of 1,500 and more, it is 4 % with 4 as with 8."""
N_RANDOM = 3
"""Samples of each set of random points, whose figures vary less."""
MAX_RANDOM = 8
"""Sets of random points, at most; small corpora need more of them: the figures of each vary more, and cost less."""
GROUND = 0.3
"""Part of the mean cosine of any two sentences that is taken from that inside clusters (``studies.own.fineness``)."""
N_CUTS = 30
WINDOW = 5
"""Neighbouring k whose figures are averaged, at most."""
NEIGHBOUR_FACTOR = 1.5
"""Two k whose ratio is this or more are not neighbours."""


@dataclass(frozen=True, eq=False)
class MeasuredSample:
    """Rows whose cuts are measured, and their tree.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit rows.
    """

    X: Matrix

    @cached_property
    def partition(self) -> TreePartition:
        """The tree of the rows, built when it is first asked for."""
        return Agglomerative(smooth=True, max_exact=MAX_MEASURED).fit(self.X)


def measured_rows(X: Matrix, rng: np.random.Generator) -> Rows:
    """Return at most `MAX_MEASURED` rows of X, ordered by their vectors: the order of X does not matter."""
    order = np.lexsort(X.T[:8])
    few = order if len(X) <= MAX_MEASURED else order[np.sort(rng.choice(len(X), MAX_MEASURED, replace=False))]
    return few.astype(np.int64)


def samples_of(
    whole: MeasuredSample, size: int, rng: np.random.Generator, most: int = MAX_THINNED
) -> list[MeasuredSample]:
    """Return two or three random samples of about `size` of the rows, each in their order; at most `most`.

    Where they would have most of the rows, it is all rows once.
    """
    n = len(whole.X)
    if size > MAX_SHARE * n:
        return [whole]
    n_samples = min(most, max(2, n // size))
    return [MeasuredSample(whole.X[np.sort(rng.choice(n, size, replace=False))]) for _ in range(n_samples)]


def cuts_of(n: int, min_size: int) -> Labels:
    """Return the k to look at, ascending: 30 at most, evenly spaced in log from 2 to n / (2 · min_size).

    Examples
    --------
    >>> cuts_of(100, 5).tolist()
    [2, 3, 4, 5, 6, 7, 8, 9, 10]
    """
    largest = max(n / (2 * min_size), 1.0)
    return np.unique(np.round(np.geomspace(min(2.0, largest), largest, N_CUTS)).astype(np.int64))


def worth_of(
    samples: Sequence[MeasuredSample], cuts: Labels, min_size: int, rng: np.random.Generator, draw: Draw
) -> Floats:
    """Return the worth of each cut beyond random points, shape (n_cuts,), the mean over samples of n rows; 0 or more.

    All samples are of one corpus, so the same random points, drawn like the first of them, serve for all.
    """
    n = len(samples[0].X)
    n_parts = int(np.clip(N_SAMPLED_ROWS // n, MIN_SAMPLES, MAX_SAMPLES))
    found = [curves(sample, cuts, min_size, n_parts, rng) for sample in samples]
    drawn = draw(samples[0].X)
    n_random = int(np.clip(MAX_MEASURED // n, 1, MAX_RANDOM))
    random = [curves(MeasuredSample(drawn(rng)), cuts, min_size, N_RANDOM, rng) for _ in range(n_random)]
    return np.asarray(np.mean([gap(one, random, cuts).mean(axis=0) for one in found], axis=0))


def random_like(X: Matrix) -> Callable[[np.random.Generator], Matrix]:
    """Return what draws as many random unit rows, from the normal distribution with the mean and covariance of X."""
    mean, n = X.mean(axis=0, dtype=np.float64), len(X)
    values, axes = np.linalg.eigh(np.cov(X.astype(np.float64), rowvar=False))
    # The symmetric root: the signs and the order of the axes, which differ between processors, cancel out in it.
    root = (axes * np.sqrt(np.maximum(values, 0.0))) @ axes.T

    def draw(rng: np.random.Generator) -> Matrix:
        drawn = rng.standard_normal((n, len(values))) @ root + mean
        length = np.linalg.norm(drawn, axis=1, keepdims=True)
        return np.asarray(drawn / np.maximum(length, 1e-9), dtype=np.float32)

    return draw


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


def curves(sample: MeasuredSample, cuts: Labels, min_size: int, n_samples: int, rng: np.random.Generator) -> Curves:
    """Measure stability and separation of the cuts of a sample, on so many sub-samples."""
    X, partition = sample.X, sample.partition
    whole = _all_cuts(partition, cuts)
    separation = [float(np.mean(silhouettes(partition.points, labels, min_size))) for labels in whole]
    drawn = [np.sort(rng.choice(len(X), int(SAMPLE_SHARE * len(X)), replace=False)) for _ in range(n_samples)]
    with workers() as pool:  # of the small tree of a sub-sample, a thread alone does more than several do together
        stability = list(pool.map(lambda rows: _agreement(X, rows, whole, cuts), drawn))
    return Curves(np.array(stability), np.array(separation))


def _agreement(X: Matrix, rows: Rows, whole: Sequence[Labels], cuts: Labels) -> list[float]:
    """Return how far each cut of some rows of X alone is that of all rows."""
    again = _all_cuts(MeasuredSample(X[rows]).partition, cuts)
    return [rand_index(labels[rows], others) for labels, others in zip(whole, again, strict=True)]


def rand_index(a: Labels, b: Labels) -> float:
    """Return the adjusted Rand index of two labellings (n), bit for bit that of scikit-learn, which is slow to import.

    Examples
    --------
    One of two pairs stays together, and the four that are apart stay so: 2 (1 · 4 − 0) / (1 · 4 + 2 · 5) = 8 / 14.

    >>> round(rand_index(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2])), 4)
    0.5714
    """
    _, both = np.unique(a * (int(b.max(initial=0)) + 1) + b, return_counts=True)
    together, in_a, in_b = (int(sizes @ sizes) - len(a) for sizes in (both, np.bincount(a), np.bincount(b)))
    only_a, only_b = in_a - together, in_b - together
    if not only_a and not only_b:
        return 1.0
    apart = len(a) * (len(a) - 1) - together - only_a - only_b
    return (
        2.0
        * (together * apart - only_a * only_b)
        / ((together + only_b) * (only_b + apart) + (together + only_a) * (only_a + apart))
    )


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


def closeness_of(X: Matrix, partition: TreePartition, cuts: Labels) -> Floats:
    """Return the closeness of each cut of the rows of X, shape (n_cuts,); clusters of one row count as close as can be.

    It is c - 0.3 b, where c is the mean cosine of all pairs inside clusters, and b the squared length of the mean row.
    """
    base = float(np.square(X.mean(axis=0, dtype=np.float64)).sum())
    return np.array([mean_cosine(X, partition.cut(int(k))) for k in cuts]) - GROUND * base


def mean_cosine(X: Matrix, labels: Labels) -> float:
    """Return the mean cosine of all pairs of unit rows with the same label; 1 without such a pair.

    Examples
    --------
    A pair at a right angle and a pair of equal rows: (0 + 1) / 2.

    >>> X = np.array([[1, 0], [0, 1], [1, 0], [1, 0]], dtype=np.float32)
    >>> mean_cosine(X, np.array([0, 0, 1, 1]))
    0.5
    """
    sizes, rows = np.bincount(labels), np.arange(len(labels))
    totals = csr_array((np.ones(len(labels)), (labels, rows))) @ X.astype(np.float64)
    n_pairs = float((sizes * (sizes - 1)).sum())
    return float((np.square(totals).sum() - len(labels)) / n_pairs) if n_pairs else 1.0


def _all_cuts(partition: TreePartition, cuts: Labels) -> list[Labels]:
    return [partition.cut(int(k)) for k in cuts]


def levels(tree: Tree, is_inside: Bools, numbers: Floats) -> Floats:
    """Return the heights at which some rows of a tree fall into these numbers of clusters, shape (n_numbers,).

    Between two joins it is the geometric mean of their heights. Joins with rows outside do not count: the rows are
    nodes of the tree, and a number below theirs gives the height of the last join inside.

    Parameters
    ----------
    tree : Tree
        The tree of all rows.
    is_inside : ndarray of shape (n,), bool
        The rows in question.
    numbers : ndarray of shape (n_numbers,)
        Numbers of clusters; rounded, and at least 1.
    """
    is_whole = tree.held(is_inside) == tree.end - tree.start
    joins = np.maximum(tree.height[is_whole[tree.n_leaves :]], 1e-9)  # ascending, as all heights of a tree
    if not len(joins):
        return np.full(len(numbers), 1e-9)
    n_below = np.clip(is_whole[: tree.n_leaves].sum() - np.maximum(np.rint(numbers), 1), 0, len(joins)).astype(np.int64)
    below, above = joins[np.maximum(n_below - 1, 0)], joins[np.minimum(n_below, len(joins) - 1)]
    return np.asarray(np.sqrt(below * above))
