"""Regions: which sentences of a large corpus are clustered together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialin.cluster import regions
from dialin.cluster.partition import Agglomerative
from dialin.cluster.regions import highest_within, parted, regions_of
from dialin.discover.context import Tools
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import Data
from dialin.runs.tables import rounds_json
from spheres import spheres


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Call a corpus large from 201 sentences on, and a region small below 20."""
    monkeypatch.setattr(regions, "MAX_TOGETHER", 200)
    monkeypatch.setattr(regions, "MIN_APART", 20)


def test_up_to_five_thousand_sentences_are_one_region() -> None:
    X = np.ones((5_000, 1), np.float32)
    assert regions_of(X, np.zeros(5_000, np.int64)).max() == 0


def test_a_large_stratum_is_parted_and_a_small_one_is_not(small: None) -> None:
    X = np.concatenate([spheres(6, 60), spheres(2, 50, seed=1)])
    strata = np.repeat([0, 1], [360, 100])
    found = regions_of(X, strata)
    assert found[:360].max() > 0
    assert found[360:].max() == 0


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 120), min_size=1, max_size=8), st.integers(1, 150))
def test_the_highest_nodes_hold_every_row_once(sizes: list[int], largest: int) -> None:
    """None is larger than was asked for, and each but the root has a parent that is."""
    X = np.concatenate([spheres(1, size, seed=seed) for seed, size in enumerate(sizes)])
    tree = Agglomerative().fit(X).tree
    nodes = highest_within(tree, largest)
    assert sorted(row for node in nodes for row in tree.members(node)) == list(range(len(X)))
    assert all(tree.size(node) <= largest for node in nodes)
    assert all(node == tree.root or tree.size(int(tree.parent[node])) > largest for node in nodes)


def test_a_region_is_of_similar_sentences(small: None) -> None:
    """Four kinds of 150 sentences: no region of at most 200 holds two of them."""
    kinds = np.repeat(np.arange(4), 150)
    found = parted(spheres(4, 150), seed=0)
    assert np.unique(np.stack([found, kinds]), axis=1).shape[1] == found.max() + 1 == 4


def test_few_sentences_far_from_all_others_join_the_nearest_region(small: None) -> None:
    """Five sentences between two kinds, nearer to the second one."""
    X = np.zeros((305, 3), np.float32)
    X[:150, 0] = X[150:300, 1] = 1
    X[300:] = np.array([0.2, 0.3, np.sqrt(0.87)])
    found = parted(X, seed=0)
    assert set(found[300:].tolist()) == set(found[150:300].tolist()) != set(found[:150].tolist())


def test_groups_that_are_all_too_small_stay_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regions, "MAX_TOGETHER", 10)
    monkeypatch.setattr(regions, "MIN_APART", 11)
    assert parted(spheres(6, 10), seed=0).max() == 0


def test_each_region_is_clustered_as_if_it_were_alone(small: None) -> None:
    """Sixteen kinds of 40 sentences: all are found, and each round says in which region."""
    X, n = spheres(16, 40), 640
    data = Data([f"sentence {i}" for i in range(n)], X, np.ones(n, np.int64), [""] * n)
    result = discover(data, Tools(None, lambda names: X[: len(names)], ranks_names=False), Settings())
    kinds = np.repeat(np.arange(16), 40)
    assert np.unique(np.stack([result.labels, kinds]), axis=1).shape[1] == len(result.intents) == 16
    said = [round_["region"] for round_ in rounds_json(result)]
    assert len(said) > 1
    assert said == list(range(1, len(said) + 1))


def test_the_paper_clusters_all_sentences_together(small: None) -> None:
    X, n = spheres(4, 100), 400
    data = Data([f"sentence {i}" for i in range(n)], X, np.ones(n, np.int64), [""] * n)
    result = discover(
        data,
        Tools(None, lambda names: X[: len(names)], ranks_names=False),
        Settings(strategy="paper", n_clusters=(4,), max_rounds=1),
    )
    assert [round_["region"] for round_ in rounds_json(result)] == [0]
