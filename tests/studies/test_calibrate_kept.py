"""P(good) of kept clusters is fitted on families, each with the same weight."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest

from spheres import spheres
from studies.own import calibrate_kept
from studies.own.calibrate_kept import (
    KeptClusters,
    few_intents,
    fit,
    held_out,
    kept_of,
    labelled,
    parts_of,
    read_vectors,
)
from studies.own.embedders import FAMILIES


def balls(n_clusters: int, n_each: int, family: str = "a", seed: int = 0) -> calibrate_kept.LabelledVectors:
    """Return balls on the sphere, each with a label of its own."""
    X = spheres(n_clusters, n_each, seed=seed)
    gold = np.repeat([f"intent {i}" for i in range(n_clusters)], n_each)
    texts = np.array([f"sentence {i}" for i in range(len(X))])
    return labelled(family, X, (gold, texts), "local:intents-en-v3")


def test_examples() -> None:
    assert doctest.testmod(calibrate_kept).failed == 0


def test_kept_balls_stand_apart_and_are_good() -> None:
    found = kept_of(balls(6, 30))
    assert found.good.all()
    assert found.features == pytest.approx(np.tile([1.0, 1.0, np.log(30)], (6, 1)), abs=0.01)
    assert calibrate_kept.figures(found.good, np.ones(6))["auc"] is None


def test_every_family_has_the_same_weight() -> None:
    """A family of 1,000 clusters says "bad" of all, one of 10 "good": with equal weights P is about ½."""
    many = KeptClusters("many", np.ones((1_000, 3)), np.zeros(1_000, np.bool_))
    few = KeptClusters("few", np.ones((10, 3)), np.ones(10, np.bool_))
    assert fit([many, few]).predict_proba(np.ones((1, 3)))[0, 1] == pytest.approx(0.5, abs=0.01)


def test_a_family_is_scored_by_the_others() -> None:
    """In two families what stands apart is good, in the third what does not: the others are wrong about it."""
    near = np.repeat([0.1, 0.9], 20)
    features = np.stack([near, near, np.ones(40)], axis=1)
    kept = [KeptClusters(family, features, near > 0.5) for family in ("a", "b")]
    table = held_out([*kept, KeptClusters("other", features, near < 0.5)])
    assert list(table) == ["a", "b", "other", "all"]
    assert table["other"]["auc"] == 0.0
    assert table["all"]["n"] == 120


def test_a_set_is_used_whole_and_in_parts() -> None:
    whole = balls(14, 80)
    sizes = [(len(part.gold), len(np.unique(part.gold))) for part in parts_of(whole)]
    assert sizes == [(1_120, 14), (1_000, 14), (300, 5), (300, 5), (720, 12), (720, 12)]
    assert {part.data.embedder for part in parts_of(whole)} == {"local:intents-en-v3"}
    assert few_intents(balls(3, 20), 5, 0).gold.tolist() == balls(3, 20).gold.tolist()  # there are only three


def test_each_part_has_its_own_sentences_and_labels() -> None:
    whole = balls(14, 80)
    for part in parts_of(whole):
        rows = [int(text.split()[1]) for text in part.data.texts]
        assert np.array_equal(part.gold, whole.gold[rows])
        assert np.array_equal(part.data.X, whole.data.X[rows])


def test_the_sets_of_all_families_are_read(tmp_path: Path) -> None:
    for language, families in FAMILIES.items():
        for family, names in families.items():
            for name in names:
                model = f"no_{family}" if language == "en" else f"zh_no_{family}"
                np.savez(tmp_path / f"{model}_{name}.npz", X=np.eye(2), y=np.array(["a", "b"]), t=np.array(["x", "y"]))
    found = list(read_vectors(tmp_path))
    assert {one.family for one in found} == {family for families in FAMILIES.values() for family in families}
    assert [one.data.embedder for one in found].count("local:intents-zh-v2") == len(FAMILIES["zh"])
