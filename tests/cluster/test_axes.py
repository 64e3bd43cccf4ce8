"""Bounds along the leading axes: never above the distance, and the few pairs that they leave."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dialin.arrays import Floats
from dialin.cluster.axes import ShortBounds, along_leading_axes, leading_part, ranks, shortened


def noise(n: int, d: int, seed: int) -> Floats:
    points = np.random.default_rng(seed).normal(size=(n, d)) * np.geomspace(1, 0.05, d)
    return np.asarray(points - points.mean(axis=0))


def distances(points: Floats, weight: Floats) -> Floats:
    square = np.square(points[:, None] - points).sum(axis=2)
    return np.asarray(2 * square / (1 / weight[:, None] + 1 / weight))


@given(n=st.integers(2, 60), n_axes=st.integers(1, 8), share=st.floats(0, 1), seed=st.integers(0, 1000))
@settings(max_examples=50)
def test_no_pair_within_the_limit_is_lost(n: int, n_axes: int, share: float, seed: int) -> None:
    points, weight = noise(n, 8, seed), np.random.default_rng(seed).integers(1, 1_000, n).astype(np.float64)
    exact = distances(points, weight)
    limit = np.quantile(exact, share, axis=1)
    places = np.random.default_rng(seed).permutation(n)[: n // 2 + 1]
    bounds = ShortBounds.of(points, leading_part(points, n_axes), weight)
    row, other = bounds.within(places, limit[places], n)
    found = np.zeros((len(places), n), dtype=np.bool_)
    found[row, other] = True
    is_within = exact[places] <= limit[places, None]
    is_within[np.arange(len(places)), places] = False
    assert not (is_within & ~found).any()
    assert np.all(np.diff(row) >= 0)
    assert not np.any(places[row] == other)


def test_all_axes_leave_only_what_is_within() -> None:
    points, weight = noise(50, 6, 0), np.ones(50)
    exact = distances(points, weight)
    limit = np.sort(exact, axis=1)[:, 5:7].mean(axis=1)  # beyond itself and five others
    row, _ = ShortBounds.of(points, leading_part(points, 6), weight).within(np.arange(50), limit, 50)
    assert np.bincount(row).tolist() == [5] * 50


def test_a_row_with_many_pairs_gets_no_more() -> None:
    """The first block of 1,024 goes beyond the 100; the second one is not looked at."""
    points = noise(2_000, 4, 0)
    bounds = ShortBounds.of(points, leading_part(points, 2), np.ones(2_000))
    row, other = bounds.within(np.array([3, 4]), np.array([1e9, 0.0]), 100)
    assert np.bincount(row).tolist() == [1_023]
    assert other.max() == 1_023


@given(n=st.integers(2, 40), n_axes=st.integers(1, 5), seed=st.integers(0, 1000))
def test_shortened_points_lie_no_farther_apart(n: int, n_axes: int, seed: int) -> None:
    points = noise(n, 5, seed)
    short = shortened(points, leading_part(points, n_axes))
    assert short.shape == (n, n_axes + 1)
    assert np.all(distances(short, np.ones(n)) <= distances(points, np.ones(n)) + 1e-9)


def test_the_axis_lies_along_the_points() -> None:
    """Points on a line through (3, 4): along it they are 5 apart."""
    points = np.outer([-1.0, 0.0, 1.0], [3.0, 4.0])
    assert np.abs(leading_part(points, 1)).round(9).tolist() == [[5], [0], [5]]


def test_axes_are_of_nearly_the_greatest_variance() -> None:
    points = noise(500, 30, 0)
    best = np.linalg.eigvalsh(points.T @ points)[-5:].sum()
    assert np.square(leading_part(points, 5)).sum() > 0.95 * best


def test_similar_points_have_neighbouring_ranks() -> None:
    """Four groups far apart, mixed: each has places of its own."""
    group = np.arange(80) % 4
    points = np.outer(group, [20.0, 0, 0]) + noise(80, 3, 0)
    own = [np.sort(ranks(points, 5)[group == i]) for i in range(4)]
    assert all(place.max() - place.min() == 19 for place in own)


def test_ranks_of_few_points() -> None:
    assert ranks(np.zeros((0, 2)), 5).tolist() == []
    assert ranks(np.zeros((3, 2)), 2).tolist() == [0, 1, 2]


def test_rows_of_few_dimensions_keep_their_cosines_along_the_leading_axes() -> None:
    """Twenty dimensions hold all of the rows, turned into fifty: along twenty axes, nothing is lost."""
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.standard_normal((50, 20))).Q
    rows = rng.standard_normal((40, 20)) @ axes.T
    X = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    short = along_leading_axes(X, 20)
    assert short.shape == (40, 20)
    np.testing.assert_allclose(short @ short.T, X @ X.T, atol=1e-5)
    assert along_leading_axes(X, 50) is X


def test_rows_along_the_leading_axes_have_unit_norm() -> None:
    X = np.random.default_rng(0).standard_normal((30, 12)).astype(np.float32)
    np.testing.assert_allclose(np.linalg.norm(along_leading_axes(X, 4), axis=1), 1, atol=1e-6)
