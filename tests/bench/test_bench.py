"""`dialin bench`: what is run, what is kept, and what goes on after a kill."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import Cli

from bench_runs import LLM, bench, lasting, rows_of, write_csv
from dialin.arrays import Labels
from dialin.bench import table
from dialin.bench.cases import read_case
from dialin.bench.compare import TEST
from dialin.bench.methods import ITL, METHODS, check_methods, own_settings
from dialin.bench.results import Row, about_of, append_row, open_folder
from dialin.cluster.cut_weights import CutWeights, weights_for
from dialin.discover import heights
from dialin.discover.context import Tools
from dialin.discover.settings import Settings
from dialin.discover.specs import Specs
from dialin.errors import InputError, ProviderError
from dialin.jobs.machine import machine_name
from dialin.llm.client import Client
from dialin.peers.base import Kit, Problem
from dialin.peers.library import WithLibrary
from dialin.peers.registry import PEERS
from one_line import one_line
from scripted import HashingEmbedder, ScriptedBackend, sentences
from tuned_folder import tuned_folder

ASKING = ["keyphrase", "idas", "clusterllm", "edgerefine", "dialin", "paper", *ITL]


@pytest.fixture
def two(home: Path) -> list[str]:
    """Write two files of 30 sentences about five topics; return the options that name them."""
    for seed in (1, 2):
        write_csv(home / f"set{seed}.csv", sentences(6, seed))
    return ["--data", "set1.csv", "--data", "set2.csv", "--label", "topic", "--out", "out"]


# --- runs -----------------------------------------------------------------------------------------


def test_every_method_is_run_on_every_file_with_every_seed(cli: Cli, two: list[str], backend: ScriptedBackend) -> None:
    methods = [name for name in METHODS if not isinstance(PEERS.get(name), WithLibrary)]
    result = bench(cli, two, *LLM, "--methods", ",".join(methods), "--seeds", "0,1")
    rows = rows_of()
    assert {(r["data"], r["method"], r["seed"]) for r in rows} == {
        (data, method, seed) for data in ("set1", "set2") for method in methods for seed in (0, 1)
    }
    assert {r["method"] for r in rows if r["calls"]} == set(ASKING)
    assert {r["method"] for r in rows if not r["told_k"]} == {"dialin", "paper", *ITL}
    assert all((r["calls"] > 0) == (r["tokens_in"] > 0) for r in rows)
    assert {r["n_true"] for r in rows} == {5}
    assert {r["machine"] for r in rows} == {machine_name()}
    assert all(r["calls"] == 30 for r in rows if r["method"] in {"keyphrase", "idas"})
    assert result.stdout == (Path("out") / "results.md").read_text("utf-8")
    assert "## all data sets" in result.stdout
    assert TEST in result.stdout
    assert f"set1: kmeans, seed 0 (1 of {len(rows)})" in result.stderr


def test_without_an_llm_geometry_judges_and_nothing_is_asked(
    cli: Cli, two: list[str], backend: ScriptedBackend
) -> None:
    result = bench(cli, two, "--llm", "none", "--methods", "dialin,paper,gmm", "--json")
    value = json.loads(result.stdout)
    assert (value["runs"], value["test"]["name"]) == (6, TEST)
    assert {line["method"] for line in value["lines"]} == {"dialin", "paper", "gmm"}
    assert not backend.asked
    assert not list(Path("out/replies").iterdir())
    assert all(r["coverage"] <= 1 and r["calls"] == 0 for r in rows_of())


def test_the_evidence_is_weighed_for_the_embedder_that_made_the_vectors(
    cli: Cli, two: list[str], backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()

    def noted(embedder: str, *, is_chinese: bool) -> CutWeights:
        asked.append(embedder)
        return weights_for(embedder, is_chinese=is_chinese)

    monkeypatch.setattr(heights, "weights_for", noted)
    bench(cli, two, "--llm", "none", "--methods", "dialin,paper")
    assert set(asked) == {HashingEmbedder.name}


def test_a_reply_is_counted_for_each_run_and_paid_for_once(cli: Cli, two: list[str], backend: ScriptedBackend) -> None:
    bench(cli, two, *LLM, "--methods", "keyphrase", "--seeds", "0,1")
    first, second = (row for row in rows_of() if row["data"] == "set1")
    assert (first["calls"], first["paid_calls"]) == (30, 30)
    assert (second["calls"], second["paid_calls"]) == (30, 0)
    assert (first["tokens_in"], first["tokens_out"]) == (second["tokens_in"], second["tokens_out"])
    assert len(set(backend.asked)) == len(backend.asked)


def test_methods_see_no_label(
    cli: Cli, two: list[str], backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Problem] = []

    class Spy:
        name, needs_llm = "spy", False

        def __init__(self, told_k: bool) -> None:
            self.told_k = told_k

        def __call__(self, problem: Problem, kit: Kit) -> Labels:
            assert kit.llm is None
            seen.append(problem)
            return np.zeros(len(problem.texts), dtype=np.int64)

    monkeypatch.setitem(PEERS, "kmeans", Spy(told_k=True))
    monkeypatch.setitem(PEERS, "gmm", Spy(told_k=False))
    bench(cli, two, *LLM, "--methods", "kmeans,gmm", "--seeds", "7")
    assert [(problem.n_clusters, problem.seed) for problem in seen] == [(5, 7), (1, 7)] * 2
    assert all(set(vars(problem)) == {"texts", "X", "n_clusters", "seed"} for problem in seen)
    assert not backend.asked


def llm_called(name: str) -> Client:
    backend = ScriptedBackend()
    backend.name = name
    return Client(backend)


def test_the_papers_rows_are_its_loop_with_the_llm_alone() -> None:
    tools = Tools(None, lambda texts: np.zeros((len(texts), 2), np.float32), judge_llm=llm_called("openai:some"))
    tuned = replace(tools, judge_llm=llm_called("local:gemma-3-270m+judge"))
    for name in ITL:
        found = own_settings(name, tools)
        assert (found.strategy, found.judge, found.form) == ("paper", "llm", "list")
        assert own_settings(name, tuned) == replace(found, form="auto")
        assert found.sampler == ("random" if name == "itl-random" else "convex")
        assert found.merge == ("paper" if "merge" in name else "none")
        assert found.roles == ("label" if "role" in name else "ignore")
    assert own_settings("dialin@50", tools) == own_settings("dialin", tools) == Settings()


def test_the_keyphrase_row_sees_the_expanded_vectors(cli: Cli, two: list[str], backend: ScriptedBackend) -> None:
    """It asks for the keyphrases of each of the 30 sentences, which the peer has asked for before."""
    bench(cli, two, *LLM, "--methods", "itl-convex,keyphrase,itl-keyphrase")
    calls = {r["method"]: r["calls"] for r in rows_of() if r["data"] == "set1"}
    assert calls["keyphrase"] == 30
    assert calls["itl-keyphrase"] > 30
    assert calls["itl-convex"] < 30


# --- going on -------------------------------------------------------------------------------------


def test_what_is_there_is_not_run_again(cli: Cli, two: list[str], backend: ScriptedBackend) -> None:
    bench(cli, two, *LLM, "--methods", "kmeans,edgerefine")
    before, asked = (Path("out") / "runs.jsonl").read_text(), len(backend.asked)
    again = bench(cli, two, *LLM, "--methods", "edgerefine,kmeans")
    assert "seed 0" not in again.stderr
    more = bench(cli, two, *LLM, "--methods", "kmeans,hierarchical", "--seeds", "0,3")
    assert (Path("out") / "runs.jsonl").read_text().startswith(before)
    assert more.stderr.count("ARI") == 6
    assert len(rows_of()) == 10
    assert len(backend.asked) == asked


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ProviderError])
def test_after_a_stop_the_same_command_goes_on_at_the_exact_call(
    stop: type[BaseException], cli: Cli, two: list[str], backend: ScriptedBackend
) -> None:
    options = [*two, *LLM, "--methods", "kmeans,idas,clusterllm"]
    n_calls = 0

    def strike(event: str) -> None:
        nonlocal n_calls
        n_calls += event == "ask"
        if n_calls == 50 and event == "ask":
            raise stop("the server is gone") if stop is ProviderError else stop

    backend.on_call = strike
    stopped = cli("bench", *options)
    assert stopped.exit_code == {KeyboardInterrupt: 130, ProviderError: 3}[stop]
    assert "all results and replies are kept; run the same command to continue" in stopped.stderr
    assert 2 <= len((Path("out") / "runs.jsonl").read_text().splitlines()) < 6
    struck = backend.asked.pop()
    backend.on_call = lambda _: None
    bench(cli, options)
    assert len(set(backend.asked)) == len(backend.asked)
    assert struck in backend.asked
    disturbed = lasting(rows_of())
    bench(cli, [*two[:-1], "other", *options[len(two) :]])
    assert disturbed == lasting(rows_of("other"))


def test_a_line_that_a_kill_cut_short_is_run_again(cli: Cli, two: list[str], backend: ScriptedBackend) -> None:
    options = [*two, "--llm", "none", "--methods", "kmeans"]
    bench(cli, options)
    path = Path("out") / "runs.jsonl"
    whole = path.read_text()
    path.write_text(whole[:-40])
    assert bench(cli, options).stderr.count("ARI") == 1
    assert [json.loads(line)["data"] for line in path.read_text().splitlines()] == ["set1", "set2"]
    path.write_text("{}\n" + whole)
    damaged = cli("bench", *options)
    assert damaged.exit_code == 2
    assert "line 1 of out/runs.jsonl is damaged" in damaged.stderr


def test_runs_whose_labels_are_gone_are_not_measured(cli: Cli, two: list[str], backend: ScriptedBackend) -> None:
    options = [*two, "--llm", "none", "--methods", "kmeans"]
    bench(cli, options)
    for file in Path("out/labels").iterdir():
        file.unlink()
    write_csv(Path("held.csv"), sentences(4, 9))
    write_csv(Path("held2.csv"), sentences(4, 8))
    result = bench(cli, options, "--held-out", "held.csv", "--held-out", "held2.csv")
    assert "set1: 1 run cannot be measured, because the labels are missing" in result.stderr
    assert "ARI" not in result.stderr
    assert [r["n_held_out"] for r in rows_of()] == [None, None]
    assert "| kmeans | yes | 1 |" in result.stdout


def test_a_folder_that_lacks_something_is_damaged(cli: Cli, two: list[str], backend: ScriptedBackend) -> None:
    options = [*two, "--llm", "none", "--methods", "kmeans"]
    bench(cli, options)
    about = json.loads(Path("out/bench.json").read_text())
    del about["encoder"]
    Path("out/bench.json").write_text(json.dumps(about))
    one_line(cli("bench", *options), "bench.json is damaged", "'encoder'", "another --out")


# --- errors ---------------------------------------------------------------------------------------


def change_data() -> None:
    with Path("set1.csv").open("a") as file:
        file.write("one more refund,refund\n")


def change_nothing() -> None:
    pass


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (change_nothing, ["--llm", "none", "--embedder", "local:other"], "were made with embedder 'auto'"),
        (change_nothing, [*LLM], "the rows in out were made with llm 'none', not 'test:scripted'"),
        (change_data, ["--llm", "none"], "the data set 'set1' has changed since the rows in out"),
    ],
)
@pytest.mark.usefixtures("backend")
def test_rows_that_cannot_stand_in_one_table_are_refused(
    change: Callable[[], None], options: list[str], message: str, cli: Cli, two: list[str]
) -> None:
    bench(cli, two, "--llm", "none", "--methods", "kmeans")
    before = (Path("out") / "results.md").read_text()
    change()
    result = cli("bench", *two, *options, "--methods", "kmeans", "--seeds", "0,1")
    assert result.exit_code == 2
    assert message in result.stderr
    assert (Path("out") / "results.md").read_text() == before


def test_rows_of_two_tunings_of_an_embedder_do_not_stand_in_one_table(cli: Cli, two: list[str]) -> None:
    tuned_folder(Path("en"))
    command = ["bench", *two, "--llm", "none", "--methods", "kmeans", "--embedder", "local:./en", "--seeds"]
    assert cli(*command, "0").exit_code == 0
    assert cli(*command, "0").exit_code == 0
    tuned_folder(Path("en"), "\n")
    one_line(cli(*command, "0,1"), "the rows in out were made with embedder")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--methods", "kmeans,deep"], "unknown method 'deep' (there are: kmeans, gmm"),
        (["--methods", ","], "--methods is empty"),
        (["--methods", "idas"], "the method 'idas' needs an LLM, got --llm none"),
        (["--methods", "itl-merge"], "the method 'itl-merge' needs an LLM, got --llm none"),
        (["--calls", "50"], "the method 'dialin@50' needs an LLM, got --llm none"),
        (["--methods", "idas@50"], "unknown method 'idas@50'"),
        (["--calls", "50,0"], "calls must be whole numbers from 1, got '0'"),
        (["--goodness-llm", "none"], "--goodness-llm must be an LLM, got 'none'"),
        (["--held-out", "set2.csv"], "--held-out must be given once per --data, got 1 for 2"),
        (["--held-out", "set1.csv", "--held-out", "set2.csv"], "all labelled sentences of the held-out 'set1' are in"),
        (["--seeds", "0,x"], "seeds must be whole numbers from 0 to 4294967295, got 'x'"),
        (["--seeds", ""], "got none"),
        (["--label", "intent"], "has no column 'intent'"),
        (["--data", "sub/set1.csv"], "two files are called 'set1'"),
        (["--data", "-"], "cannot read standard input"),
    ],
)
def test_wrong_options_are_one_line_and_make_nothing(
    options: list[str], message: str, cli: Cli, two: list[str], backend: ScriptedBackend
) -> None:
    result = cli("bench", *two, "--llm", "none", *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("out").exists()


def test_a_folder_of_something_else_is_left_alone(cli: Cli, two: list[str], backend: ScriptedBackend) -> None:
    Path("out").mkdir()
    Path("out/diary.txt").write_text("dear diary")
    result = cli("bench", *two, "--llm", "none")
    assert result.exit_code == 2
    assert "out is neither empty nor a benchmark folder" in result.stderr
    assert [path.name for path in Path("out").iterdir()] == ["diary.txt"]


@pytest.mark.parametrize("target", ["replace", "mkdir"])
def test_a_benchmark_that_was_killed_at_its_start_is_begun_again(
    home: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """Killed before its first file is whole, or before its second folder is made."""
    about = about_of(Specs("none"), {"set1": "0" * 64}, {"goodness_llm": "", "held_out": {}, "encoder": ""})
    n_calls, real = 0, getattr(Path, target)

    def killed(self: Path, *arguments: Any, **options: Any) -> Any:
        nonlocal n_calls
        n_calls += 1
        if target == "replace" or n_calls == 3:
            raise SystemExit
        return real(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, target, killed)
        with pytest.raises(SystemExit):
            open_folder(Path("out"), about)
    assert Path("out").is_dir()
    assert open_folder(Path("out"), about) == []


def test_a_missing_library_is_told_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(InputError, match="umap-learn"):
        check_methods(["kmeans", "density"], "none")
    check_methods(["kmeans"], "none")


# --- data -----------------------------------------------------------------------------------------


def test_rows_count_and_rows_without_label_do_not(home: Path) -> None:
    """Two sentences, one of them three times; one row has no label, one no text."""
    path = write_csv(home / "a.b.csv", [("退款", "x"), ("退款", "x"), ("退款", ""), ("where is it", "y"), ("", "y")])
    case = read_case(str(path), "topic")
    assert (case.name, case.texts, case.n_clusters) == ("a.b", ["where is it", "退款"], 2)
    assert case.sentence.tolist() == [1, 1, 1, 0]
    assert case.gold == ["x", "x", None, "y"]
    scores = case.score(np.array([-1, 0]))
    assert (scores.n, scores.n_clusters) == (3, 1)
    assert scores.coverage == pytest.approx(2 / 3)
    X = np.eye(2, dtype=np.float32)
    assert [case.problem(X, 4, told_k=told).n_clusters for told in (True, False)] == [2, 1]
    assert case.sha256 != replace(case, gold=["y", "x", None, "y"]).sha256


def test_a_column_without_labels_is_refused(home: Path) -> None:
    path = write_csv(home / "a.csv", [("refund", ""), ("parcel", " ")])
    with pytest.raises(InputError, match="has no label"):
        read_case(str(path), "topic")


@pytest.mark.usefixtures("backend")
def test_the_table_is_there_after_each_run(cli: Cli, two: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, original = list[int](), append_row

    def spying(path: Path, new: Row) -> None:
        results = path.parent / table.RESULTS
        sizes.append(pq.read_table(results).num_rows if results.exists() else 0)
        original(path, new)

    monkeypatch.setattr("dialin.bench.course.append_row", spying)
    bench(cli, two, "--llm", "none", "--methods", "kmeans,gmm")
    assert sizes == [0, 1, 2, 3]
