"""Regions: nodes of a large tree, in each of which fineness is measured anew."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialin.arrays import Matrix, Rows
from dialin.cluster import regions
from dialin.cluster.cut_weights import CutWeights
from dialin.cluster.granularity import Granularity
from dialin.cluster.partition import Agglomerative
from dialin.cluster.regions import highest_within, regions_of
from dialin.discover import heights
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.heights import heights_of, trees_for
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.judge.evidence import SuggestedHeights
from spheres import spheres


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Call a stratum large from 201 sentences on, and a region small below 20."""
    monkeypatch.setattr(regions, "MAX_TOGETHER", 200)
    monkeypatch.setattr(regions, "MIN_APART", 20)


def parted(X: Matrix) -> Rows:
    return regions_of(X, Agglomerative().fit(X).tree)


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


def test_what_is_not_large_is_one_region(small: None) -> None:
    assert parted(spheres(4, 50)).tolist() == [0] * 200
    assert parted(spheres(4, 51)).max() > 0
    assert len(parted(spheres(1, 0))) == 0


def test_a_region_is_of_similar_sentences(small: None) -> None:
    """Four kinds of 150 sentences: no region of at most 200 holds two of them."""
    kinds = np.repeat(np.arange(4), 150)
    found = parted(spheres(4, 150))
    assert np.unique(np.stack([found, kinds]), axis=1).shape[1] == found.max() + 1 == 4


def test_few_sentences_far_from_all_others_join_the_nearest_region(small: None) -> None:
    """Five sentences between two kinds, nearer to the second one."""
    X = np.zeros((305, 3), np.float32)
    X[:150, 0] = X[150:300, 1] = 1
    X[300:] = np.array([0.2, 0.3, np.sqrt(0.87)])
    found = parted(X)
    assert set(found[300:].tolist()) == set(found[150:300].tolist()) != set(found[:150].tolist())


def test_groups_that_are_all_too_small_stay_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regions, "MAX_TOGETHER", 10)
    monkeypatch.setattr(regions, "MIN_APART", 11)
    assert parted(spheres(6, 10)).max() == 0


def sixteen_kinds() -> Data:
    n = 640
    return Data([f"sentence {i}" for i in range(n)], spheres(16, 40), np.ones(n, np.int64), [""] * n)


def kinds_in(found: SuggestedHeights) -> list[int]:
    """Return how many of the sixteen kinds each region has."""
    kinds = np.repeat(np.arange(16), 40)
    return [len(np.unique(kinds[found.regions == region])) for region in range(len(found.found))]


def test_each_region_is_measured_by_itself_and_cut_in_the_tree_of_all(small: None) -> None:
    """Sixteen kinds of 40 sentences, in regions of whole kinds: as many clusters as kinds are suggested in each."""
    data = sixteen_kinds()
    found = heights_of(data, Settings(), trees_for(Settings()))
    in_region = kinds_in(found)
    assert len(in_region) > 1
    assert sum(in_region) == 16
    assert [cut and cut.granularity.n_clusters for cut in found.found] == in_region


@pytest.mark.parametrize(("full", "share"), [(60.0, 640 / (16 * 60)), (80.0, 0.5)])
def test_a_region_is_drawn_to_what_the_whole_has_there(
    small: None, monkeypatch: pytest.MonkeyPatch, full: float, share: float
) -> None:
    """Each region says 16, and so does the whole, which has its own kinds there: 640 sentences, 40 a cluster."""
    data = sixteen_kinds()
    told = Granularity(16, 8, 32, np.array([8.0, 16.0, 32.0]), np.full(3, 1 / 3))
    monkeypatch.setattr(heights, "granularity_in", lambda *_: told)
    monkeypatch.setattr(heights, "cut_weights", lambda *_: CutWeights(full=full))
    found = heights_of(data, Settings(), trees_for(Settings()))
    in_region = kinds_in(found)
    assert max(in_region) < 16
    drawn = [round(16 ** (1 - share) * n**share) for n in in_region]
    assert [cut and cut.granularity.n_clusters for cut in found.found] == drawn


def test_where_the_whole_shows_all_no_region_is_measured(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """All sixteen kinds at once, as one region."""
    asked = list[int]()
    measure = heights.granularity_in

    def counted(data: Data, rows: Rows, settings: Settings, most_samples: int) -> Granularity | None:
        asked.append(len(rows))
        return measure(data, rows, settings, most_samples)

    monkeypatch.setattr(heights, "granularity_in", counted)
    monkeypatch.setattr(Granularity, "share_shown", lambda *_: 1.0)
    found = heights_of(sixteen_kinds(), Settings(), trees_for(Settings()))
    assert asked == [640]
    assert [cut and cut.granularity.n_clusters for cut in found.found] == [16]
    assert not found.regions.any()


def test_what_regions_suggest_is_found_in_the_tree_of_all(small: None) -> None:
    data = sixteen_kinds()
    result = discover(data, Tools(None, lambda names: data.X[: len(names)], ranks_names=False), Settings())
    kinds = np.repeat(np.arange(16), 40)
    assert np.unique(np.stack([result.labels, kinds]), axis=1).shape[1] == len(result.intents) == 16
    assert len(result.rounds) == 1
