from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Cli
from numpy.typing import NDArray

import scripted
import tune_tiny
from dialin.discover.connect import beside
from dialin.errors import InputError
from dialin.judge.calibration import Calibration, read_calibration
from dialin.judge.coherence import JudgeSettings
from dialin.prompts.prompt import Prompt
from dialin.tune.fit_calibration import JudgedClusters, ask, bins_of, fit, held_out_p, trust_of

BASE = Calibration("base", (0.0, 4.0, 0.0, 0.0), (0.0, 1.0), (0.0, 1.0, 1.0), kept_weights=(0.5, 3.0, 0.0, 0.0))


def asked_of(n: int = 400, noise: float = 1.0, shared: float = 0.0, zh: float | None = None) -> JudgedClusters:
    """Return clusters whose answers are ±1 (good: +1) and noise; `shared` of it is in the tightness, too."""
    rng = np.random.default_rng(0)
    good = np.arange(n) % 2 == 0
    common = rng.normal(size=n)
    answers = np.where(good, 1.0, -1.0) + noise * (shared * common + (1 - shared) * rng.normal(size=n))
    tightness = 0.5 + 0.1 * np.where(good, 1.0, -1.0) + 0.1 * (shared * common + (1 - shared) * rng.normal(size=n))
    is_zh = np.arange(n) % 4 < 2 if zh is not None else np.zeros(n, bool)
    shapes = np.column_stack([tightness, tightness, np.full(n, 20), np.full(n, 1_000)])
    source = np.array(["bank", "shop"])[(np.arange(n) // 2) % 2]
    return JudgedClusters(source, is_zh, good, np.ones(n, bool), answers - np.where(is_zh, zh or 0.0, 0.0), shapes)


def test_every_source_and_either_side_weigh_the_same() -> None:
    """Sides of 1, 2 and 1 clusters: each weighs 4/3, the two of one side 2/3 each."""
    asked = asked_of(4)
    asked = JudgedClusters(
        np.array(["a", "a", "a", "b"]), asked.is_zh, np.array([True, False, False, True]), *_rest(asked)
    )
    assert asked.weight.tolist() == pytest.approx([4 / 3, 2 / 3, 2 / 3, 4 / 3])


def _rest(asked: JudgedClusters) -> tuple[Any, Any, Any]:
    return asked.readable, asked.answers, asked.shapes


def test_answers_of_equal_spread_get_the_weight_that_theory_gives() -> None:
    """Normal answers about ±1 with variance 1: the log-odds of good are 2 · answer."""
    a, b = fit(asked_of(40_000), BASE).llm_weights
    assert a == pytest.approx(0.0, abs=0.05)
    assert b == pytest.approx(2.0, abs=0.06)


def test_what_the_embeddings_know_already_counts_less() -> None:
    """Answers whose noise the tightness has no part in add all of theirs; with the same noise, less."""
    apart, alike = fit(asked_of(20_000), BASE), fit(asked_of(20_000, shared=0.5), BASE)
    assert apart.joint_weights[1] == pytest.approx(apart.llm_weights[1], rel=0.03)
    assert alike.joint_weights[1] < 0.9 * alike.llm_weights[1]
    for found in (apart, alike):
        assert found.joint_weights[2] == 1.0  # the geometry keeps the weight that was chosen for the search
        assert found.joint_weights[0] * found.llm_weights[1] == pytest.approx(
            found.joint_weights[1] * found.llm_weights[0]
        )


def test_closeness_never_counts_against_a_cluster() -> None:
    """Where bad clusters are the closer ones, an audit goes by the answers alone; else by both."""
    asked = asked_of()
    turned = asked.shapes * [-1, 1, 1, 1] + [1, 0, 0, 0]
    odd = JudgedClusters(asked.source, asked.is_zh, asked.good, asked.readable, asked.answers, turned)
    found, usual = fit(odd, BASE).audit_weights, fit(asked, BASE).audit_weights
    assert found is not None
    assert usual is not None
    assert found == pytest.approx((*fit(odd, BASE).llm_weights, 0.0))
    assert usual[2] > 0


def test_the_reach_is_what_nine_of_ten_answers_move() -> None:
    asked = asked_of(2_000)
    found = fit(asked, BASE)
    moves = np.abs(found.joint_weights[0] + found.joint_weights[1] * asked.answers)
    assert (moves < found.answer_span).mean() == pytest.approx(0.9, abs=0.002)


def test_a_language_that_is_judged_harder_is_shifted() -> None:
    """Chinese answers are 1.5 too low."""
    found = fit(asked_of(20_000, zh=1.5), BASE)
    assert found.language_shift["zh"] == pytest.approx(1.5, abs=0.1)
    assert found.llm_weights[0] == pytest.approx(0.0, abs=0.1)
    assert not fit(asked_of(), BASE).language_shift


def test_answers_that_say_nothing_are_refused() -> None:
    asked = asked_of()
    wrong = JudgedClusters(asked.source, asked.is_zh, ~asked.good, *_rest(asked))
    with pytest.raises(InputError, match=r"do not tell good clusters from bad ones \(AUC 0\.0"):
        fit(wrong, BASE)


def test_figures_are_of_what_the_fit_has_not_seen() -> None:
    """Source shop is judged the other way round: fitted on bank alone, its answers are worse than chance."""
    asked = asked_of(1_000)
    turned = np.where(asked.source == "shop", -asked.answers, asked.answers) * np.where(asked.source == "shop", 0.2, 1)
    found = held_out_p(
        JudgedClusters(asked.source, asked.is_zh, asked.good, asked.readable, turned, asked.shapes), BASE
    )["llm"]
    shop = asked.source == "shop"
    assert ((found[shop] >= 0.5) == asked.good[shop]).mean() < 0.3


def test_one_source_is_tested_by_fifths() -> None:
    asked = asked_of()
    one = JudgedClusters(np.full(400, "bank"), asked.is_zh, asked.good, *_rest(asked))
    found = held_out_p(one, BASE)
    assert all(np.isfinite(p).all() for p in found.values())
    [row] = [each for each in trust_of(one, found) if each.judge == "both"]
    assert (row.source, row.n) == ("all", 400)
    assert row.auc > 0.93
    assert row.ece < 0.08


def test_figures_come_by_source_and_for_all() -> None:
    asked = asked_of()
    rows = trust_of(asked, held_out_p(asked, BASE))
    assert [row.source for row in rows[::3]] == ["bank", "shop", "all"]
    assert [row.judge for row in rows[:3]] == ["embeddings", "llm", "both"]
    assert rows[-1].auc > max(rows[-2].auc, rows[-3].auc)


def test_bars_hold_every_cluster() -> None:
    p = np.array([0.0, 0.05, 0.95, 1.0])
    bars = bins_of(p, np.array([False, True, True, True]))
    assert [(bar.n, bar.p_good, bar.good) for bar in bars] == [(2, 0.025, 0.5), (2, 0.975, 1.0)]


# ---- asking


class Letters:
    """Says Good with P = .8 where all sentences shown are alike."""

    name = "test:letters"

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:
        self.prompts += prompts
        alike = [_is_alike(prompt.user) for prompt in prompts]
        return np.array([[0.8, 0.2] if is_good else [0.2, 0.8] for is_good in alike])

    def complete(self, prompts: Sequence[Prompt], max_tokens: int, grammar: str = "") -> list[str]:
        raise AssertionError("nothing is generated")


def _is_alike(text: str) -> bool:
    letters = {line.split()[-1][0] for line in text.splitlines() if line.strip()[:1] in {"-", "•", "*"}}
    return not letters & set("wxyz")


def clusters(n: int = 60) -> list[dict[str, Any]]:
    shape = {"tightness": 0.4, "cosine": 0.6, "size": 12, "n": 300}
    return [row | shape | {"tightness": 0.5 if row["good"] else 0.4} for row in tune_tiny.rows(n)]


def test_each_cluster_is_asked_about_once_as_a_run_would() -> None:
    llm = Letters()
    found = ask(clusters(), llm, JudgeSettings(form="tuned"), lambda texts: np.eye(len(texts), dtype=np.float32))
    assert len(llm.prompts) == 60
    assert np.allclose(found.answers, np.where(found.good, np.log(4), -np.log(4)))
    assert found.readable.all()
    assert found.shapes[0].tolist() == [0.4, 0.6, 12, 300]


def test_too_few_clusters_are_refused() -> None:
    with pytest.raises(InputError, match="at least 10 good and 10 bad clusters are needed, got 9 and 9"):
        ask(clusters(18), Letters(), JudgeSettings(form="tuned"), lambda texts: np.eye(len(texts), dtype=np.float32))


# ---- the command, and runs


@pytest.fixture
def table(home: Path) -> Path:
    """Write clusters of the scripted topics: half of one topic, half of two; one in eight has the wrong truth."""
    by_topic: dict[str, list[str]] = {}
    for text, topic in scripted.sentences():
        by_topic.setdefault(topic, []).append(text)
    topics, rng = sorted(by_topic), np.random.default_rng(0)
    rows = []
    for i, row in enumerate(clusters(80)):
        first, second = rng.choice(len(topics), 2, replace=False)
        pool = (
            by_topic[topics[first]][:4] if row["good"] else by_topic[topics[first]][:2] + by_topic[topics[second]][:2]
        )
        rows.append(row | {"shown": pool, "good": row["good"] ^ (i % 8 == 0)})
    return tune_tiny.write(home / "clusters.parquet", rows)


def test_a_calibration_serves_a_run_and_goes_with_it(
    cli: Cli, backend: scripted.ScriptedBackend, table: Path, calls: Path
) -> None:
    made = cli("tune", "calibrate", table, "--llm", "test:scripted", "--out", "mine.json")
    assert made.exit_code == 0, made.stderr
    assert "test:scripted/pairs is calibrated" in made.stdout
    found = read_calibration(Path("mine.json"))
    assert (found.name, found.form, found.n_shown) == ("test:scripted/pairs", "pairs", 4)
    options = ("--llm", "test:scripted", "--calibration", "mine.json", "--out", "run")
    assert cli("discover", calls, *options, "--max-calls", 3).exit_code == 0
    kept = json.loads(Path("run/manifest.json").read_text())["calibration"]
    assert kept["name"] == "test:scripted/pairs"
    assert kept["llm_weights"] == pytest.approx(list(found.llm_weights))
    Path("mine.json").unlink()
    resumed = cli("resume", "run")
    assert resumed.exit_code == 0, resumed.stderr
    assert json.loads(Path("run/manifest.json").read_text())["calibration"] == kept


def test_the_figures_are_printed_and_written(cli: Cli, backend: scripted.ScriptedBackend, table: Path) -> None:
    found = json.loads(cli("tune", "calibrate", table, "--llm", "test:scripted", "--out", "a.json", "--json").stdout)
    assert found == json.loads(Path("a.json").read_text())
    [llm] = [row for row in found["trust"] if (row["source"], row["judge"]) == ("all", "llm")]
    assert llm["n"] == 80
    assert llm["accuracy"] == pytest.approx(0.875)  # one in eight has the wrong truth
    assert sum(bar["n"] for bar in found["reliability"]) == 80
    text = cli("tune", "calibrate", table, "--llm", "test:scripted", "--out", "b.json").stdout
    assert "0.875" in text
    assert max(map(len, text.splitlines()[:-1])) <= 80


def test_a_calibration_lies_beside_an_adapter(home: Path) -> None:
    (home / "judge").mkdir()
    assert beside("local:gemma-3-270m+judge") == "auto"
    values = {**vars(BASE), "language_shift": {}, "prompt_version": 1}
    (home / "judge" / "calibration.json").write_text(json.dumps({"calibration": values}))
    found = beside("local:gemma-3-270m+judge")
    assert isinstance(found, Calibration)
    assert found.kept_weights == BASE.kept_weights


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--llm", "none", "--out", "a.json"), "there is no LLM to calibrate"),
        (("--llm", "test:scripted"), "has no adapter folder to write into"),
        (("--llm", "test:scripted", "--out", "no/such/a.json"), "cannot write"),
    ],
)
def test_wrong_use_is_one_line(
    cli: Cli, backend: scripted.ScriptedBackend, table: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = cli("tune", "calibrate", table, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("text", ["{}", "no json", '{"calibration": {"name": "a"}}', '{"calibration": []}'])
def test_a_file_without_a_calibration_is_named(
    cli: Cli, backend: scripted.ScriptedBackend, calls: Path, text: str
) -> None:
    Path("c.json").write_text(text)
    result = cli("discover", calls, "--out", "run", "--llm", "test:scripted", "--calibration", "c.json")
    assert result.exit_code == 2
    assert "c.json holds no calibration" in result.stderr
    assert "cannot read none.json" in cli("estimate", calls, "--calibration", "none.json").stderr


def test_another_form_than_that_of_the_calibration_is_refused(
    cli: Cli, backend: scripted.ScriptedBackend, calls: Path
) -> None:
    Path("c.json").write_text(json.dumps({"calibration": {**vars(BASE), "language_shift": {}, "prompt_version": 1}}))
    options = ("--out", "run", "--llm", "test:scripted", "--calibration", "c.json", "--form", "list")
    result = cli("discover", calls, *options)
    assert result.exit_code == 2
    assert "is of the form 'pairs', asked for is 'list'" in result.stderr
