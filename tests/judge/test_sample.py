"""Representatives of a cluster: geometry that can be seen by eye, and the degenerate cases."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dialin.errors import InputError
from dialin.judge.sample import (
    MAX_POINTS,
    convex_sample,
    cross_pairs,
    far_pairs,
    principal_axes,
    random_sample,
    sampler_of,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def unit_rows(n: int, d: int, seed: int = 0) -> NDArray[np.float32]:
    X = rng(seed).normal(size=(n, d))
    return np.asarray(X / np.linalg.norm(X, axis=1, keepdims=True), dtype=np.float32)


SQUARES = np.array(
    [[2, 2], [-2, 2], [-2, -2], [2, -2], [1, 0.9], [-1, 0.9], [-1, -0.9], [1, -0.9], [0.1, 0]],
    dtype=np.float32,
)


def test_hull_first_then_the_next_one() -> None:
    """A square in a square around a point: 4 corners, the inner 4, then the point."""
    assert set(convex_sample(SQUARES, 4)) == {0, 1, 2, 3}
    got = convex_sample(SQUARES, 8)
    assert set(got[:4]) == {0, 1, 2, 3}
    assert set(got[4:]) == {4, 5, 6, 7}


def test_thin_evenly_along_the_hull() -> None:
    """40 points on a circle, 10 wanted: each fourth one around it, whatever their order in the input."""
    turn = rng().permutation(40)
    angle = 2 * np.pi * turn / 40
    X = np.c_[np.cos(angle), np.sin(angle)].astype(np.float32)
    steps = np.diff(np.sort(turn[convex_sample(X, 10)]))
    assert set(steps) == {4}


def test_hull_order_goes_around() -> None:
    corners = SQUARES[convex_sample(SQUARES, 4)]
    assert all(np.linalg.norm(a - b) == pytest.approx(4) for a, b in pairwise(corners))


@given(
    n=st.integers(0, 60),
    size=st.integers(1, 30),
    dim=st.integers(2, 5),
    d=st.integers(1, 8),
    kind=st.integers(0, 3),
)
def test_always_as_many_distinct_rows_as_asked(n: int, size: int, dim: int, d: int, kind: int) -> None:
    X = unit_rows(n, d, seed=n)
    if kind == 1:
        X = np.repeat(X[:1], n, axis=0)  # all the same
    elif kind == 2:
        X = np.linspace(0, 1, n, dtype=np.float32)[:, None] * np.ones((1, d), dtype=np.float32)  # on a line
    elif kind == 3:
        X = X[np.arange(n) // 3]  # each three times
    rows = convex_sample(X, size, dim)
    assert len(rows) == len(set(rows)) == min(n, size)
    assert rows.dtype == np.int64
    assert all(0 <= row < n for row in rows)


def test_line_is_taken_from_its_ends() -> None:
    X = np.linspace(-1, 1, 9)[:, None] * np.array([[0.6, 0.8, 0.0]])
    got = convex_sample(X, 4)
    assert set(got[:2]) == {0, 8}
    assert set(got[2:]) == {1, 7}


def test_plane_in_more_dimensions() -> None:
    """A square lies in a plane: asking for 5 dimensions finds its corners all the same."""
    X = np.pad(SQUARES, ((0, 0), (0, 4)))
    assert set(convex_sample(X, 4, dim=5)) == {0, 1, 2, 3}


def test_rotation_changes_nothing() -> None:
    X = np.pad(unit_rows(50, 3), ((0, 0), (0, 3))) * np.array([3, 2, 1, 0, 0, 0], dtype=np.float32)
    Q = np.linalg.qr(rng(1).normal(size=(6, 6)))[0]
    assert set(convex_sample(X, 8)) == set(convex_sample((X @ Q).astype(np.float32), 8))


def test_axes_do_not_depend_on_the_shape_of_the_computation() -> None:
    """n <= d goes by rows, n > d by columns: the same scores, signs too."""
    X = unit_rows(8, 5).astype(np.float64)
    wide = np.pad(X, ((0, 0), (0, 10)))
    np.testing.assert_allclose(principal_axes(X, 3), principal_axes(wide, 3), atol=1e-9)


def test_axes_are_the_principal_ones() -> None:
    X = unit_rows(30, 6).astype(np.float64)
    expected = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.linalg.norm(principal_axes(X, 2), axis=0), expected[1][:2])


def test_large_clusters_are_drawn_from_and_reproducible() -> None:
    X = unit_rows(MAX_POINTS + 1000, 3)
    assert np.array_equal(convex_sample(X, 20), convex_sample(X, 20))
    assert np.array_equal(convex_sample(X, 20, rng=rng(7)), convex_sample(X, 20, rng=rng(7)))
    assert not np.array_equal(convex_sample(X, 20, rng=rng(7)), convex_sample(X, 20, rng=rng(8)))


def test_random_sample() -> None:
    got = random_sample(100, 20, rng())
    assert len(set(got)) == 20
    assert np.array_equal(got, np.sort(got))
    assert np.array_equal(got, random_sample(100, 20, rng()))
    assert not np.array_equal(got, random_sample(100, 20, rng(1)))
    assert random_sample(3, 20, rng()).tolist() == [0, 1, 2]
    assert random_sample(0, 20, rng()).tolist() == []


@pytest.mark.parametrize("name", ["random", "convex"])
def test_samplers(name: str) -> None:
    X = unit_rows(50, 4)
    got = sampler_of(name, dim=3)(X, 10, rng())
    assert len(set(got)) == 10
    expected = random_sample(50, 10, rng()) if name == "random" else convex_sample(X, 10, 3)
    assert np.array_equal(got, expected)


def test_bad_options() -> None:
    with pytest.raises(InputError, match="got 'best'"):
        sampler_of("best")
    for dim in (1, 6):
        with pytest.raises(InputError, match=f"2 to 5, got {dim}"):
            sampler_of("convex", dim)
        with pytest.raises(InputError, match=f"2 to 5, got {dim}"):
            convex_sample(SQUARES, 3, dim)
    with pytest.raises(InputError, match="at least 1, got 0"):
        convex_sample(SQUARES, 0)
    with pytest.raises(InputError, match="at least 1, got 0"):
        random_sample(3, 0, rng())


def on_circle(*degrees: float) -> NDArray[np.float32]:
    angle = np.radians(degrees)
    return np.asarray(np.c_[np.cos(angle), np.sin(angle)], dtype=np.float32)


def test_far_pairs_are_greedy_and_disjoint() -> None:
    """At 0°, 10°, 100°, 170°, 300° (not sampled): 0-170 is farthest; of the rest, 10-100."""
    X = on_circle(300, 0, 10, 100, 170)
    rows = np.array([1, 2, 3, 4])
    assert far_pairs(X, rows, 5).tolist() == [[1, 4], [2, 3]]
    assert far_pairs(X, rows, 1).tolist() == [[1, 4]]
    assert far_pairs(X, rows, 0).tolist() == []


@pytest.mark.parametrize("n", [0, 1])
def test_far_pairs_of_too_few(n: int) -> None:
    got = far_pairs(on_circle(0, 90), np.arange(n), 3)
    assert got.shape == (0, 2)


def test_far_pairs_of_equals_keep_their_order() -> None:
    assert far_pairs(on_circle(0, 0, 0, 0), np.array([3, 1, 0]), 2).tolist() == [[3, 1]]


def test_cross_pairs_are_greedy_disjoint_and_across() -> None:
    """Rows 1 (0°) and 2 (10°) against 3 (100°) and 4 (170°): 0-170 is farthest, then 10-100; 300° is not sampled."""
    X = on_circle(300, 0, 10, 100, 170)
    here, there = np.array([1, 2]), np.array([3, 4])
    assert cross_pairs(X, here, there, 5).tolist() == [[1, 4], [2, 3]]
    assert cross_pairs(X, here, there, 1).tolist() == [[1, 4]]
    assert cross_pairs(X, here, there, 0).shape == (0, 2)
    assert cross_pairs(X, there, here, 5).tolist() == [[4, 1], [3, 2]]


def test_cross_pairs_never_pair_members_of_one_side() -> None:
    """0° and 180° are farthest apart, but on one side; each may only go with 80° or 100°."""
    X = on_circle(0, 180, 80, 100)
    assert cross_pairs(X, np.array([0, 1]), np.array([2, 3]), 2).tolist() == [[0, 3], [1, 2]]


@given(n_here=st.integers(0, 12), n_there=st.integers(0, 12), n_pairs=st.integers(0, 15), seed=st.integers(0, 99))
@settings(max_examples=40)
def test_cross_pairs_use_no_row_twice(n_here: int, n_there: int, n_pairs: int, seed: int) -> None:
    X = unit_rows(30, 4, seed=seed)
    order = rng(seed).permutation(30)
    here, there = order[:n_here], order[n_here : n_here + n_there]
    pairs = cross_pairs(X, here, there, n_pairs)
    assert pairs.shape == (min(n_pairs, n_here, n_there), 2)
    assert set(pairs[:, 0]) <= set(here)
    assert set(pairs[:, 1]) <= set(there)
    assert len(np.unique(pairs)) == pairs.size
    cosines = [float(X[i] @ X[j]) for i, j in pairs]
    assert cosines == pytest.approx(sorted(cosines))


def test_cross_pairs_of_equals_keep_their_order() -> None:
    X = on_circle(0, 0, 0, 0)
    assert cross_pairs(X, np.array([3, 1]), np.array([2, 0]), 2).tolist() == [[3, 2], [1, 0]]
