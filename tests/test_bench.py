"""`dialin bench`: what is run, what is kept, what goes on after a kill, and the tables by hand."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from conftest import Cli
from dialin.bench import course, table
from dialin.bench.cases import read_case
from dialin.bench.methods import METHODS, check_methods
from dialin.bench.results import Row
from dialin.cluster import Labels
from dialin.errors import InputError, ProviderError
from dialin.peers import PEERS, Kit, Problem
from dialin.peers.library import WithLibrary
from scripted import ScriptedBackend, sentences

ASKING = ["keyphrase", "idas", "clusterllm", "edgerefine", "dialin", "paper"]
LLM = ("--llm", "test:scripted")


def write_csv(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "topic"), *rows])
    return path


@pytest.fixture
def two(home: Path) -> list[str]:
    """Write two files of 30 sentences about five topics; return the options that name them."""
    for seed in (1, 2):
        write_csv(home / f"set{seed}.csv", sentences(6, seed))
    return ["--data", "set1.csv", "--data", "set2.csv", "--label", "topic", "--out", "out"]


def rows_of(out: str = "out") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(Path(out) / "results.parquet").to_pylist()
    return found


def lasting(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows without what may differ between two equal runs."""
    return [{name: value for name, value in row.items() if name not in {"seconds", "paid_calls"}} for row in rows]


def bench(cli: Cli, options: list[str], *more: object) -> Any:
    result = cli("bench", *options, *more)
    assert result.exit_code == 0, result.stderr
    return result


# --- runs -----------------------------------------------------------------------------------------


def test_every_method_is_run_on_every_file_with_every_seed(cli: Cli, two: list[str], backend: ScriptedBackend) -> None:
    methods = [name for name in METHODS if not isinstance(PEERS.get(name), WithLibrary)]
    result = bench(cli, two, *LLM, "--methods", ",".join(methods), "--seeds", "0,1")
    rows = rows_of()
    assert {(r["data"], r["method"], r["seed"]) for r in rows} == {
        (data, method, seed) for data in ("set1", "set2") for method in methods for seed in (0, 1)
    }
    assert {r["method"] for r in rows if r["calls"]} == set(ASKING)
    assert {r["method"] for r in rows if not r["told_k"]} == {"dialin", "paper"}
    assert all((r["calls"] > 0) == (r["tokens_in"] > 0) for r in rows)
    assert {r["n_true"] for r in rows} == {5}
    assert all(r["calls"] == 30 for r in rows if r["method"] in {"keyphrase", "idas"})
    assert result.stdout == (Path("out") / "results.md").read_text("utf-8")
    assert "## all data sets" in result.stdout
    assert "paired t-test over seeds × data sets, on ARI" in result.stdout
    assert f"set1: kmeans, seed 0 (1 of {len(rows)})" in result.stderr


def test_without_an_llm_geometry_judges_and_nothing_is_asked(
    cli: Cli, two: list[str], backend: ScriptedBackend
) -> None:
    result = bench(cli, two, "--llm", "none", "--methods", "dialin,paper,gmm", "--json")
    value = json.loads(result.stdout)
    assert (value["runs"], value["test"]["name"]) == (6, table.TEST)
    assert {line["method"] for line in value["lines"]} == {"dialin", "paper", "gmm"}
    assert not backend.asked
    assert not list(Path("out/replies").iterdir())
    assert all(r["coverage"] <= 1 and r["calls"] == 0 for r in rows_of())


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
    assert "all results and replies are kept, the same command goes on" in stopped.stderr
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


# --- errors ---------------------------------------------------------------------------------------


def change_data() -> None:
    with Path("set1.csv").open("a") as file:
        file.write("one more refund,refund\n")


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda: None, ["--llm", "none", "--embedder", "local:other"], "the rows in out are of embedder 'auto'"),
        (lambda: None, [*LLM], "the rows in out are of llm 'none', asked for is 'test:scripted'"),
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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--methods", "kmeans,deep"], "unknown method 'deep' (there are: kmeans, gmm"),
        (["--methods", ","], "no method to run"),
        (["--methods", "idas"], "the method 'idas' asks an LLM, got --llm none"),
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
    assert "out is no folder of a benchmark, and not empty" in result.stderr
    assert [path.name for path in Path("out").iterdir()] == ["diary.txt"]


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
    assert (scores.n, scores.n_clusters, scores.coverage) == (3, 1, pytest.approx(2 / 3))
    X = np.eye(2, dtype=np.float32)
    assert [case.problem(X, 4, told_k=told).n_clusters for told in (True, False)] == [2, 1]
    assert case.sha256 != replace(case, gold=["y", "x", None, "y"]).sha256


def test_a_column_without_labels_is_refused(home: Path) -> None:
    path = write_csv(home / "a.csv", [("refund", ""), ("parcel", " ")])
    with pytest.raises(InputError, match="has no label"):
        read_case(str(path), "topic")


# --- tables ---------------------------------------------------------------------------------------


def row(method: str, ari: float, seed: int = 0, data: str = "a") -> Row:
    return Row(
        data=data, method=method, seed=seed, told_k=method in PEERS, nmi=0.5, ami=0.5, ari=ari, acc=0.5, n_clusters=7,
        n_true=5, n=30, coverage=1.0, calls=1000, paid_calls=1000, tokens_in=2000, tokens_out=10, seconds=1.5,
        embedder="e",
    )  # fmt: skip


def figure(line: table.Line, name: str) -> table.Figure:
    found = line.figures[name]
    assert found
    return found


def rows_by(values: dict[str, list[float]]) -> list[Row]:
    """Return rows of seeds 0, 1 … from the ARI of each method."""
    return [row(method, ari, seed) for method, aris in values.items() for seed, ari in enumerate(aris)]


def test_mean_and_spread_by_hand() -> None:
    first, last = table.lines_of(rows_by({"kmeans": [0.2, 0.4]}))
    assert (first.data, last.data, first.n_seeds) == ("a", table.ALL, 2)
    assert figure(first, "ari").mean == pytest.approx(0.3)
    assert figure(first, "ari").std == pytest.approx(math.sqrt(0.02))
    assert figure(first, "tokens").mean == 2010
    assert figure(table.lines_of([row("kmeans", 0.2)])[0], "ari").std is None


def test_seconds_are_those_of_runs_that_knew_no_reply() -> None:
    whole, known = row("idas", 0.2), replace(row("idas", 0.2, 1), paid_calls=3, seconds=0.1)
    assert figure(table.lines_of([whole, known])[0], "seconds") == table.Figure(1.5, None)
    assert table.lines_of([known])[0].figures["seconds"] is None
    assert "| 2,010 | – |" in table.markdown([known])


def test_over_all_data_the_spread_is_that_of_seeds() -> None:
    """Seed 0: .2 and .6, so .4; seed 1: .4 and .8, so .6; seed 2 is not on both data sets."""
    aris = {("a", 0): 0.2, ("b", 0): 0.6, ("a", 1): 0.4, ("b", 1): 0.8, ("a", 2): 0.9}
    rows = [row("kmeans", ari, seed, data) for (data, seed), ari in aris.items()]
    last = table.lines_of(rows)[-1]
    assert (last.data, last.n_seeds) == (table.ALL, 2)
    assert figure(last, "ari").mean == pytest.approx(0.5)
    assert figure(last, "ari").std == pytest.approx(math.sqrt(0.02))
    assert [line.data for line in table.lines_of([*rows, row("gmm", 0.1)])] == ["a", "a", "b", table.ALL]


def test_the_paired_test_by_hand() -> None:
    """Differences .1, .2, .3: t = .2 / (.1 / √3) = 3.464 with 2 degrees of freedom, so p = 1 - t / √(t² + 2)."""
    tested = table.comparisons_of(rows_by({"dialin": [0.5, 0.6, 0.7], "kmeans": [0.4, 0.4, 0.4]}))
    assert [(c.method, c.n_pairs) for c in tested] == [("kmeans", 3)]
    assert tested[0].difference == pytest.approx(0.2)
    t = 0.2 / (0.1 / math.sqrt(3))
    assert tested[0].p == pytest.approx(1 - t / math.sqrt(t**2 + 2))
    assert not tested[0].differs


@pytest.mark.parametrize(("ours", "theirs"), [([0.5], [0.4]), ([0.5, 0.6], [0.5, 0.6]), ([0.5, 0.6], [0.4, 0.5])])
def test_without_spread_there_is_no_p(ours: list[float], theirs: list[float]) -> None:
    assert [c.p for c in table.comparisons_of(rows_by({"dialin": ours, "kmeans": theirs}))] == [None]


def test_only_what_both_have_is_paired() -> None:
    rows = [row("dialin", 0.5, 0), row("dialin", 0.5, 1), row("kmeans", 0.4, 1), row("gmm", 0.3, 2)]
    assert [(c.method, c.n_pairs) for c in table.comparisons_of(rows)] == [("kmeans", 1)]
    assert table.comparisons_of([row("kmeans", 0.4)]) == []


def test_a_star_marks_what_differs() -> None:
    values = {"dialin": [0.50, 0.61, 0.70], "kmeans": [0.40, 0.50, 0.61], "gmm": [0.9, 0.3, 0.6]}
    text = table.markdown(rows_by(values))
    everything = text[text.index(f"## {table.ALL}") :].splitlines()
    assert [line.split("|")[1].strip() for line in everything if " * |" in line] == ["kmeans", "kmeans"]
    assert "| kmeans | yes | 3 | 0.500 ± 0.000 | 0.500 ± 0.000 | 0.503 ± 0.105 * |" in text
    assert "| dialin | no | 3 |" in text
    assert "*" not in text[: text.index(f"## {table.ALL}")]


@pytest.mark.usefixtures("backend")
def test_the_table_is_there_after_each_run(cli: Cli, two: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, original = list[int](), course.append

    def spying(path: Path, new: Row) -> None:
        results = path.parent / table.RESULTS
        sizes.append(pq.read_table(results).num_rows if results.exists() else 0)
        original(path, new)

    monkeypatch.setattr(course, "append", spying)
    bench(cli, two, "--llm", "none", "--methods", "kmeans,gmm")
    assert sizes == [0, 1, 2, 3]
