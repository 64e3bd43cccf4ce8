"""Ward's tree in rounds: against SciPy, by hand, and on points that are equal or in line."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.cluster import hierarchy
from threadpoolctl import threadpool_limits

from dialin.arrays import Floats, Rows
from dialin.cluster import axes, bounds, ward
from dialin.cluster.labels import canonical
from dialin.cluster.linkage import tree_of
from dialin.cluster.partition import TreePartition
from dialin.cluster.tree import Tree
from dialin.cluster.ward import ward_joins

Search = Callable[[bounds.Bounds, Rows], tuple[Rows, Floats]]


def tree_over(points: Floats, weight: Floats | None = None) -> Tree:
    return tree_of(points, np.ones(len(points)) if weight is None else weight, np.arange(len(points)), "ward")


def line(*places: float) -> Floats:
    return np.array(places, dtype=np.float64)[:, None]


def noise(n: int, d: int, seed: int) -> Floats:
    return np.random.default_rng(seed).normal(size=(n, d))


def joins_of(points: Floats) -> tuple[list[list[int]], list[float]]:
    joined, height = ward_joins(points, np.ones(len(points)))
    return joined.tolist(), height.round(6).tolist()


@given(n=st.integers(2, 300), d=st.integers(1, 40), seed=st.integers(0, 1000), shift=st.sampled_from([0.0, 100.0]))
@settings(max_examples=25)
def test_cuts_and_heights_are_those_of_scipy(n: int, d: int, seed: int, shift: float) -> None:
    points = noise(n, d, seed) + shift
    Z = hierarchy.linkage(points, "ward")
    assume(n == 2 or np.diff(Z[:, 2]).min() > 1e-7)
    partition = TreePartition(tree_over(points), points.astype(np.float32))
    np.testing.assert_allclose(partition.tree.height, Z[:, 2], rtol=1e-9)
    for k in {k for k in (2, 3, 10, n // 3, n - 1) if 1 <= k <= n}:  # SciPy errs about k = n beside others
        assert np.array_equal(partition.cut(k), canonical(hierarchy.cut_tree(Z, [k])[:, 0]))


@given(seed=st.integers(0, 100))
@settings(max_examples=5)
def test_blocks_change_nothing(seed: int) -> None:
    points = noise(200, 8, seed)
    whole = ward_joins(points, np.ones(200))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ward, "ROWS_AT_ONCE", 7)
        patch.setattr(bounds, "COLUMNS_AT_ONCE", 13)
        assert_same(ward_joins(points, np.ones(200)), whole)


@given(n=st.integers(20, 300), spread=st.sampled_from([0.01, 0.3, 1.0]), seed=st.integers(0, 1000))
@settings(max_examples=10)
def test_a_search_along_the_axes_changes_nothing(n: int, spread: float, seed: int) -> None:
    """Groups far apart leave few that may be near, and noise leaves many: there, whole vectors are compared."""
    rng = np.random.default_rng(seed)
    points = noise(10, 12, seed)[rng.integers(0, 10, n)] + spread * noise(n, 12, seed + 1)
    weight = rng.integers(1, 50, n).astype(np.float64)
    whole = ward_joins(points, weight)
    with pytest.MonkeyPatch.context() as patch:
        along_few_axes(patch)
        assert_same(ward_joins(points, weight), whole)


def test_thousands_of_sentences_are_searched_along_the_axes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where whole vectors are never compared with all others, the tree is the same."""
    points = np.repeat(noise(300, 40, 0) @ noise(40, 288, 2), 4, axis=0) + noise(1_200, 288, 1)
    with monkeypatch.context() as patch:
        patch.setattr(ward, "MIN_ALONG_AXES", 2_000)
        whole = ward_joins(points, np.ones(1_200))
    n_compared = list[int]()
    monkeypatch.setattr(ward, "MIN_ALONG_AXES", 400)
    monkeypatch.setattr(bounds.Bounds, "two_lowest", counting(bounds.Bounds.two_lowest, n_compared))
    assert_same(ward_joins(points, np.ones(1_200)), whole)
    assert max(n_compared) < 400


def counting(search: Search, n_compared: list[int]) -> Search:
    def count(self: bounds.Bounds, places: Rows) -> tuple[Rows, Floats]:
        n_compared.append(len(places))
        return search(self, places)

    return count


def along_few_axes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ward, "N_LEADING", 3)
    patch.setattr(ward, "MIN_ALONG_AXES", 4)
    patch.setattr(ward, "MAX_NEAR", 1 / 4)
    patch.setattr(ward, "ROWS_ALONG_AXES", 16)
    patch.setattr(ward, "BESIDE", 2)
    patch.setattr(axes, "COLUMNS_AT_ONCE", 13)


def assert_same(found: tuple[Rows, Floats], expected: tuple[Rows, Floats]) -> None:
    assert np.array_equal(found[0], expected[0])
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)


def test_the_number_of_threads_does_not_show() -> None:
    """Thousands of rows go to several threads. Some are equal, some only nearly."""
    points = np.repeat(noise(600, 24, 0), 3, axis=0)
    points[::3] += 1e-6 * noise(600, 24, 1)
    results = []
    for n_threads in (1, 2, 4):
        with threadpool_limits(n_threads):
            results.append(ward_joins(points, np.ones(len(points))))
    for joined, height in results[1:]:
        assert np.array_equal(joined, results[0][0])
        assert np.array_equal(height, results[0][1])


# by hand


def test_two_pairs_join_in_one_round_by_hand() -> None:
    """0 and 1 are 1 apart, 10 and 12 are 2 apart. Their centres, .5 and 11, weigh 2 each: √2 · 10.5 = 14.849242."""
    assert joins_of(line(0, 1, 10, 12)) == ([[1, 0], [3, 2], [2, 0]], [1.0, 2.0, 14.849242])


def test_a_cluster_whose_nearest_is_joined_looks_again_by_hand() -> None:
    """3 is nearest to 1, which joins 0. From the union at .5 it is √(4/3) · 2.5 = 2.89 away, from 5.5 only 2.5."""
    assert joins_of(line(0, 1, 3, 5.5)) == ([[1, 0], [3, 2], [2, 0]], [1.0, 2.5, 5.303301])


def test_weights_by_hand() -> None:
    """Weights 9, 9, 1 at -1, 0, 1.1: 0 and 1.1 join first, at √(2 · 9/10) · 1.1, then -1: √(2 · 90/19) · 1.11."""
    joined, height = ward_joins(line(-1, 0, 1.1), np.array([9.0, 9.0, 1.0]))
    assert joined.tolist() == [[2, 1], [1, 0]]
    np.testing.assert_allclose(height, [np.sqrt(1.8) * 1.1, np.sqrt(2 * 90 / 19) * 1.11])


def test_three_equally_far_points_by_hand() -> None:
    """Unit vectors are √2 apart; so is each, by Ward, from the union of the two others: √(4/3) · √(3/2)."""
    joined, height = joins_of(np.eye(3))
    assert {point for pair in joined for point in pair} == {0, 1, 2}
    assert height == [1.414214, 1.414214]


# edges


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_points(n: int) -> None:
    tree = tree_over(line(*range(n)))
    assert tree.n_leaves == n
    assert tree.height.tolist() == [1.0] * (n - 1)


@pytest.mark.parametrize("value", [0.0, -0.0, 7.5])
def test_equal_points_join_at_height_zero(value: float) -> None:
    tree = tree_over(np.full((5_000, 3), value))
    assert not tree.height.any()
    assert tree.size(tree.root) == 5_000


def test_minus_zero_is_zero() -> None:
    assert joins_of(line(0.0, 3.0, -0.0))[1] == [0.0, 3.464102]


def test_equal_points_count_as_one_of_their_weight() -> None:
    """Thousands of equal points need a few rounds, and give the tree of the distinct ones with their weights."""
    distinct, times = noise(20, 5, 0), np.random.default_rng(0).integers(1, 400, 20)
    tree = tree_over(np.repeat(distinct, times, axis=0))
    weighted = tree_over(distinct, times.astype(np.float64))
    assert not tree.height[:-19].any()
    np.testing.assert_allclose(tree.height[-19:], weighted.height, rtol=1e-9)


@pytest.mark.parametrize("apart", [1e-5, 1e-7, 1e-12])
def test_nearly_equal_points_join_first(apart: float) -> None:
    """float32 cannot tell them apart, and in the last case float64 cannot either."""
    points = np.repeat(noise(12, 6, 0), 8, axis=0)
    tree = tree_over(points + apart * noise(len(points), 6, 1))
    assert np.array_equal(TreePartition(tree, points.astype(np.float32)).cut(12), np.repeat(np.arange(12), 8))
    assert np.all(np.diff(tree.height) >= 0)


def test_points_in_line() -> None:
    """Equal steps of 1: of three in a row at least two join, and no join is lower than a step."""
    tree = tree_over(np.arange(64.0)[:, None] * np.array([[1.0, 2.0, 2.0]]) / 3)
    np.testing.assert_allclose(tree.height[:21], 1.0)
    assert np.all(np.diff(tree.height) >= 0)


@pytest.mark.parametrize(
    "points", [np.eye(40), np.vstack([np.zeros(20), np.eye(20), -np.eye(20)])], ids=["unit", "hub"]
)
def test_points_that_are_all_equally_near_come_to_an_end(points: Floats) -> None:
    tree = tree_over(points)
    np.testing.assert_allclose(np.sort(tree.height), hierarchy.linkage(points, "ward")[:, 2], rtol=1e-6)


@given(n=st.integers(1, 60), d=st.integers(1, 3), seed=st.integers(0, 1000))
@settings(max_examples=40)
def test_whole_numbers_with_many_ties_give_a_tree(n: int, d: int, seed: int) -> None:
    """Each point joins once, and no join is lower than those within it."""
    rng = np.random.default_rng(seed)
    points, weight = rng.integers(0, 4, (n, d)).astype(np.float64), rng.integers(1, 4, n).astype(np.float64)
    joined, height = ward_joins(points, weight)
    assert sorted(joined[:, 0].tolist()) == sorted(set(range(n)) - lasting(joined, n))
    assert np.all(np.diff(tree_over(points, weight).height) >= 0)
    assert len(height) == n - 1


def lasting(joined: NDArray[np.int64], n: int) -> set[int]:
    """Return the points that never went into another: the one that stands for all in the end."""
    left = set(range(n)) - set(joined[:, 0].tolist())
    assert len(left) == 1
    return left


@given(scale=st.sampled_from([1e-12, 1e-3, 1e6, 1e15]), seed=st.integers(0, 100))
@settings(max_examples=12)
def test_the_unit_does_not_matter(scale: float, seed: int) -> None:
    points, weight = noise(50, 4, seed), np.random.default_rng(seed).uniform(0.5, 9, 50)
    tree, scaled = tree_over(points, weight), tree_over(points * scale, weight * 100)
    assert np.array_equal(tree.children, scaled.children)
    np.testing.assert_allclose(scaled.height, tree.height * scale * 10, rtol=1e-9)
