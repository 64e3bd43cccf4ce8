"""The cut of a tree below limits that may differ from row to row."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dialin.cluster.partition import Agglomerative
from dialin.cluster.tree import Tree

LINE = np.array([[0.0], [1.0], [30.0], [32.0]], dtype=np.float32)
"""0 and 1 join at 1, 30 and 32 at 2."""


def clusters(tree: Tree, limits: list[float]) -> list[list[int]]:
    return [sorted(tree.members(int(node)).tolist()) for node in tree.cut_below(np.array(limits))]


def test_each_part_is_cut_at_its_own_height() -> None:
    tree = Agglomerative().fit(LINE).tree
    assert clusters(tree, [1.5] * 4) == [[0, 1], [2], [3]]
    assert clusters(tree, [0.5, 0.5, 2.5, 2.5]) == [[0], [1], [2, 3]]
    assert clusters(tree, [1e9] * 4) == [[0, 1, 2, 3]]
    assert clusters(tree, [1e-9] * 4) == [[0], [1], [2], [3]]


def test_the_limit_of_a_node_is_the_geometric_mean_of_its_rows() -> None:
    """√(1 · 5) = 2.2 is above the 2 at which the last two join, √(1 · 3) = 1.7 is not."""
    tree = Agglomerative().fit(LINE).tree
    assert clusters(tree, [0.1, 0.1, 1.0, 5.0])[-1] == [2, 3]
    assert clusters(tree, [0.1, 0.1, 1.0, 3.0])[-2:] == [[2], [3]]


def test_an_empty_tree_has_an_empty_cut() -> None:
    assert Agglomerative().fit(LINE[:0]).tree.cut_below(np.zeros(0)).tolist() == []


@given(n=st.integers(1, 40), seed=st.integers(0, 99), k=st.integers(1, 40))
def test_equal_limits_cut_as_one_height_does(n: int, seed: int, k: int) -> None:
    X = np.random.default_rng(seed).normal(size=(n, 3)).astype(np.float32)
    tree = Agglomerative().fit(X).tree
    k = min(k, n)
    heights = np.concatenate([[1e-9], tree.height])
    assert tree.cut_below(np.full(n, heights[n - k])).tolist() == tree.nodes_at(k).tolist()
