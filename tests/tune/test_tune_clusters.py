"""Training clusters: purity limits, balance, where they come from, and that a seed decides them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialin.cluster.partition import Agglomerative
from dialin.errors import InputError
from dialin.judge.calibration import Calibration, geometry_of, weighed
from dialin.tune.balance import even_shares, shares, spread_over_sizes
from dialin.tune.clusters import KINDS, LabelledCluster, Recipe, training_clusters
from oracles import Matrix, blobs, on_circle, unit

SMALL = Recipe(n=60, parts=(200, 60))


def corpus(sizes: tuple[int, ...] = (40, 30, 20, 12, 8), noise: float = 0.35) -> tuple[Matrix, list[str | None]]:
    """Return blobs that run into each other, so that there are good and bad clusters."""
    X, gold = blobs(sizes, noise)
    return X, [f"intent{g}" for g in gold]


def majority(cluster: LabelledCluster, labels: list[str | None]) -> tuple[str, float]:
    counts = Counter(labels[i] for i in cluster.rows)
    label = min((name for name in counts if name), key=lambda name: (-counts[name], name))
    return label, counts[label] / len(cluster.rows)


# --- what holds for all ---------------------------------------------------------------------------


@settings(max_examples=12)
@given(
    sizes=st.lists(st.integers(5, 25), min_size=2, max_size=4),
    noise=st.sampled_from([0.2, 0.4, 0.6]),
    seed=st.integers(0, 5),
    limits=st.sampled_from([(0.9, 0.7), (1.0, 0.5), (0.75, 0.7)]),
    min_size=st.integers(2, 5),
)
def test_whatever_the_corpus(
    sizes: list[int], noise: float, seed: int, limits: tuple[float, float], min_size: int
) -> None:
    X, gold = blobs(sizes, noise, seed)
    labels: list[str | None] = [f"intent{g}" for g in gold]
    recipe = Recipe(*limits, n=40, min_size=min_size, max_size=20, seed=seed, parts=(100, 15))
    found, message = made(X, labels, recipe)
    assert 0 < len(found) <= recipe.n or message.startswith(("there is no good cluster", "there is no bad cluster"))
    assert len({cluster.rows for cluster in found}) == len(found)
    for cluster in found:
        assert list(cluster.rows) == sorted(set(cluster.rows))
        assert 0 <= cluster.rows[0] <= cluster.rows[-1] < len(X)
        assert min_size <= len(cluster.rows) <= 20
        assert (cluster.label, cluster.purity) == majority(cluster, labels)
        assert cluster.purity >= limits[0] if cluster.good else cluster.purity <= limits[1]
        assert 1 <= cluster.k <= cluster.n in (len(X), 15)
    sides = Counter((cluster.kind, cluster.good) for cluster in found)
    assert all(sides[kind, True] == sides[kind, False] for kind in KINDS)
    assert (found, message) == made(X, labels, recipe)


def made(X: Matrix, labels: list[str | None], recipe: Recipe) -> tuple[list[LabelledCluster], str]:
    """Return the clusters, or none and why."""
    try:
        return training_clusters(X, labels, recipe), ""
    except InputError as error:
        return [], error.message


def test_another_seed_gives_other_clusters() -> None:
    X, labels = corpus()
    assert training_clusters(X, labels, SMALL) != training_clusters(X, labels, replace(SMALL, seed=1))


def test_kinds_are_balanced_where_there_are_enough() -> None:
    """60 clusters, half of them good, three kinds: 10 of each kind and side."""
    X, labels = corpus()
    sides = Counter((cluster.kind, cluster.good) for cluster in training_clusters(X, labels, SMALL))
    assert sides == dict.fromkeys([(kind, good) for kind in KINDS for good in (True, False)], 10)


def test_sizes_are_spread_over_their_logarithm() -> None:
    """Most nodes of a tree have few sentences; of those chosen, no range 4–7, 8–15 … has many more than another."""
    X, labels = corpus((120, 90, 60, 30), 0.3)
    found = training_clusters(X, labels, replace(SMALL, n=30, kinds=("tree",)))
    bad = Counter(int(np.log2(len(cluster.rows))) for cluster in found if not cluster.good)
    assert len(bad) >= 4
    assert max(bad.values()) <= 15 / len(bad) + 2


def test_samples_of_several_sizes_and_seeds_are_clustered() -> None:
    """110 sentences: the whole once, since its sample is always the same, and two samples of 60."""
    X, labels = corpus()
    found = training_clusters(X, labels, replace(SMALL, n=200))
    assert {(cluster.n, cluster.seed) for cluster in found} == {(110, 0), (60, 0), (60, 1)}


# --- geometry -------------------------------------------------------------------------------------


def test_the_log_odds_of_the_geometry_need_no_embeddings() -> None:
    X, labels = corpus()
    calibration = Calibration("test", (-3.2, 6.0, -0.4, 0.2), (0, 1), (0, 1, 1))
    base = geometry_of(X).base
    whole = [cluster for cluster in training_clusters(X, labels, SMALL) if cluster.n == len(X)]
    assert len(whole) > 10
    for cluster in whole:
        rows = list(cluster.rows)
        kept = weighed(calibration.geometry_weights, cluster.geometry, len(rows), cluster.n)
        assert kept == weighed(calibration.geometry_weights, geometry_of(X[rows], base), len(rows), len(X))


# --- each kind ------------------------------------------------------------------------------------


def test_tree_clusters_are_those_of_the_coarsest_cut_that_has_them() -> None:
    X, labels = corpus()
    partition = Agglomerative().fit(X)

    def cut(k: int) -> set[tuple[int, ...]]:
        return {tuple(np.flatnonzero(partition.cut(k) == i).tolist()) for i in range(k)}

    found = training_clusters(X, labels, replace(SMALL, kinds=("tree",), parts=(200,)))
    for cluster in found:
        assert cluster.rows in cut(cluster.k)
        assert cluster.k == 1 or cluster.rows not in cut(cluster.k - 1)


def test_kmeans_is_cut_at_many_k() -> None:
    X, labels = corpus()
    found = training_clusters(X, labels, replace(SMALL, kinds=("kmeans",), n=200))
    assert len({cluster.k for cluster in found}) >= 5


def test_foreign_sentences_are_near_neighbours() -> None:
    """Two intents, at 0° and 180°, and noise at 20°, 60 sentences each; of at most 8 sentences 5 are foreign.

    The 50 nearest to either intent are noise, so no cluster has sentences of both.
    """
    degrees = [middle + i / 30 for middle in (0, 20, 180) for i in range(60)]
    labels: list[str | None] = [label for label in ("here", None, "opposite") for _ in range(60)]
    recipe = replace(SMALL, kinds=("mixed",), parts=(200,), n=100, max_size=8)
    mixes = [{labels[i] for i in c.rows} for c in training_clusters(on_circle(*degrees), labels, recipe) if not c.good]
    assert len(mixes) == 50
    assert all(mix in ({"here", None}, {"opposite", None}) for mix in mixes)


def test_mixes_have_10_to_60_percent_of_foreign_sentences_or_next_to_none() -> None:
    """Bad ones hold 30 to 60 %, good ones 0 to 10 %. Three intents: the most frequent one has a third at least."""
    X, labels = corpus((60, 50, 40), 0.3)
    found = training_clusters(X, labels, replace(SMALL, kinds=("mixed",), n=200))
    assert len({round(cluster.purity, 2) for cluster in found if cluster.good}) > 1
    assert min(cluster.purity for cluster in found) >= 1 / 3
    assert max(cluster.purity for cluster in found if not cluster.good) <= 0.7


def test_noise_agrees_with_nothing() -> None:
    """Ten equal sentences without an intent are as bad as any mix, ten equal ones with one intent are good.

    The three groups of ten are at right angles. All nodes inside the noise have purity 1 / size.
    """
    X = unit(np.repeat(np.eye(3), 10, axis=0) + np.random.default_rng(0).normal(scale=0.01, size=(30, 3)))
    labels: list[str | None] = [*["a"] * 10, *["b"] * 10, *[None] * 10]
    found = training_clusters(X, labels, Recipe(n=40, kinds=("tree",)))
    noise = [cluster for cluster in found if cluster.rows[0] >= 20]
    assert noise
    assert all((not c.good, c.purity, c.label) == (True, 1 / len(c.rows), "") for c in noise)
    assert {cluster.label for cluster in found if cluster.good} <= {"a", "b"}


# --- what cannot be made --------------------------------------------------------------------------


def test_a_corpus_without_good_or_bad_clusters_is_an_error() -> None:
    X, labels = corpus((20, 20), 0.01)
    with pytest.raises(InputError, match=r"no good cluster of 4 to 400 sentences \(purity >= 0.9\)"):
        training_clusters(X, [f"{i}" for i in range(40)], Recipe())
    with pytest.raises(InputError, match=r"no bad cluster of 4 to 15 sentences \(purity <= 0.2\)"):
        training_clusters(X, labels, Recipe(bad=0.2, max_size=15))


@pytest.mark.parametrize(
    "wrong",
    [
        {"good": 0.7, "bad": 0.7},
        {"good": 1.1},
        {"bad": 0.0},
        {"n": 1},
        {"min_size": 1},
        {"max_size": 3},
        {"kinds": ()},
        {"kinds": ("gmm",)},
        {"parts": ()},
        {"n_seeds": 0},
        {"n_shown": 1},
        {"n_shown": 21},
        {"seed": -1},
    ],
)
def test_wrong_recipes(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Recipe(**wrong)


# --- even shares ----------------------------------------------------------------------------------


@given(st.integers(0, 60), st.lists(st.integers(0, 15), min_size=1, max_size=6))
def test_shares_are_level(n: int, room: list[int]) -> None:
    found = even_shares(n, room)
    assert sum(found) == min(n, sum(room))
    assert all(share <= most for share, most in zip(found, room, strict=True))
    waiting = [share for share, most in zip(found, room, strict=True) if share < most]
    assert not waiting or max(found) <= min(waiting) + 1


def test_files_share_what_their_language_gets() -> None:
    """100 clusters, two languages: 50 each; the three English files 16, 17, 17, the Chinese one all 50."""
    assert shares(["en", "zh", "en", "en"], 100) == [16, 50, 17, 17]


@given(st.lists(st.integers(1, 40), max_size=30), st.integers(0, 30))
def test_spread_draws_distinct_positions(sizes: list[int], n: int) -> None:
    found = spread_over_sizes(sizes, n, np.random.default_rng(0))
    assert found == sorted(set(found))
    assert len(found) == min(n, len(sizes))
    assert all(0 <= i < len(sizes) for i in found)
