"""Trees against SciPy, weights against repeated rows, and the edges of a cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.cluster import hierarchy
from scipy.spatial.distance import pdist
from sklearn.metrics import adjusted_rand_score

from dialin.cluster.labels import canonical, rows_by
from dialin.cluster.linkage import Linkage
from dialin.cluster.micro_clusters import micro_clusters
from dialin.cluster.partition import GMM, Agglomerative, KMeans, partitioner_of
from dialin.errors import InputError

NAMES = ["agglomerative", "kmeans", "gmm"]


def unit_rows(n: int, d: int = 6, seed: int = 0) -> NDArray[np.float32]:
    X = np.random.default_rng(seed).normal(size=(n, d))
    return np.asarray(X / np.linalg.norm(X, axis=1, keepdims=True), dtype=np.float32)


def blobs(n_each: int, n_blobs: int, d: int = 12, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    gold = np.repeat(np.arange(n_blobs), n_each)
    X = np.eye(d)[gold] + np.random.default_rng(seed).normal(scale=0.05, size=(len(gold), d))
    return (X / np.linalg.norm(X, axis=1, keepdims=True)).astype(np.float32), gold


def same(a: NDArray[np.int64], b: NDArray[np.int64]) -> bool:
    return np.array_equal(canonical(a), canonical(b))


@pytest.mark.parametrize("linkage", ["ward", "average", "complete"])
@given(n=st.integers(2, 40), seed=st.integers(0, 1000))
@settings(max_examples=30)
def test_tree_is_that_of_scipy(linkage: Linkage, n: int, seed: int) -> None:
    X = unit_rows(n, seed=seed)
    wide = X.astype(np.float64)
    distances = pdist(wide, "euclidean") if linkage == "ward" else pdist(wide, "cosine")
    Z = hierarchy.linkage(distances, linkage)
    assume(n == 2 or np.diff(np.sort(Z[:, 2])).min() > 1e-5)
    tree = Agglomerative(linkage).fit(X).tree
    np.testing.assert_allclose(tree.height, Z[:, 2], atol=1e-6)
    assert np.array_equal(tree.children, Z[:, :2].astype(np.int64))


@given(n=st.integers(2, 20), seed=st.integers(0, 1000))
@settings(max_examples=30)
def test_weights_are_repeated_rows(n: int, seed: int) -> None:
    X = unit_rows(n, seed=seed)
    times = np.random.default_rng(seed).integers(1, 5, size=n)
    for linkage in ("ward", "average"):
        weighted = Agglomerative(linkage).fit(X, times)
        repeated = Agglomerative(linkage).fit(np.repeat(X, times, axis=0))
        np.testing.assert_allclose(weighted.tree.height, repeated.tree.height[-(n - 1) :], atol=1e-6)
        first = np.cumsum(times) - times
        for k in range(1, n + 1):
            assert same(weighted.cut(k), repeated.cut(k)[first])


@pytest.mark.parametrize("span", [1, 5, 1 << 15, (1 << 15) + 1, 1 << 40])
def test_rows_by_label_are_those_of_a_plain_count(span: int) -> None:
    labels = np.random.default_rng(span % 97).integers(-1, span, 50) - span * np.array([0, 1] * 25)
    found = {label: rows.tolist() for label, rows in rows_by(labels).items()}
    assert found == {label: np.flatnonzero(labels == label).tolist() for label in sorted(set(labels.tolist()))}
    assert list(found) == sorted(found)
    assert rows_by(labels[:0]) == {}


def test_weights_change_ward() -> None:
    """On a line -1, 0, 1.1: the first two are nearest, unless 0 and -1 are so heavy that joining costs more.

    Growth with equal weights: 1/2 * 1 for (-1, 0), 1/2 * 1.21 for (0, 1.1).
    Growth with weights 9, 9, 1: 81/18 * 1 = 4.5 and 9/10 * 1.21 = 1.089.
    """
    X = np.array([[-1.0], [0.0], [1.1]], dtype=np.float32)
    assert Agglomerative().fit(X).cut(2).tolist() == [0, 0, 1]
    assert Agglomerative().fit(X, np.array([9.0, 9.0, 1.0])).cut(2).tolist() == [0, 1, 1]


@given(n=st.integers(1, 30), seed=st.integers(0, 1000), linkage=st.sampled_from(["ward", "average", "complete"]))
@settings(max_examples=40)
def test_row_order_does_not_matter(n: int, seed: int, linkage: Linkage) -> None:
    X = unit_rows(n, seed=seed)
    order = np.random.default_rng(seed).permutation(n)
    here, there = Agglomerative(linkage).fit(X), Agglomerative(linkage).fit(X[order])
    assume(n < 3 or np.diff(here.tree.height).min() > 1e-6)
    for k in range(1, n + 1):
        assert same(here.cut(k)[order], there.cut(k))


@given(n=st.integers(1, 30), copies=st.integers(1, 4), seed=st.integers(0, 100))
@settings(max_examples=40)
def test_tree_holds_together(n: int, copies: int, seed: int) -> None:
    """Spans, parents, sizes and cuts agree, with equal rows too."""
    X = unit_rows(n, seed=seed)[np.arange(n) // copies]
    partition = Agglomerative().fit(X)
    tree = partition.tree
    assert tree.n_leaves == n == partition.n
    assert tree.parent[2 * n - 2] == -1
    assert np.all(np.diff(tree.height) >= 0)
    for i, (a, b) in enumerate(tree.children):
        assert a < b < n + i
        assert tree.parent[a] == tree.parent[b] == n + i
        assert set(tree.members(n + i)) == set(tree.members(a)) | set(tree.members(b))
        assert tree.size(n + i) == tree.size(a) + tree.size(b) == len(tree.members(n + i))
    assert all(tree.members(leaf).tolist() == [leaf] for leaf in range(n))
    for k in range(1, n + 2):
        labels = partition.cut(k)
        assert np.array_equal(np.unique(labels), np.arange(min(k, n)))
        assert np.array_equal(labels, canonical(labels))
        for i, node in enumerate(tree.nodes_at(k)):
            assert set(tree.members(node)) == set(np.flatnonzero(labels == i))


def test_members_are_read_only_and_checked() -> None:
    tree = Agglomerative().fit(unit_rows(4)).tree
    with pytest.raises(ValueError, match="read-only"):
        tree.members(6)[0] = 1
    for node in (-1, 7):
        with pytest.raises(IndexError, match=f"node {node} is not in a tree of 7"):
            tree.members(node)
        with pytest.raises(IndexError):
            tree.size(node)


def test_equal_rows_part_last() -> None:
    X = unit_rows(5)[[0, 1, 2, 0, 3, 1, 4]]
    labels = Agglomerative().fit(X).cut(5)
    assert labels.tolist() == [0, 1, 2, 0, 3, 1, 4]
    assert Agglomerative().fit(X).cut(7).max() == 6


@pytest.mark.parametrize("name", NAMES)
def test_separated_blobs_are_found(name: str) -> None:
    X, gold = blobs(30, 6)
    partition = partitioner_of(name, random_state=0).fit(X)
    assert adjusted_rand_score(gold, partition.cut(6)) > 0.8
    assert np.array_equal(partition.cut(1), np.zeros(180))


@pytest.mark.parametrize("name", NAMES)
def test_seeded_runs_are_equal(name: str) -> None:
    X = unit_rows(60)
    a, b = (partitioner_of(name, random_state=3).fit(X).cut(7) for _ in range(2))
    assert np.array_equal(a, b)
    assert np.array_equal(a, canonical(a))
    assert a.dtype == np.int64


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_rows(name: str, n: int) -> None:
    partition = partitioner_of(name, random_state=0).fit(unit_rows(n))
    assert partition.n == n
    assert partition.cut(1).tolist() == [0] * n
    assert partition.cut(2).tolist() == list(range(n))
    assert partition.cut(9).tolist() == list(range(n))


@pytest.mark.parametrize("name", ["kmeans", "gmm"])
def test_flat_methods_cannot_tell_equal_rows_apart(name: str) -> None:
    X = np.eye(3, dtype=np.float32)[[0, 1, 0, 2, 1]]
    X[2, 1:] = -0.0
    partition = partitioner_of(name, random_state=0).fit(X)
    assert partition.cut(3).tolist() == partition.cut(5).tolist() == [0, 1, 0, 2, 1]


def test_cuts_are_kept_and_not_shared() -> None:
    partition = KMeans().fit(unit_rows(40))  # no seed: only a kept cut is equal to itself
    first = partition.cut(9)
    expected = first.copy()
    first[:] = 0
    assert np.array_equal(partition.cut(9), expected)


def test_kmeans_weights() -> None:
    """Points 0, 1, 3 in two: joining (0, 1) costs 1/2 * 1, joining (1, 3) costs 1/2 * 4.

    With weights 99, 99, 1 it is 99/2 * 1 = 49.5 and 99/100 * 4 = 3.96.
    """
    X = np.array([[0.0], [1.0], [3.0]], dtype=np.float32)
    assert KMeans(random_state=0).fit(X, np.array([1.0, 1.0, 1.0])).cut(2).tolist() == [0, 0, 1]
    assert KMeans(random_state=0).fit(X, np.array([99.0, 99.0, 1.0])).cut(2).tolist() == [0, 1, 1]


def test_gmm_refuses_unequal_weights() -> None:
    X = unit_rows(4)
    assert GMM(random_state=0).fit(X, np.full(4, 2.0)).cut(4).tolist() == [0, 1, 2, 3]
    with pytest.raises(InputError, match="no unequal sample weights"):
        GMM().fit(X, np.array([1.0, 1.0, 1.0, 2.0]))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [0, 3])
def test_k_below_one(name: str, n: int) -> None:
    with pytest.raises(InputError, match="at least 1, got 0"):
        partitioner_of(name).fit(unit_rows(n)).cut(0)


@pytest.mark.parametrize("name", NAMES)
def test_bad_input(name: str) -> None:
    partitioner = partitioner_of(name)
    X = unit_rows(3)
    for weight in ([1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 1.0, np.nan], [1.0, 1.0, np.inf]):
        with pytest.raises(InputError, match="sample_weight must be 3 positive numbers"):
            partitioner.fit(X, np.array(weight))
    for bad in (X[0], X * np.nan):
        with pytest.raises(InputError, match="matrix of finite numbers"):
            partitioner.fit(bad)


def test_bad_options() -> None:
    with pytest.raises(InputError, match="got 'dbscan'"):
        partitioner_of("dbscan")
    with pytest.raises(InputError, match="got 'single'"):
        Agglomerative("single")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="at least 1"):
        Agglomerative(n_micro=0)


def test_micro_clusters_hold_all_rows_and_weight() -> None:
    X, _ = blobs(40, 5)
    weight = np.random.default_rng(0).uniform(1, 3, size=len(X))
    means, total, leaf = micro_clusters(X, weight, 30, 0)
    assert len(means) == len(total) <= 30
    assert set(leaf) == set(range(len(means)))
    for i in range(len(means)):
        own = leaf == i
        assert total[i] == pytest.approx(weight[own].sum())
        np.testing.assert_allclose(means[i], np.average(X[own], axis=0, weights=weight[own]), atol=1e-6)


def test_micro_clustered_tree_is_over_the_rows() -> None:
    X, gold = blobs(40, 5)
    partition = Agglomerative(max_exact=100, n_micro=30, random_state=0).fit(X)
    tree = partition.tree
    assert partition.n == 200
    assert tree.n_leaves <= 30
    assert set(tree.members(2 * tree.n_leaves - 2)) == set(range(200))
    assert sum(tree.size(leaf) for leaf in range(tree.n_leaves)) == 200
    assert adjusted_rand_score(gold, partition.cut(5)) == 1
    assert len(np.unique(partition.cut(1000))) == tree.n_leaves
    again = Agglomerative(max_exact=100, n_micro=30, random_state=0).fit(X)
    assert np.array_equal(partition.cut(12), again.cut(12))


@pytest.mark.parametrize("linkage", ["ward", "average"])
def test_micro_clusters_of_equal_rows_change_nothing(linkage: Linkage) -> None:
    """Each row four times, as many micro-clusters as rows: whatever they hold, k = 5 blobs stay the same."""
    X, _ = blobs(8, 5)
    X = np.repeat(X, 4, axis=0)
    exact = Agglomerative(linkage).fit(X)
    micro = Agglomerative(linkage, max_exact=10, n_micro=100, random_state=0).fit(X)
    assert same(exact.cut(5), micro.cut(5))
    np.testing.assert_allclose(micro.tree.height[-4:], exact.tree.height[-4:], atol=1e-5)


def test_root_and_children() -> None:
    """Points at 0, 1, 4: 0 and 1 join first (node 3), then 4 (node 2) joins them; leaves have no children."""
    tree = Agglomerative().fit(np.array([[0.0], [1.0], [4.0]], dtype=np.float32)).tree
    assert tree.root == 4
    assert tree.children_of(4) == (2, 3)
    assert tree.children_of(3) == (0, 1)
    assert all(tree.children_of(leaf) == () for leaf in range(3))
    for node in (-1, 5):
        with pytest.raises(IndexError, match=f"node {node} is not in a tree of 5"):
            tree.children_of(node)


@given(n=st.integers(1, 30), seed=st.integers(0, 100), micro=st.booleans())
@settings(max_examples=12)
def test_walk_from_the_root_reaches_every_row_once(n: int, seed: int, micro: bool) -> None:
    """Children come before their parents, share their rows between them, and the leaves hold all rows."""
    partitioner = Agglomerative(max_exact=2, n_micro=5, random_state=0) if micro else Agglomerative()
    tree = partitioner.fit(unit_rows(n, seed=seed)).tree
    assert set(tree.members(tree.root)) == set(range(n))
    waiting, leaves = [tree.root], list[int]()
    while waiting:
        node = waiting.pop()
        children = tree.children_of(node)
        assert all(child < node and tree.parent[child] == node for child in children)
        assert not children or sum(tree.size(child) for child in children) == tree.size(node)
        waiting += children
        leaves += [] if children else [node]
    assert sorted(leaves) == list(range(tree.n_leaves))
    assert sorted(row for leaf in leaves for row in tree.members(leaf).tolist()) == list(range(n))


def test_the_tree_of_one_row_is_its_root() -> None:
    tree = Agglomerative().fit(unit_rows(1)).tree
    assert (tree.root, tree.children_of(0)) == (0, ())
