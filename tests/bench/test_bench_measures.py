"""What `dialin bench` measures on kept labels: goodness by another LLM, accuracy downstream; and memory of a run."""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from conftest import Cli

from bench_runs import LLM, bench, lasting, rows_of, write_csv
from dialin.arrays import Labels, Matrix, Rows
from dialin.bench.cases import read_case, read_held_out
from dialin.bench.downstream import LabelledRows, downstream_accuracy, logistic
from dialin.bench.encoder import EncoderClassifier, Network, encoder_at, rate_of
from dialin.bench.goodness import clusters_in, judged
from dialin.bench.labels import keep, kept, path_of
from dialin.bench.memory import HighWater
from dialin.errors import InputError, ModelError, ProviderError
from dialin.judge.verdict import Coherence, Judge, Verdict
from dialin.tune.base import Weights
from scripted import ScriptedBackend, install, sentences
from tiny_bert import write_bert

GOODNESS = ("--goodness-llm", "test:other")


@pytest.fixture
def two(home: Path) -> list[str]:
    """Write two files of 30 sentences about five topics, and two held-out ones; return the options that name them."""
    for seed, name in enumerate(("set1", "银行", "held1", "held2")):
        write_csv(home / f"{name}.csv", sentences(6, seed))
    return ["--data", "set1.csv", "--data", "银行.csv", "--label", "topic", "--out", "out"]


@pytest.fixture
def other(backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> ScriptedBackend:
    """Put a second LLM beside the one in the loop: ``test:other``."""
    second = ScriptedBackend()
    second.name = "test:other"
    install(second, monkeypatch.setattr)
    return second


HELD_OUT = ("--held-out", "held1.csv", "--held-out", "held2.csv")


# --- goodness -------------------------------------------------------------------------------------


def test_another_llm_judges_every_cluster_and_its_calls_are_its_own(
    cli: Cli, two: list[str], backend: ScriptedBackend, other: ScriptedBackend
) -> None:
    bench(cli, two, *LLM, "--methods", "kmeans,keyphrase,gmm", "--seeds", "0,1", *GOODNESS)
    rows = rows_of()
    assert all(row["goodness"] is not None and row["n_unreadable"] == 0 for row in rows)
    assert all(row["goodness_calls"] > 0 for row in rows)
    assert {row["calls"] for row in rows} == {0, 30}
    assert len(other.asked) == len(set(other.asked)) <= sum(row["goodness_calls"] for row in rows)
    assert len(set(backend.asked)) == len(backend.asked) == 60
    assert {path.name for path in Path("out/goodness").iterdir()} == {"set1.sqlite", "银行.sqlite"}
    assert {path.name.split(".")[1] for path in Path("out/replies").iterdir()} == {"keyphrase"}
    worst, best = (min(rows, key=lambda r: r["ari"]), max(rows, key=lambda r: r["ari"]))
    assert worst["goodness"] < best["goodness"] == 1


class Fixed(Judge):
    """A judge that finds sets of two good, of three bad, and cannot read larger ones; two questions each."""

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        kinds = {2: Coherence.GOOD, 3: Coherence.BAD}
        return [Verdict(0.5, kinds.get(len(rows), Coherence.UNREADABLE), "llm", 2) for rows in clusters]

    def judge_unions(self, pairs: Any) -> list[Verdict]:
        raise AssertionError


def test_goodness_by_hand() -> None:
    """Clusters of 2, 2, 3 and 4; one sentence in none: two of the three that can be read are good."""
    found = judged(np.array([0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 3, -1]), Fixed())
    assert found.goodness.value == pytest.approx(2 / 3)
    assert found.goodness.n_unreadable == 1
    assert found.n_asked == 8
    assert math.isnan(judged(np.array([-1, -1]), Fixed()).goodness.value)
    assert [rows.tolist() for rows in clusters_in(np.array([4, -1, 2, 4]))] == [[2], [0, 3]]


@pytest.mark.parametrize(
    ("options", "role"),
    [
        (["--llm", "test:scripted", "--goodness-llm", "test:scripted"], "--llm"),
        (["--llm", "test:scripted", "--judge-llm", "test:other", *GOODNESS], "--judge-llm"),
        (["--llm", "local:gemma-3-270m", "--goodness-llm", "local:gemma-3-270m+judge"], "--judge-llm"),
    ],
)
def test_a_judge_of_its_own_work_is_refused(options: list[str], role: str, cli: Cli, two: list[str]) -> None:
    result = cli("bench", *two, *options)
    assert result.exit_code == 2
    assert f"--goodness-llm must not be an LLM of the loop, got {options[-1]!r}, which is also {role}" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("out").exists()


def test_goodness_goes_on_after_a_stop_and_can_be_asked_for_later(
    cli: Cli, two: list[str], other: ScriptedBackend
) -> None:
    options = [*two, "--llm", "none", "--methods", "kmeans,gmm"]
    bench(cli, options)
    before = Path("out/runs.jsonl").read_text().splitlines()
    assert "goodness |" not in Path("out/results.md").read_text()

    def strike(event: str) -> None:
        if event == "ask" and len(other.asked) == 20:
            raise ProviderError("the server is gone")

    other.on_call = strike
    stopped = cli("bench", *options, *GOODNESS)
    assert stopped.exit_code == 3
    assert "run the same command to continue" in stopped.stderr
    other.on_call = lambda _: None
    result = bench(cli, options, *GOODNESS)
    assert len(other.asked) == len(set(other.asked)) + 1  # one got no answer
    assert "| coverage | goodness | calls |" in result.stdout
    fixed = ("data", "method", "seed", "ari", "seconds")
    after = [json.loads(line) for line in Path("out/runs.jsonl").read_text().splitlines()]
    assert [[r[name] for name in fixed] for r in after] == [[json.loads(r)[name] for name in fixed] for r in before]
    assert all(row["goodness_calls"] for row in after)
    asked = len(other.asked)
    assert "measuring" not in bench(cli, options).stderr
    assert len(other.asked) == asked


def test_rows_of_two_judges_are_no_table(cli: Cli, two: list[str], other: ScriptedBackend) -> None:
    bench(cli, two, "--llm", "none", "--methods", "kmeans", *GOODNESS)
    result = cli("bench", *two, "--llm", "none", "--methods", "kmeans", "--goodness-llm", "test:scripted")
    assert result.exit_code == 2
    assert "the rows in out were made with goodness_llm 'test:other', not 'test:scripted'" in result.stderr


# --- downstream -----------------------------------------------------------------------------------

AXES = np.eye(3, dtype=np.float32)


def rows(X: Matrix, gold: list[str | None]) -> LabelledRows:
    return LabelledRows([f"on axis {axis}" for axis in X.argmax(axis=1)], X, gold)


def test_accuracy_downstream_by_hand() -> None:
    """Clusters 0 and 1 are about a, cluster 2 about b; of five held-out rows, four lie where their label is."""
    train = rows(AXES[[0, 0, 1, 1, 2, 2, 2]], ["a", "a", "a", None, "b", "a", "b"])
    held = rows(AXES[[0, 1, 2, 2, 1, 2]], ["a", "a", "b", "a", "a", None])
    labels = np.array([0, 0, 1, 1, 2, 2, 2])
    assert downstream_accuracy(train, labels, held) == pytest.approx(4 / 5)


def test_the_unassigned_teach_nothing() -> None:
    """Were the row of axis 1 learnt, the one held out there would be of its own cluster, which means nothing."""
    train = rows(AXES[[0, 0, 2, 2, 1]], ["a", "a", "b", "b", "c"])
    labels = np.array([5, 5, 7, 7, -1])
    assert set(logistic(train.of(np.arange(4)), labels[:4], rows(AXES, [None] * 3)).tolist()) == {5, 7}
    assert downstream_accuracy(train, labels, rows(AXES[[1]], ["c"])) == 0


@pytest.mark.parametrize(
    ("labels", "gold", "expected"),
    [([3, 3, -1], ["a", "b"], 0.5), ([-1, -1, -1], ["a", "b"], math.nan), ([0, 0, 1], [None, None], math.nan)],
)
def test_one_cluster_is_always_predicted_and_none_is_undefined(
    labels: list[int], gold: list[str | None], expected: float
) -> None:
    train = rows(AXES, ["a", "a", "b"])
    found = downstream_accuracy(train, np.array(labels), rows(AXES[:2], gold))
    assert found == pytest.approx(expected, nan_ok=True)


def test_a_cluster_without_a_gold_label_stands_for_none() -> None:
    train = rows(AXES[[0, 0, 1]], [None, None, "b"])
    assert downstream_accuracy(train, np.array([0, 0, 1]), rows(AXES[[0, 1]], ["a", "b"])) == 0.5


def test_the_command_scores_held_out_sentences(cli: Cli, two: list[str], backend: ScriptedBackend) -> None:
    options = [*two, *LLM, "--methods", "kmeans,hierarchical,dialin"]
    result = bench(cli, options, *HELD_OUT)
    rows = rows_of()
    assert all(0.8 < row["downstream"] <= 1 for row in rows if row["method"] == "hierarchical")
    assert all(0 < row["n_held_out"] <= 30 for row in rows)
    assert "| coverage | downstream | calls |" in result.stdout
    later = [*options[: options.index("--out") + 1], "other", *options[options.index("--out") + 2 :]]
    bench(cli, later)
    bench(cli, later, *HELD_OUT)
    assert lasting(rows_of("other")) == lasting(rows)


def test_held_out_sentences_that_changed_are_refused(cli: Cli, two: list[str], backend: ScriptedBackend) -> None:
    options = [*two, "--llm", "none", "--methods", "kmeans", *HELD_OUT]
    bench(cli, options)
    with Path("held2.csv").open("a") as file:
        file.write("one more refund,refund\n")
    result = cli("bench", *options)
    assert result.exit_code == 2
    assert "the held-out file of '银行' has changed since the rows in out were made" in result.stderr


def test_what_is_in_the_data_is_not_held_out(home: Path) -> None:
    case = read_case(str(write_csv(home / "a.csv", [("退款", "x"), ("parcel", "y")])), "topic")
    held = write_csv(home / "b.csv", [("退款", "x"), ("where is it", "y"), ("退款", "y"), ("lost", "")])
    found = read_held_out([str(held)], [case], "topic")["a"]
    assert found.gold == [None, "y", None, None]
    with pytest.raises(InputError, match="all labelled sentences of the held-out 'a' are in 'a'"):
        read_held_out([str(home / "a.csv")], [case], "topic")


def test_labels_that_are_spelt_otherwise_are_no_score_of_nought(home: Path) -> None:
    case = read_case(str(write_csv(home / "a.csv", [("lost it", "card arrival"), ("parcel", "card arrival")])), "topic")
    held = write_csv(home / "b.csv", [("where is it", "card_arrival")])
    with pytest.raises(InputError, match="such as 'card_arrival', is one of 'a', as 'card arrival'"):
        read_held_out([str(held)], [case], "topic")


# --- labels and memory ----------------------------------------------------------------------------


def test_labels_of_every_run_are_kept(cli: Cli, two: list[str], backend: ScriptedBackend) -> None:
    bench(cli, two, "--llm", "none", "--methods", "kmeans,dialin")
    for row in rows_of():
        case = read_case(f"{row['data']}.csv", "topic")
        labels = kept(Path("out"), (row["data"], row["method"], row["seed"]), len(case.texts))
        assert labels is not None
        assert case.score(labels).ari == row["ari"]
    assert (Path("out/labels/银行.kmeans.0.npy")).stat().st_size < 300


def test_labels_that_are_something_else_are_none(tmp_path: Path) -> None:
    key = ("银行", "dialin@50", 3)
    (tmp_path / "labels").mkdir()
    assert kept(tmp_path, key, 3) is None
    keep(tmp_path, key, np.array([0, -1, 2]))
    found = kept(tmp_path, key, 3)
    assert found is not None
    assert found.tolist() == [0, -1, 2]
    assert found.dtype == np.int64
    assert kept(tmp_path, key, 4) is None
    path_of(tmp_path, key).write_bytes(b"no array")
    assert kept(tmp_path, key, 3) is None


def test_the_peak_of_a_stretch_is_its_own(tmp_path: Path) -> None:
    """A process that may set its mark back, and one that may not."""
    (tmp_path / "status").write_text("VmPeak:\t  900000 kB\nVmHWM:\t  500000 kB\n")
    water = HighWater(tmp_path)
    assert (tmp_path / "clear_refs").read_text() == "5"
    assert water.mb() == 512.0
    marks = iter([300.0, 310.5, 310.5, 310.5])
    none = tmp_path / "none"
    assert [HighWater(none, marks.__next__).mb(), HighWater(none, marks.__next__).mb()] == [310.5, None]
    assert HighWater(none, lambda: None).mb() is None


def test_memory_is_that_of_the_run(cli: Cli, two: list[str], backend: ScriptedBackend) -> None:
    bench(cli, two, "--llm", "none", "--methods", "kmeans")
    assert all(row["peak_memory_mb"] is None or row["peak_memory_mb"] > 10 for row in rows_of())


# --- an encoder that learns the clusters, too -----------------------------------------------------


@dataclass(frozen=True)
class Stand:
    """In the place of an encoder: what it says, the logistic regression said."""

    weights: Weights
    seed: int

    def __call__(self, train: LabelledRows, labels: Labels, held: LabelledRows) -> Labels:
        assert set(map(type, train.texts)) == {str}
        assert len(train.texts) == len(labels)
        return logistic(train, labels, held)


@pytest.fixture
def encoder(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the weights of a stand-in."""
    folder = home / "models" / "tiny"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    monkeypatch.setattr("dialin.bench.encoder.require_tune", lambda what: None)
    monkeypatch.setattr("dialin.bench.measures.EncoderClassifier", Stand)
    return folder


def test_an_encoder_learns_the_clusters_also_of_runs_that_are_there(
    cli: Cli, two: list[str], backend: ScriptedBackend, encoder: Path
) -> None:
    options = [*two, "--llm", "none", "--methods", "kmeans", *HELD_OUT]
    bench(cli, options)
    assert [row["encoder"] for row in rows_of()] == [None, None]
    result = bench(cli, options, "--encoder", encoder)
    assert [row["encoder"] for row in rows_of()] == [row["downstream"] for row in rows_of()]
    assert "| downstream | downstream (encoder) | calls |" in result.stdout
    assert "measuring" not in bench(cli, options, "--encoder", encoder).stderr
    named = json.loads(Path("out/bench.json").read_text())["encoder"]
    assert named == f"tiny@{hashlib.sha256(b'weights').hexdigest()[:12]}"
    assert "downstream (encoder)" in Path("out/results.html").read_text("utf-8")


def test_rows_of_two_encoders_are_no_table(cli: Cli, two: list[str], backend: ScriptedBackend, encoder: Path) -> None:
    options = [*two, "--llm", "none", "--methods", "kmeans", *HELD_OUT, "--encoder", str(encoder)]
    bench(cli, options)
    (encoder / "model.safetensors").write_bytes(b"others")
    result = cli("bench", *options)
    assert result.exit_code == 2
    assert "the rows in out were made with encoder 'tiny@" in result.stderr


def test_an_encoder_needs_something_to_be_scored_on(cli: Cli, two: list[str], encoder: Path) -> None:
    result = cli("bench", *two, "--llm", "none", "--encoder", encoder)
    assert result.exit_code == 2
    assert "--encoder needs held-out sentences to score on (add --held-out)" in result.stderr
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("name", "message"), [("no-such", "there is no model at 'no-such'"), ("x.gguf", "is not an encoder")]
)
def test_what_is_no_encoder_is_refused(cli: Cli, two: list[str], encoder: Path, name: str, message: str) -> None:
    Path("x.gguf").write_bytes(b"GGUF")
    result = cli("bench", *two, "--llm", "none", *HELD_OUT, "--encoder", name)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not Path("out").exists()


def test_an_encoder_without_its_library_is_refused(cli: Cli, two: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gguf", None)  # the first that is asked for: nothing is half loaded then
    result = cli("bench", *two, "--llm", "none", *HELD_OUT, "--encoder", "owner/name")
    assert result.exit_code == 2
    assert "--encoder needs the package gguf" in result.stderr
    assert "pip install 'dialin[tune]'" in result.stderr


@pytest.mark.parametrize(("width", "layers", "rate"), [(768, 12, 5e-5), (384, 6, 2e-4), (1024, 24, 1.875e-5)])
def test_larger_encoders_learn_at_lower_rates(width: int, layers: int, rate: float) -> None:
    """BERT, a MiniLM, and BERT-large, for which its authors name 2e-5 among others."""
    assert rate_of(SimpleNamespace(hidden_size=width, num_hidden_layers=layers)) == pytest.approx(rate)


def test_an_encoder_learns_what_the_vectors_do_not_hold(home: Path) -> None:
    """Words 0 to 9 are of cluster 4, the others of 7; embeddings are all alike; what it learns, a seed decides."""
    for package in ("torch", "transformers", "peft", "gguf"):
        pytest.importorskip(package, reason="needs the extra `tune`")
    weights = encoder_at(str(write_bert(home / "bert")))
    rng = np.random.default_rng(0)
    labels = np.repeat([4, 7], 100)
    texts = [" ".join(f"w{i}" for i in rng.integers(0, 10, rng.integers(1, 6)) + 10 * (label == 7)) for label in labels]
    train = LabelledRows(texts[::2], np.ones((100, 2), np.float32), ["a"] * 50 + ["b"] * 50)
    held = LabelledRows(texts[1::2], np.ones((100, 2), np.float32), ["a"] * 50 + ["b"] * 50)
    assert downstream_accuracy(train, labels[::2], held) <= 0.5
    assert downstream_accuracy(train, labels[::2], held, EncoderClassifier(weights, 0)) > 0.95
    found = [EncoderClassifier(weights, seed)(train, labels[::2], held).tolist() for seed in (0, 0)]
    assert found[0] == found[1]
    assert set(found[0]) == {4, 7}


def test_a_folder_that_transformers_cannot_read_is_named(home: Path) -> None:
    for package in ("torch", "transformers", "peft", "gguf"):
        pytest.importorskip(package, reason="needs the extra `tune`")
    (home / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="transformers cannot load"):
        Network(encoder_at(str(home)), 2)
