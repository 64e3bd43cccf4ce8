"""Measures of cuts by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, silhouette_samples

from dialin.arrays import Matrix
from dialin.cluster.cuts import (
    GROUND,
    Curves,
    MeasuredSample,
    closeness_of,
    cuts_of,
    gap,
    levels,
    neighbours,
    rand_index,
    random_like,
    silhouettes,
    worth_of,
)
from dialin.cluster.granularity import Measuring, granularity_of
from dialin.cluster.partition import Agglomerative
from spheres import spheres
from thorough import some

MIN_SIZE = 4


def test_closeness_by_hand() -> None:
    """Two pairs of unit rows at 0° and 60°, 180° and 240°: their sum is 0, so two random rows have b = 0.

    Two clusters: cos 60° = ½ in each. One cluster: the six cosines are ½, ½, −1, −1, −½ and −½, mean −⅓. Four: 1.
    """
    angles = np.deg2rad([0, 60, 180, 240])
    X = np.c_[np.cos(angles), np.sin(angles)].astype(np.float32)
    found = closeness_of(X, Agglomerative().fit(X), np.array([1, 2, 4]))
    assert found == pytest.approx([-1 / 3, 0.5, 1.0], abs=1e-5)


def test_a_part_of_the_cosine_of_any_two_sentences_is_taken_away() -> None:
    """(1, 0) twice and (0, 1) twice have the mean (½, ½), of squared length ½: two of six pairs are equal, then all."""
    X = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)
    expected = [1 / 3 - GROUND / 2, 1.0 - GROUND / 2]
    assert closeness_of(X, Agglomerative().fit(X), np.array([1, 2])) == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=60))
def test_the_rand_index_is_bit_for_bit_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs, dtype=np.int64).T
    assert rand_index(a, b) == adjusted_rand_score(a, b)


def test_the_rand_index_of_equal_cuts_is_one() -> None:
    assert rand_index(np.array([0, 1, 1]), np.array([1, 0, 0])) == 1.0
    assert rand_index(np.array([0, 1, 2]), np.array([2, 0, 1])) == 1.0


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


def test_random_points_do_not_depend_on_how_a_processor_turns_the_axes() -> None:
    """The rows have the mean (1, 0) and the covariance [[5, 3], [3, 5]] / 4, of root [[3, 1], [1, 3]] / √8.

    ([[3, 1], [1, 3]] / √8)² = [[10, 6], [6, 10]] / 8. No sign and no order of the axes (1, 1) and (1, −1) is in it.
    """
    tall, flat = np.array([2.0, 2.0]) * np.sqrt(3 / 8), np.array([1.0, -1.0]) * np.sqrt(3 / 8)
    X = np.array([1.0, 0.0]) + np.array([tall, -tall, flat, -flat])
    drawn = random_like(X.astype(np.float32))(np.random.default_rng(0))
    noise = np.random.default_rng(0).standard_normal((4, 2))
    expected = noise @ (np.array([[3, 1], [1, 3]]) / np.sqrt(8)) + [1.0, 0.0]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert drawn == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("seed", some(range(4), 2))
def test_three_clusters_are_not_blurred_with_two(seed: int) -> None:
    found = granularity_of(spheres(3, 60), Measuring(MIN_SIZE, seed))
    assert found is not None
    assert found.n_clusters == 3


def test_neighbours_are_two_a_side_and_never_half_as_many_again() -> None:
    """3 beside 2 is exactly half as many again, 10 beside 7 less; 14 is the third of 7."""
    near = neighbours(np.array([2, 3, 7, 8, 10, 14])) > 0
    found = [np.flatnonzero(column).tolist() for column in near.T]
    assert found == [[0], [1], [2, 3, 4], [2, 3, 4], [2, 3, 4, 5], [4, 5]]


LINE = np.array([[0.0], [1.0], [10.0], [30.0], [32.0]], dtype=np.float32)
"""0 and 1 join at 1, 30 and 32 at 2, then 0 and 1 with 10, then all."""


def test_levels_lie_between_two_joins_and_at_the_outermost_beyond_them() -> None:
    tree = Agglomerative().fit(LINE).tree
    first, second, third, last = tree.height.tolist()
    expected = [last, np.sqrt(third * last), np.sqrt(second * third), np.sqrt(first * second), first, first]
    assert levels(tree, np.ones(5, np.bool_), np.arange(1.0, 7.0)) == pytest.approx(expected)


def test_levels_of_some_rows_know_no_join_with_others() -> None:
    """Of 0, 1 and 30 only the first two join among themselves: one or two clusters begin there, three below it."""
    tree = Agglomerative().fit(LINE).tree
    inside = np.array([True, True, False, True, False])
    assert levels(tree, inside, np.array([1.0, 2.0, 3.0])) == pytest.approx([1.0, 1.0, 1.0])
    both = np.array([True, True, False, True, True])
    assert levels(tree, both, np.array([2.0, 3.0, 4.0])) == pytest.approx([2.0, np.sqrt(2.0), 1.0])
    assert (levels(tree, np.array([True, False, True, False, False]), np.array([2.0])) > 0).all()


def test_samples_of_one_corpus_share_the_random_points() -> None:
    """Two samples of 40 rows: eight sets of random points in all, drawn like the first sample."""
    samples = [MeasuredSample(spheres(4, 10, seed=seed)) for seed in (0, 1)]
    like, drawn = list[Matrix](), list[Matrix]()

    def draw(X: Matrix) -> Callable[[np.random.Generator], Matrix]:
        like.append(X)
        draw_one = random_like(X)

        def noted(rng: np.random.Generator) -> Matrix:
            drawn.append(draw_one(rng))
            return drawn[-1]

        return noted

    worth = worth_of(samples, cuts_of(40, 3), 3, np.random.default_rng(0), draw)
    assert [X is samples[0].X for X in like] == [True]
    assert len(drawn) == 8
    assert worth.shape == cuts_of(40, 3).shape
    assert worth.min() >= 0 < worth.max()
