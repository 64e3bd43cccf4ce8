"""Which groups a dendrogram falls into, and where it falls into none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.cluster.centroids import centroids, tree_of_centroids
from dialin.cluster.levels import MIN_LEAVES, READABLE, Grouping, levels_of, slopes, target
from dialin.cluster.tree import Tree


def blobs(sizes: Sequence[int], seed: int = 0, spread: float = 0.05) -> Tree:
    """Return the tree of points around far points, as many as each size, one group after the other."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(10 * np.eye(len(sizes)), sizes, axis=0)
    return tree_of_centroids(centres + spread * rng.normal(size=centres.shape))


def all_of(groups: Sequence[Grouping]) -> Iterator[Grouping]:
    for group in groups:
        yield group
        yield from all_of(group.groups)


def test_far_groups_are_found_whatever_their_sizes() -> None:
    found = levels_of(blobs([3, 4, 2, 5]))
    assert {frozenset(group.leaves) for group in found} == {
        frozenset(range(3)),
        frozenset(range(3, 7)),
        frozenset({7, 8}),
        frozenset(range(9, 14)),
    }


def test_a_leaf_that_is_far_from_all_stands_alone() -> None:
    found = levels_of(blobs([3, 1, 3]))
    assert sorted(leaf for group in found for leaf in group.leaves) == [0, 1, 2, 4, 5, 6]


def test_a_large_group_is_divided_again_and_a_small_one_is_not() -> None:
    """Four far groups, of 15 and three times 8 points; the first holds three groups of 5, which are near each other."""
    near = np.repeat(np.array([[0.0, 0], [3, 0], [0, 3]]), 5, axis=0)
    far = np.repeat(np.array([[9000.0, 0], [0, 9000], [9000, 9000]]), 8, axis=0)
    points = np.concatenate([near, far])
    points += 0.2 * np.random.default_rng(0).normal(size=points.shape)
    large, *small = sorted(levels_of(tree_of_centroids(points)), key=lambda group: -len(group.leaves))
    assert [len(group.leaves) for group in large.groups] == [5, 5, 5]
    assert [(len(group.leaves), group.groups) for group in small] == [(8, ())] * 3


@pytest.mark.parametrize("n", range(MIN_LEAVES))
def test_few_leaves_have_no_groups(n: int) -> None:
    assert levels_of(tree_of_centroids(np.arange(2.0 * n).reshape(n, 2))) == ()


def test_leaves_that_are_equally_far_apart_have_no_groups() -> None:
    assert levels_of(tree_of_centroids(np.eye(20))) == ()


def test_equal_leaves_have_no_groups() -> None:
    assert levels_of(tree_of_centroids(np.ones((20, 3)))) == ()


def test_vectors_without_structure_have_no_groups() -> None:
    """The docstring says that random vectors in 384 dimensions stay below the least slope."""
    X = np.random.default_rng(1).normal(size=(100, 384))
    assert levels_of(tree_of_centroids(X / np.linalg.norm(X, axis=1, keepdims=True))) == ()


def test_the_number_of_groups_grows_slower_than_the_leaves() -> None:
    assert [round(target(n)) for n in (9, 144, 1_000, READABLE**3, 8_000)] == [3, READABLE, READABLE, READABLE, 20]


def test_slopes_of_fewer_than_two_joins_are_none() -> None:
    assert slopes(np.array([1.0])).tolist() == []
    assert slopes(np.array([])).tolist() == []


@given(st.lists(st.integers(1, 9), min_size=1, max_size=9), st.integers(0, 99))
def test_no_group_has_one_child_and_no_leaf_is_in_two_groups(sizes: list[int], seed: int) -> None:
    found = levels_of(blobs(sizes, seed, spread=1.0))
    leaves = [leaf for group in found for leaf in group.leaves]
    assert len(leaves) == len(set(leaves))
    assert len(found) != 1
    for group in all_of(found):
        inner = [leaf for one in group.groups for leaf in one.leaves]
        assert set(inner) <= set(group.leaves)
        assert len(group.groups) != 1
        assert len(group.leaves) > 1


def test_centroids_are_added_in_parts() -> None:
    """Of more rows than are added at once, each counts: 20,000 rows at 0° and as many at 90° have their mean at 45°."""
    X = np.repeat(np.eye(2, dtype=np.float32), 20_000, axis=0)
    assert centroids(X, np.zeros(len(X), np.int64), 1).round(3).tolist() == [[0.707, 0.707]]
