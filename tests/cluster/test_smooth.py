"""Smoothing against a plain loop, and what it must not depend on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialin.cluster import smooth
from dialin.cluster.partition import Agglomerative
from dialin.cluster.smooth import n_neighbours_of, smoothed
from oracles import Matrix, blobs, unit


def by_hand(X: Matrix, n_neighbours: int) -> Matrix:
    Y = unit(X - X.mean(axis=0))
    S = Y @ Y.T
    np.fill_diagonal(S, -2.0)
    return unit(np.array([y + Y[np.argsort(-s)[:n_neighbours]].mean(axis=0) for y, s in zip(Y, S, strict=True)]))


def noise(n: int, d: int = 6, seed: int = 0) -> Matrix:
    return unit(np.random.default_rng(seed).normal(size=(n, d)) + 1.0).astype(np.float32)


@pytest.mark.parametrize(("n", "n_neighbours"), [(100, 1), (250, 2), (1_150, 10), (1_999, 10)])
def test_each_row_is_averaged_with_its_nearest(n: int, n_neighbours: int) -> None:
    X = noise(n)
    np.testing.assert_allclose(smoothed(X), by_hand(X, n_neighbours), atol=1e-4)


def test_below_a_hundred_rows_there_is_only_the_mean_to_take_away() -> None:
    X = noise(99)
    np.testing.assert_allclose(smoothed(X), unit(X - X.mean(axis=0)), atol=1e-5)


@pytest.mark.parametrize("n", [1, 7, 300])
def test_equal_rows_stay_what_they_are(n: int) -> None:
    X = np.tile(noise(1), (n, 1))
    np.testing.assert_allclose(smoothed(X), X, atol=1e-6)


@given(seed=st.integers(0, 99))
@settings(max_examples=20)
def test_the_order_of_the_rows_does_not_matter_even_with_ties(seed: int) -> None:
    X = np.repeat(noise(60, seed=seed), 4, axis=0)
    order = np.random.default_rng(seed).permutation(len(X))
    np.testing.assert_allclose(smoothed(X[order]), smoothed(X)[order], atol=1e-5)


def test_chunks_change_nothing() -> None:
    X = noise(300)
    np.testing.assert_allclose(smoothed(X, chunk=7), smoothed(X), atol=1e-6)


def test_the_tree_is_that_of_the_smoothed_rows() -> None:
    X, _ = blobs([40, 40, 40])
    smooth_tree = Agglomerative(smooth=True).fit(X)
    assert np.array_equal(smooth_tree.cut(5), Agglomerative().fit(smoothed(X)).cut(5))
    assert len(Agglomerative(smooth=True).fit(X[:0]).cut(3)) == 0


def test_micro_clusters_are_made_of_rows_as_they_are() -> None:
    X, _ = blobs([40, 40, 40])
    plain, smoothing = (Agglomerative(max_exact=50, n_micro=20, smooth=s, random_state=0) for s in (False, True))
    assert np.array_equal(smoothing.fit(X).cut(10), plain.fit(X).cut(10))


def test_too_many_rows_are_not_smoothed() -> None:
    X, _ = blobs([40, 40, 40])
    assert np.array_equal(Agglomerative(smooth=True, max_exact=119).points(X), X)
    assert np.array_equal(Agglomerative(smooth=True, max_exact=120).points(X), smoothed(X))


def test_of_many_rows_a_part_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten groups of equal rows: the nearest of a row are equal to it, whichever of them are searched."""
    X = np.repeat(noise(10), 100, axis=0)
    whole = smoothed(X)
    monkeypatch.setattr(smooth, "MAX_SEARCHED", 400)
    np.testing.assert_allclose(smoothed(X), whole, atol=1e-5)


def test_beyond_four_thousand_rows_the_neighbours_are_the_same_share() -> None:
    """One row of 400 is a neighbour: 10 of 4,000, 20 of 8,000, 250 of 100,000."""
    assert [n_neighbours_of(n) for n in (4_000, 8_000, 100_000)] == [10, 20, 250]


@given(n=st.integers(0, 100_000))
def test_more_rows_never_have_fewer_neighbours(n: int) -> None:
    assert 0 <= n_neighbours_of(n) <= n_neighbours_of(n + 1) < max(n, 1)
