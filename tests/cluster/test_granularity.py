"""How fine the clusters should be, by the sentences themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import silhouette_samples

from dialin.arrays import Matrix
from dialin.cluster.granularity import (
    MIN_MEASURED,
    Curves,
    cuts_of,
    gap,
    Measuring,
    granularity_of,
    level,
    neighbours,
    silhouettes,
)
from dialin.cluster.partition import Agglomerative
from dialin.cluster.tree import Tree
from spheres import spheres

MIN_SIZE = 4


@pytest.mark.parametrize(("n_clusters", "n_each"), [(3, 60), (8, 30), (20, 25)])
def test_finds_about_as_many_clusters_as_there_are(n_clusters: int, n_each: int) -> None:
    found = granularity_of(spheres(n_clusters, n_each), Measuring(MIN_SIZE))
    assert found is not None
    assert 0.75 * n_clusters <= found.n_clusters <= 1.33 * n_clusters


def test_the_height_cuts_the_tree_into_that_many() -> None:
    X = spheres(8, 30)
    found = granularity_of(X, Measuring(MIN_SIZE))
    tree = Agglomerative(smooth=True).fit(X).tree
    assert found is not None
    assert n_below(tree, found.height) == found.n_clusters


@pytest.mark.parametrize("finer", [0.5, 2.0])
def test_finer_is_a_lower_height(finer: float) -> None:
    X = spheres(8, 30)
    found, other = granularity_of(X, Measuring(MIN_SIZE)), granularity_of(X, Measuring(MIN_SIZE, finer=finer))
    assert found is not None
    assert other is not None
    assert other.n_clusters == found.n_clusters
    assert n_below(Agglomerative(smooth=True).fit(X).tree, other.height) == round(finer * found.n_clusters)


def n_below(tree: Tree, height: float) -> int:
    """Return the number of clusters of the cut at this height."""
    return 1 + int((tree.height > height).sum())


@settings(max_examples=5)
@given(seed=st.integers(0, 999))
def test_the_order_of_rows_is_irrelevant_and_the_seed_decides(seed: int) -> None:
    X = spheres(5, 24, seed=seed)
    rows = np.random.default_rng(seed).permutation(len(X))
    found = granularity_of(X, Measuring(MIN_SIZE, seed))
    again = granularity_of(X[rows], Measuring(MIN_SIZE, seed))
    assert found is not None
    assert again is not None
    assert again.n_clusters == found.n_clusters
    assert again.height == pytest.approx(found.height, rel=1e-4)


def test_few_rows_are_not_measured() -> None:
    X = spheres(4, 60)
    assert granularity_of(X[:0], Measuring(MIN_SIZE)) is None
    assert granularity_of(X[: MIN_MEASURED - 1], Measuring(MIN_SIZE)) is None
    assert granularity_of(X[:MIN_MEASURED], Measuring(MIN_MEASURED)) is None  # no two clusters of that size
    assert granularity_of(X[:MIN_MEASURED], Measuring(MIN_SIZE)) is not None


def test_equal_rows_are_measured_without_a_warning() -> None:
    found = granularity_of(np.repeat(spheres(2, 1), 60, axis=0), Measuring(MIN_SIZE))
    assert found is not None
    assert found.n_clusters >= 2
    assert np.isfinite(found.height)


def test_cuts_end_at_clusters_of_twice_the_least_size() -> None:
    """400 rows, 4 at least in a cluster: 2 to 400 / 8 = 50, no k twice; 7 rows hold no two clusters of 4."""
    cuts = cuts_of(400, 4)
    assert (cuts[0], cuts[-1], len(cuts)) == (2, 50, len(set(cuts.tolist())))
    assert cuts_of(7, 4).tolist() == [1]


@given(n=st.integers(6, 30), k=st.integers(2, 4), seed=st.integers(0, 99))
def test_silhouettes_are_those_of_scikit_learn(n: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    X = (X / np.linalg.norm(X, axis=1, keepdims=True)).astype(np.float32)
    labels = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
    expected = silhouette_samples(X.astype(np.float64), labels, metric="cosine")
    assert silhouettes(X, labels) == pytest.approx(expected, abs=1e-4)


def test_small_clusters_count_as_not_separated() -> None:
    X = spheres(2, 5, noise=0.01)
    labels = np.array([0] * 5 + [1] * 3 + [2] * 2)
    assert (silhouettes(X, labels, min_size=3)[8:] == 0).all()
    assert (silhouettes(X, labels, min_size=2)[8:] != 0).all()


def test_the_gap_is_what_random_points_do_not_show() -> None:
    """One cut: stability .8 and .6 beside .2 at random, separation .5 beside .1: .6 · .4 and .4 · .4."""
    found = Curves(np.array([[0.8], [0.6]]), np.array([0.5]))
    random = Curves(np.array([[0.1], [0.3]]), np.array([0.1]))
    assert gap(found, [random], np.array([2])).ravel() == pytest.approx([0.24, 0.16])
    assert (gap(random, [found], np.array([2])) == 0).all()  # two figures below random make no good cut


def test_random_corpora_are_averaged() -> None:
    """Stability .8 beside .1 and .3 at random, separation .5 beside .1 and .2: (.8 − .2) · (.5 − .15)."""
    found = Curves(np.array([[0.8]]), np.array([0.5]))
    random = [Curves(np.array([[0.1]]), np.array([0.1])), Curves(np.array([[0.3]]), np.array([0.2]))]
    assert gap(found, random, np.array([2])).ravel() == pytest.approx([0.21])


@pytest.mark.parametrize(("n_each", "n_random"), [(30, 8), (250, 4), (500, 2)])
def test_the_fewer_sentences_the_more_random_corpora(n_each: int, n_random: int) -> None:
    """Four thousand random points in all, at most eight corpora."""
    drawn = list[int]()

    def counted(X: Matrix, rng: np.random.Generator) -> Matrix:
        drawn.append(len(X))
        return spheres(1, len(X), seed=int(rng.integers(99)))

    granularity_of(spheres(4, n_each), Measuring(MIN_SIZE), draw=counted)
    assert drawn == [4 * n_each] * n_random


@pytest.mark.parametrize("seed", range(4))
def test_three_clusters_are_not_blurred_with_two(seed: int) -> None:
    found = granularity_of(spheres(3, 60), Measuring(MIN_SIZE, seed))
    assert found is not None
    assert found.n_clusters == 3


def test_neighbours_are_two_a_side_and_never_half_as_many_again() -> None:
    """3 beside 2 is exactly half as many again, 10 beside 7 less; 14 is the third of 7."""
    near = neighbours(np.array([2, 3, 7, 8, 10, 14])) > 0
    found = [np.flatnonzero(column).tolist() for column in near.T]
    assert found == [[0], [1], [2, 3, 4], [2, 3, 4], [2, 3, 4, 5], [4, 5]]


def test_the_level_lies_between_two_joins() -> None:
    """Points 0, 1, 10 and 30 of a line: single joins at 1, then 0, 1 with 10, then all; k = 2 lies between the last."""
    X = np.array([[0.0], [1.0], [10.0], [30.0]], dtype=np.float32)
    tree = Agglomerative().fit(X).tree
    assert level(tree, 2) == pytest.approx(float(np.sqrt(tree.height[1] * tree.height[2])))
    assert level(tree, 3) == pytest.approx(float(np.sqrt(tree.height[0] * tree.height[1])))
