"""The classifier learns intents and knows what is none of them; its files are whole and the same each time."""

from __future__ import annotations

import io
import json
import runpy
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli
from hypothesis import given
from hypothesis import strategies as st

import dialin
from dialin.arrays import Floats, Labels
from dialin.errors import InputError
from dialin.export.classifier import (
    N_FOLDS,
    NONE,
    fitted,
    folds,
    learnt_classifier,
    likeliest_or_none,
    scores_of_known,
    scores_of_left_out,
    scores_of_unassigned,
    weights_of,
)
from dialin.export.sklearn_pipeline import ABOUT, EXAMPLE, MODEL, README, check_sklearn_files, sklearn_files
from dialin.runs.run import Run
from fake_run import calls, fake_run, reviewed_run
from scripted import HashingEmbedder
from shop_run import shop_run

N_TOPICS, D = 6, 8


def around(topics: list[int], n: int, seed: int = 0, noise: float = 0.15) -> tuple[Floats, Labels]:
    """Return n unit vectors around each of some axes, and the axis of each."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(topics, n)
    found = np.eye(D)[labels] + noise * rng.normal(size=(len(labels), D))
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float64), labels


X, LABELS = around(list(range(N_TOPICS)), 20)
HELD, HELD_LABELS = around(list(range(N_TOPICS)), 10, seed=1)
OTHERS, _ = around([6, 7], 30, seed=2)
"""Topics that nobody has learnt."""


def test_held_out_sentences_get_their_intent_and_others_none() -> None:
    learnt = learnt_classifier(X, LABELS)
    assert learnt.model.classes_.tolist() == [NONE, *range(N_TOPICS)]
    assert (learnt.model.predict(HELD) == HELD_LABELS).mean() > 0.95
    assert (learnt.model.predict(OTHERS) == NONE).mean() > 0.9
    assert np.allclose(learnt.model.predict_proba(OTHERS).sum(axis=1), 1)
    assert (learnt.n_known, learnt.n_unknown) == (120, 120)
    assert learnt.accuracy > 0.9
    assert learnt.rejected > 0.9


def test_what_is_none_scores_the_same_for_every_sentence() -> None:
    learnt = learnt_classifier(X, LABELS)
    scores = learnt.model.decision_function(np.vstack([HELD, OTHERS]))
    assert np.allclose(scores[:, 0], learnt.none_score)


def test_the_more_is_expected_outside_the_more_gets_no_intent() -> None:
    noisy, labels = around(list(range(N_TOPICS)), 20, noise=0.6)
    few, many = (learnt_classifier(noisy, labels, outside).rejected for outside in (0.02, 0.6))
    assert few < many


def test_sentences_without_an_intent_count_too() -> None:
    """Six of the twelve sentences without an intent lie where no intent is."""
    labels = np.concatenate([LABELS, np.full(len(OTHERS), NONE)])
    learnt = learnt_classifier(np.vstack([X, OTHERS]), labels)
    assert learnt.n_unknown == 120 + len(OTHERS)
    assert (learnt.model.predict(OTHERS) == NONE).all()


def test_two_intents_are_enough() -> None:
    """No model could leave one of them out, so nothing tells what is none of them but how far most sentences are."""
    rows = LABELS < 2
    learnt = learnt_classifier(X[rows], LABELS[rows])
    assert (learnt.model.predict(X[rows]) == LABELS[rows]).mean() >= 0.9
    assert learnt.n_unknown == 0
    assert np.isnan(learnt.rejected)


@pytest.mark.parametrize("labels", [[0, 0, 0], [-1, -1, -1], [3, -1, 3]])
def test_one_intent_is_not_enough(labels: list[int]) -> None:
    with pytest.raises(InputError, match="two intents or more"):
        learnt_classifier(X[:3], np.array(labels))


def test_intents_of_one_sentence_are_learnt_and_not_scored() -> None:
    labels = np.array([0, 1, 2])
    learnt = learnt_classifier(X[[0, 20, 40]], labels)
    assert learnt.model.predict(X[[0, 20, 40]]).tolist() in ([0, 1, 2], [-1, -1, -1])
    assert learnt.n_known == 0
    assert np.isnan(learnt.accuracy)


def test_every_sentence_is_scored_once_by_a_model_that_has_not_seen_it() -> None:
    scores, truth = scores_of_known(X, LABELS)
    assert sorted(truth.tolist()) == sorted(LABELS.tolist())
    assert np.isfinite(scores).all()


def test_a_model_that_does_not_know_an_intent_gives_it_no_score() -> None:
    """With five parts, the intents 0 and 5 are left out together."""
    scores = scores_of_left_out(X, LABELS)
    assert np.isneginf(scores[:40, [0, 5]]).all()
    assert np.isfinite(scores[:40, 1:5]).all()
    assert np.isneginf(scores).sum() == 40 * 2 + 4 * 20
    assert scores_of_unassigned(X, LABELS, OTHERS).shape == (60, N_TOPICS)
    assert len(scores_of_unassigned(X, LABELS, OTHERS[:0])) == 0


def test_the_weights_of_two_classes_tell_the_same_as_scikit_learn() -> None:
    rows = LABELS < 2
    model = learnt_classifier(X, LABELS).model.__class__().fit(X[rows], LABELS[rows])
    coef, intercept = weights_of(model)
    scores = HELD @ coef.T + intercept
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert np.allclose(p, model.predict_proba(HELD))


def test_the_two_numbers_of_a_case_worked_by_hand() -> None:
    """Known sentences score 4 for theirs and 0 for another, unknown ones 1 and 1: none must score between.

    With temperature T and score s of none, the loss only falls while T falls, as all are told apart.
    """
    scores, unknown = np.tile([4.0, 0.0], (10, 1)), np.ones((10, 2))
    temperature, none_score = fitted(scores, np.zeros(10, np.int64), unknown, 0.5)
    assert 1.0 < none_score * temperature < 4.0
    assert temperature < 0.5
    assert likeliest_or_none(scores, none_score * temperature).tolist() == [0] * 10
    assert likeliest_or_none(unknown, none_score * temperature).tolist() == [NONE] * 10
    assert fitted(scores[:0], np.zeros(0, np.int64), unknown, 0.5) == (1.0, 0.0)


@given(st.lists(st.integers(0, 5), max_size=60))
def test_the_rows_of_each_label_are_spread_evenly(labels: list[int]) -> None:
    found = folds(np.array(labels, np.int64))
    for label in set(labels):
        sizes = np.bincount(found[np.array(labels) == label], minlength=N_FOLDS)
        assert sizes.max() - sizes.min() <= 1


# --- files ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return reviewed_run(tmp_path_factory.mktemp("classifier") / "run")


@pytest.fixture(scope="module")
def files(run: Run) -> dict[str, bytes]:
    pytest.importorskip("skops")
    return sklearn_files(run)


def test_the_files_are_whole_and_the_same_each_time(run: Run, files: dict[str, bytes]) -> None:
    assert set(files) == {MODEL, ABOUT, EXAMPLE, README}
    assert sklearn_files(run) == files
    model = check_sklearn_files(files)
    said = json.loads(files[ABOUT])
    assert said["embedder"] == "test:hashing"
    assert said["names"]["-1"] == "none of these"
    assert model.n_features_in_ == said["dimensions"] == 64
    assert "test:hashing" in files[README].decode()


def test_intents_are_learnt_as_the_review_left_them(run: Run, files: dict[str, bytes]) -> None:
    """Parcels and refunds are one intent now, and what only agents say is no class: a bot does not hear it."""
    names = set(json.loads(files[ABOUT])["names"].values())
    assert names == {"none of these", "say-hello", "ask-anything", "重置-密码", "新-密码"}


def test_the_model_needs_no_code_of_others(files: dict[str, bytes]) -> None:
    import skops.io  # noqa: PLC0415

    assert skops.io.get_untrusted_types(data=files[MODEL]) == []
    with zipfile.ZipFile(io.BytesIO(files[MODEL])) as archive:
        assert {Path(name).suffix for name in archive.namelist()} == {".npy", ".json"}
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_example_runs(
    files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.setattr(dialin, "embedder_of", lambda _: HashingEmbedder())
    said = "money back, refund please 3 0\n\n 我的密码忘了一 \nqwert asdf\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(said.encode())))
    runpy.run_path(str(tmp_path / EXAMPLE))
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == ["ask-anything", "重置-密码", "none of these"]
    assert [row[2] for row in rows] == ["money back, refund please 3 0", "我的密码忘了一", "qwert asdf"]
    assert all(0 < float(row[1]) <= 1 for row in rows)


@pytest.mark.parametrize("what", ["missing", "cut", "other names", "no json"])
def test_files_that_are_damaged(files: dict[str, bytes], what: str) -> None:
    said = json.loads(files[ABOUT])
    said["names"]["99"] = "another"
    changed = {
        "missing": {ABOUT: files[ABOUT]},
        "cut": files | {MODEL: files[MODEL][:100]},
        "other names": files | {ABOUT: json.dumps(said).encode()},
        "no json": files | {ABOUT: b"{"},
    }[what]
    with pytest.raises(InputError, match=r"is damaged|other classes"):
        check_sklearn_files(changed)


def test_a_run_of_one_intent_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("skops")
    said = [each for each in calls(2) if each.intent in {"inquire-parcel", ""}]
    with pytest.raises(InputError, match="two intents or more"):
        sklearn_files(fake_run(tmp_path / "run", said))


def test_without_skops_the_extra_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skops.io", None)
    monkeypatch.setitem(sys.modules, "skops", None)
    with pytest.raises(InputError, match=r'pip install "dialin\[classifier\]"'):
        sklearn_files(run)


def test_the_command_writes_a_classifier_of_the_wanted_intents(tmp_path: Path, cli: Cli) -> None:
    """What is no need, or said by agents, is none of these; the account says what was left out and why."""
    run, out = shop_run(tmp_path / "run"), tmp_path / "classifier"
    result = cli("export", str(run.folder), "--to", "sklearn", "--out", str(out))
    assert result.exit_code == 0, result.stderr
    account = json.loads((out / "export.json").read_text("utf-8"))
    classes = set(check_sklearn_files({name: (out / name).read_bytes() for name in account["files"]}).classes_.tolist())
    kept = {row["intent_id"] for row in run.intents.to_pylist() if row["role"] != "agent"}
    left = {one["intent_id"] for one in account["intents_left_out"]}
    assert classes == kept - left | {NONE}
    assert (account["to"], account["n_intents"], account["languages"]) == ("sklearn", len(classes) - 1, ["en", "zh"])
    assert (out / "names.csv").read_text("utf-8").count("\n") == len(classes)
    assert cli("export", str(run.folder), "--to", "sklearn", "--out", str(out), "--force").exit_code == 0


@pytest.mark.parametrize("option", [("--max-phrases", "5"), ("--with-none",)])
def test_a_classifier_takes_no_options_of_phrases(tmp_path: Path, cli: Cli, option: tuple[str, ...]) -> None:
    run = shop_run(tmp_path / "run")
    result = cli("export", str(run.folder), "--to", "sklearn", "--out", str(tmp_path / "out"), *option)
    assert result.exit_code == 2
    assert f"{option[0]} is for formats with phrases" in result.stderr
    assert not (tmp_path / "out").exists()
