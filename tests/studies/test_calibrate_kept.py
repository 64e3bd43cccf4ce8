"""P(good) of kept clusters is fitted on families, each with the same weight."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dialin.arrays import Matrix
from spheres import spheres
from studies.own import calibrate_kept
from studies.own.calibrate_kept import (
    KeptClusters,
    fit,
    held_out,
    kept_of,
    labelled,
    parts_of,
    read_sets,
)
from studies.own.embedders import FAMILIES, Sentences


def balls(n_clusters: int, n_each: int, family: str = "a", seed: int = 0) -> calibrate_kept.LabelledVectors:
    """Return balls on the sphere, each with a label of its own."""
    X = spheres(n_clusters, n_each, seed=seed)
    gold = [f"intent {i // n_each}" for i in range(len(X))]
    return labelled(family, X, Sentences([f"sentence {i}" for i in range(len(X))], gold), "local:intents-en-v4")


def test_examples() -> None:
    assert doctest.testmod(calibrate_kept).failed == 0


def test_kept_balls_stand_apart_and_are_good() -> None:
    found = kept_of(balls(6, 30))
    assert found.good.all()
    assert found.features == pytest.approx(np.tile([np.log(61), np.log(61), np.log(30)], (6, 1)), abs=0.1)
    assert calibrate_kept.figures(found.good, np.ones(6))["auc"] is None


def test_every_family_has_the_same_weight() -> None:
    """A family of 1,000 clusters says "bad" of all, one of 10 "good": with equal weights P is about ½."""
    many = KeptClusters("many", np.ones((1_000, 3)), np.zeros(1_000))
    few = KeptClusters("few", np.ones((10, 3)), np.ones(10))
    assert fit([many, few]).predict_proba(np.ones((1, 3)))[0, 1] == pytest.approx(0.5, abs=0.01)


def test_a_family_is_scored_by_the_others() -> None:
    """In two families what stands apart is good, in the third what does not: the others are wrong about it."""
    near = np.repeat([0.1, 0.9], 20)
    features = np.stack([near, near, np.ones(40)], axis=1)
    kept = [KeptClusters(family, features, (near > 0.5).astype(np.float64)) for family in ("a", "b")]
    table = held_out([*kept, KeptClusters("other", features, (near < 0.5).astype(np.float64))])
    assert list(table) == ["a", "b", "other", "all"]
    assert table["other"]["auc"] == 0.0
    assert table["all"]["n"] == 120


def test_a_set_is_used_whole_and_in_parts() -> None:
    whole = balls(14, 80)
    sizes = [(len(part.gold), len(np.unique(part.gold))) for part in parts_of(whole)]
    some = [(1_120, 14), (400, 14), (1_000, 14)]
    assert sizes[:3] == some
    assert sizes[3::2] == [(300, 5), (400, 5), (720, 12), (960, 12), (840, 14), (1_120, 14)]  # there are only fourteen
    assert sizes[4::2] == sizes[3::2]
    assert {part.data.embedder for part in parts_of(whole)} == {"local:intents-en-v4"}


def test_each_part_has_its_own_sentences_and_labels() -> None:
    whole = balls(14, 80)
    for part in parts_of(whole):
        rows = [int(text.split()[1]) for text in part.data.texts]
        assert np.array_equal(part.gold, whole.gold[rows])
        assert np.array_equal(part.data.X, whole.data.X[rows])


def test_the_sets_of_all_families_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for families in FAMILIES.values():
        for name in (name for names in families.values() for name in names):
            pq.write_table(pa.table({"text": ["x", "y", "x"], "label": ["a", "b", "a"]}), tmp_path / f"{name}.parquet")
    monkeypatch.setattr(calibrate_kept, "OnnxEmbedder", EyeEmbedder)
    found = list(read_sets(tmp_path))
    assert {one.family for one in found} == {f"{key}_{one}" for key, families in FAMILIES.items() for one in families}
    assert {len(one.gold) for one in found} == {2}
    assert {one.data.embedder for one in found} == {"local:bge-small-en-v1.5", "local:bge-small-zh-v1.5"}


class EyeEmbedder:
    def __init__(self, name: str) -> None:
        self.name = name

    def encode(self, texts: list[str]) -> Matrix:
        return np.eye(len(texts), dtype=np.float32)
