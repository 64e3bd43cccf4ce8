"""P(good) of kept clusters is fitted on families, each with the same weight."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest

from dialin.arrays import Matrix
from dialin.discover.data import Data
from dialin.judge.calibration import general_calibration
from dialin.name.kinds import Kinds
from spheres import spheres
from studies.own import calibrate_kept
from studies.own.calibrate_kept import (
    FAMILY_OF,
    TABLE,
    UNFITTED,
    KeptClusters,
    LabelledVectors,
    corpora_in,
    fit,
    kept_of,
    parts_of,
    runs_in,
    scored,
    weights_of,
)
from studies.own.calls import OTHER


def balls(n_clusters: int, n_each: int, kinds: Kinds | None = None) -> LabelledVectors:
    """Return balls on the sphere, each with a label of its own."""
    X = spheres(n_clusters, n_each, seed=0)
    gold = np.array([f"intent {i // n_each}" for i in range(len(X))])
    texts = [f"sentence {i}" for i in range(len(X))]
    data = Data(texts, X, np.ones(len(X), np.int64), [""] * len(X), "local:intents-en-v5", kinds=kinds)
    return LabelledVectors("a", data, gold)


def told(places: list[int]) -> Kinds:
    """Return kinds, each surely the one at its place."""
    return Kinds(np.eye(5)[places])


def test_examples() -> None:
    assert doctest.testmod(calibrate_kept).failed == 0


def test_kept_balls_stand_apart_and_are_good() -> None:
    found = kept_of(balls(6, 30))
    assert found.good.all()
    assert found.features == pytest.approx(np.tile([np.log(61), np.log(61), np.log(30)], (6, 1)), abs=0.1)
    assert calibrate_kept.figures(found.good, np.ones(6))["auc"] is None


def test_of_calls_the_clusters_of_needs_alone_count() -> None:
    """The sentences of the last ball state no need: nobody has said which of them say the same."""
    whole = balls(6, 30, told([0] * 150 + [2] * 30))
    gold = np.where(np.arange(180) < 150, whole.gold, OTHER)
    assert len(kept_of(LabelledVectors("calls", whole.data, gold)).good) == 5


def test_every_family_has_the_same_weight() -> None:
    """A family of 1,000 clusters says "bad" of all, one of 10 "good": with equal weights P is about ½."""
    many = KeptClusters("many", np.ones((1_000, 3)), np.zeros(1_000))
    few = KeptClusters("few", np.ones((10, 3)), np.ones(10))
    assert fit([many, few]).predict_proba(np.ones((1, 3)))[0, 1] == pytest.approx(0.5, abs=0.01)


def test_every_corpus_of_a_family_has_the_same_weight() -> None:
    """Of three corpora of a family, the largest says "bad": P is about ⅔. One that kept nothing does not count."""
    large = KeptClusters("a", np.ones((1_000, 3)), np.zeros(1_000))
    small = [KeptClusters("a", np.ones((n, 3)), np.ones(n)) for n in (20, 10, 0)]
    assert fit([large, *small]).predict_proba(np.ones((1, 3)))[0, 1] == pytest.approx(2 / 3, abs=0.01)


def test_corpora_of_few_intents_weigh_as_much_as_the_others() -> None:
    """Three of a family say "good", one other "bad": P is about ½."""
    few = [KeptClusters("a", np.ones((10, 3)), np.ones(10), has_few_intents=True)] * 3
    other = KeptClusters("a", np.ones((10, 3)), np.zeros(10))
    assert fit([*few, other]).predict_proba(np.ones((1, 3)))[0, 1] == pytest.approx(0.5, abs=0.01)


def test_a_family_is_scored_by_the_others() -> None:
    """In two families what stands apart is good, in the third what does not: the others are wrong about it."""
    near = np.repeat([0.1, 0.9], 20)
    features = np.stack([near, near, np.ones(40)], axis=1)
    kept = [KeptClusters(family, features, (near > 0.5).astype(np.float64)) for family in ("a", "b")]
    table = scored([*kept, KeptClusters("other", features, (near < 0.5).astype(np.float64))])
    assert list(table) == ["a", "b", "other", "all"]
    assert table["other"]["auc"] == 0.0
    assert table["all"]["n"] == 120


def test_what_is_not_fitted_on_teaches_nothing_and_does_not_count() -> None:
    """Of the family, nine of ten clusters are good; of the set apart, one of ten."""
    good = (np.arange(100) < 90).astype(np.float64)
    table = scored([KeptClusters(*one) for one in (("a", np.ones((100, 3)), good), ("b", np.ones((100, 3)), good))])
    apart = KeptClusters(UNFITTED[0], np.ones((100, 3)), 1 - good)
    both = scored([KeptClusters(name, np.ones((100, 3)), good) for name in ("a", "b")] + [apart])
    assert both[UNFITTED[0]]["expected"] == pytest.approx(0.9, abs=0.02)
    assert both["all"] == table["all"]


def test_a_set_is_used_whole_and_in_parts() -> None:
    whole = balls(14, 80)
    sizes = [(len(part.gold), len(np.unique(part.gold))) for part in parts_of(whole)]
    assert sizes[:5] == [(n, 14) for n in (1_120, 120, 250, 400, 1_000)]
    intents = [(5, 10), (5, 60), (5, 80), (12, 10), (12, 60), (12, 80), (14, 10), (14, 60), (14, 80)]  # only fourteen
    assert sizes[5::2] == sizes[6::2] == [(n * most, n) for n, most in intents]
    assert {part.data.embedder for part in parts_of(whole)} == {"local:intents-en-v5"}


def test_each_part_has_its_own_sentences_and_labels() -> None:
    whole = balls(14, 80)
    for part in parts_of(whole):
        rows = [int(text.split()[1]) for text in part.data.texts]
        assert np.array_equal(part.gold, whole.gold[rows])
        assert np.array_equal(part.data.X, whole.data.X[rows])


def test_all_sets_and_all_calls_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name for name, family in FAMILY_OF.items() if family != "calls"]
    for name in (*names, *UNFITTED):
        texts, labels = [f"sentence {i}" for i in range(24)], ["a", "b"] * 12
        pq.write_table(pa.table({"text": texts, "label": labels}), tmp_path / f"{name}.parquet")
    monkeypatch.setattr(calibrate_kept, "embedder_of", EyeEmbedder)
    monkeypatch.setattr(calibrate_kept, "CachedEmbedder", lambda embedder, _: embedder)
    monkeypatch.setattr(calibrate_kept, "kinds_by_shipped", lambda texts, roles: told([0] * len(texts)))
    found = list(corpora_in(tmp_path))
    assert {name for name, _ in found} == {*FAMILY_OF, *UNFITTED}
    assert all(part.family == FAMILY_OF.get(name, name) for name, part in found)
    untuned = {part.data.embedder for name, part in found if name in names}
    assert untuned == {"local:bge-small-en-v1.5", "local:bge-small-zh-v1.5"}
    assert not untuned & {part.data.embedder for name, part in found if name not in names}


class EyeEmbedder:
    def __init__(self, spec: str) -> None:
        self.spec = spec

    def encode(self, texts: list[str]) -> Matrix:
        return np.eye(len(texts), dtype=np.float32)


def test_the_runs_of_a_table_are_told_apart() -> None:
    columns = {name: [0.0, 0.0, 0.0] for name in ("wide", "log_size")}
    table = pa.table({"set": ["hwu64", "hwu64", "nlupp"], "part": [0, 1, 0], **columns})
    table = table.append_column("near", [[1.0, 2.0, 3.0]]).append_column("purity", [[0.9, 0.8, 1.0]])
    runs = runs_in(table)
    assert [run.family for run in runs] == ["assistant", "assistant", "nlupp"]
    assert [run.features[:, 0].tolist() for run in runs] == [[1.0], [2.0], [3.0]]
    assert [run.good.tolist() for run in runs] == [[True], [False], [True]]


def test_the_shipped_weights_are_those_of_the_table() -> None:
    assert weights_of(runs_in(pcsv.read_csv(TABLE))) == pytest.approx(
        general_calibration("").confidence_weights, abs=0.011
    )
