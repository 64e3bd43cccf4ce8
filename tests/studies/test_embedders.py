"""The script that makes the embedders: who learns what, Chinese labels, and what is left out when it starts again."""

from __future__ import annotations

import doctest
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import scripted
from dialin.tune.embedder.settings import EmbedderJob
from studies.own import embedders
from studies.own.calls import LEARNT
from studies.own.embedders import CHINESE_LABELS, FAMILIES, make, recipes, sentences_of


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Write a small file for every data set."""
    folder = tmp_path / "data"
    folder.mkdir()
    chinese = json.loads(CHINESE_LABELS.read_text("utf-8"))
    for families in FAMILIES.values():
        for name in (name for names in families.values() for name in names):
            labels = list(chinese[embedders.KEYS[name]])[:2] if name in embedders.KEYS else ["a", "oos"]
            pq.write_table(pa.table({"text": ["one", "two"], "label": labels}), folder / f"{name}.parquet")
    return folder


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[EmbedderJob]:
    """Note what is tuned, and mark it as finished."""
    found = list[EmbedderJob]()

    def tune(job: EmbedderJob, tell: Any) -> None:
        found.append(job)
        job.out.mkdir()
        (job.out / "tune.json").write_text("{}")

    monkeypatch.setattr(embedders, "tune_embedder", tune)
    monkeypatch.setattr(embedders, "OnnxEmbedder", lambda path: scripted.HashingEmbedder())
    return found


def run(monkeypatch: pytest.MonkeyPatch, *options: object) -> None:
    monkeypatch.setattr(sys, "argv", ["embedders", *map(str, options)])
    embedders.main()


def test_examples() -> None:
    assert doctest.testmod(embedders).failed == 0


def test_each_twin_lacks_one_family() -> None:
    found = recipes()
    assert list(found) == [
        *("full", "no_clinc", "no_bank", "no_assistant", "no_mtop", "no_support", "no_calls"),
        *("zh_full", "zh_no_assistant", "zh_no_smp", "zh_no_calls"),
    ]
    assert found["no_assistant"].unlearnt == ("massive_en_us", "hwu64")
    assert found["zh_no_calls"].sets == ("massive_zh_cn", "smp2019_ecdt_nlu_train")
    assert found["zh_no_smp"].sets == ("massive_zh_cn", *found["zh_no_calls"].unlearnt)
    for recipe in found.values():
        whole = found["zh_full" if recipe.name.startswith("zh") else "full"]
        assert {*recipe.sets, *recipe.unlearnt} == {*whole.sets}
        assert not {*recipe.sets} & {*recipe.unlearnt}
    steps = [found[name].settings.steps for name in ("full", "no_bank", "zh_full", "zh_no_smp")]
    assert steps == [550, 320, 350, 250]


def test_chinese_labels_differ_from_each_other() -> None:
    for names in json.loads(CHINESE_LABELS.read_text("utf-8")).values():
        assert len(set(names.values())) == len(names)


def test_chinese_sets_are_learnt_with_chinese_labels(data: Path, tmp_path: Path, jobs: list[EmbedderJob]) -> None:
    make(recipes()["zh_no_smp"], data, tmp_path)
    [job] = jobs
    assert job.data[0] == tmp_path / "massive_zh_cn.parquet"
    assert pq.read_table(job.data[0])["label"].to_pylist() == ["添加日程", "播放音乐"]
    assert (job.reading.label, job.reading.noise, job.resume) == ("label", (), True)


def test_calls_are_learnt_with_the_names_of_their_needs(data: Path, tmp_path: Path) -> None:
    """An English need is named as its file names it, a Chinese one in Chinese; what states no need is not learnt."""
    for name, label in (("en-passport", "renew-passport"), ("zh-bank", "挂失银行卡")):
        learnt = pq.read_table(embedders.path_of(name, data, tmp_path))
        assert label in learnt["label"].to_pylist()
        assert len(set(learnt["text"].to_pylist())) == len(learnt) > 90
        others = json.loads((LEARNT / f"{name}.json").read_text("utf-8"))["other"]
        assert not {*others} & {*learnt["text"].to_pylist()}


def test_what_is_finished_is_skipped(
    data: Path, tmp_path: Path, jobs: list[EmbedderJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    run(monkeypatch, "--data", data, "--out", out, "--only", "no_bank")
    run(monkeypatch, "--data", data, "--out", out, "--only", "no_bank", "no_mtop")
    assert [job.out.name for job in jobs] == ["no_bank", "no_mtop"]
    sets = recipes()["no_bank"].sets
    assert jobs[0].data == tuple(embedders.path_of(name, data, out) for name in sets)
    assert jobs[0].data[0] == data / "clinc150_full_with_oos.parquet"
    assert jobs[0].data[-1] == out / f"{sets[-1]}.parquet"
    assert jobs[0].reading.noise == ("oos", "NONE")
    assert not (out / "vectors").exists()


def test_vectors_are_of_what_a_model_has_not_learnt(
    data: Path, tmp_path: Path, jobs: list[EmbedderJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, "--data", data, "--out", tmp_path, "--vectors", "--only", "full", "no_assistant")
    paths = sorted((tmp_path / "vectors").iterdir())
    assert [path.name for path in paths] == ["no_assistant_hwu64.npz", "no_assistant_massive_en_us.npz"]
    with np.load(paths[0]) as found:
        assert (found["t"].tolist(), found["y"].tolist()) == (["one"], ["a"])
        assert np.array_equal(found["X"], scripted.HashingEmbedder().encode(["one"]))
    paths[0].write_bytes(b"kept")
    paths[1].unlink()
    run(monkeypatch, "--data", data, "--out", tmp_path, "--vectors", "--only", "no_assistant")
    assert paths[0].read_bytes() == b"kept"
    assert paths[1].is_file()


def test_of_many_sentences_a_fixed_sample_is_taken() -> None:
    table = pa.table({"text": [f"text {i}" for i in range(6_010)], "label": [str(i) for i in range(6_010)]})
    found = sentences_of(table)
    assert len(set(found.texts)) == 6_000
    assert found == sentences_of(table)
    assert all(text == f"text {label}" for text, label in zip(found.texts, found.labels, strict=True))
