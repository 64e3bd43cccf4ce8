"""Every command, from its arguments to what it prints."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pyarrow.parquet as pq
import pytest
from conftest import Cli

from dialin.cli import demo as demo_module
from dialin.cli import discover as work
from dialin.cli import main
from dialin.cli.group import LazyGroup
from dialin.cli.tune import tune
from dialin.discover.settings import Settings
from dialin.jobs.counting_llm import CountingLLM, made_up_label
from dialin.jobs.estimate import Pace, pace_of, total
from dialin.llm.base import Request
from dialin.name.labels import parse_reply
from dialin.prompts.prompt import Prompt
from dialin.runs.run import load
from one_line import one_line
from run_commands import discover
from scripted import TOPICS, ScriptedBackend, sentences
from tuned_folder import tuned_folder

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def commands(group: click.Group = main, path: str = "dialin") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


@pytest.mark.parametrize(("path", "command"), [pytest.param(*c, id=c[0]) for c in commands()])
def test_every_command_has_help_and_is_documented(path: str, command: click.Command) -> None:
    assert command.help
    assert command.get_short_help_str(200).endswith((".", "…"))
    documented = DOCS.read_text("utf-8")
    assert f"`{path}" in documented
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help
            assert option.opts[-1] in documented


@pytest.mark.parametrize("group", [main, tune], ids=["dialin", "dialin tune"])
def test_help_of_a_group_has_the_first_line_of_each_command(group: LazyGroup) -> None:
    """The group knows these lines by itself, so that its help imports none of the commands."""
    context = click.Context(group)
    for name, entry in group.entries.items():
        command = group.get_command(context, name)
        assert command is not None
        assert (command.help or "").splitlines()[0] == entry.help


def test_help_is_printed(cli: Cli) -> None:
    result = cli("--help")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in main.list_commands(click.Context(main)))
    assert cli("discover", "-h").exit_code == 0
    assert cli("--version").stdout.startswith("dialin")


def test_discover_prints_results_on_stdout_and_steps_on_stderr(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    result = cli("discover", calls, "--out", "run", "--llm", "test:scripted", "--json")
    assert len({i["name"] for i in json.loads(result.stdout)["intents"]}) == len(TOPICS)
    steps = result.stderr.splitlines()
    assert steps[0].startswith("70 distinct sentences of 80; ")
    assert any(line.startswith("predicted: ") for line in steps)
    assert "judging clusters" in steps


def test_settings_reach_the_run(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    options = (
        "--strategy paper --n-clusters 4 --n-clusters 6 --unit clusters --seed 3 --merge none --roles ignore --actions"
    )
    options += " ask,退款、cancel,ask"
    discover(cli, calls, "run", *options.split())
    expected = Settings(
        strategy="paper", n_clusters=(4, 6), unit="clusters", seed=3, merge="none", roles="ignore", judge="both"
    )
    expected = replace(expected, actions=("ask", "退款", "cancel"))
    assert load(Path("run")).manifest.settings == expected


def test_without_an_llm_the_geometry_judges(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    result = cli("discover", calls, "--out", "run", "--llm", "none", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["questions"] == 0
    assert not backend.asked
    assert not Path("run/llm.sqlite").exists()


@pytest.mark.parametrize("llm", ["none", "test:scripted"])
def test_guessed_roles_are_said_once_and_kept(cli: Cli, calls: Path, backend: ScriptedBackend, llm: str) -> None:
    """The prediction of the cost guesses them too, and keeps quiet; `predict` needs no roles."""
    result = cli("discover", calls, "--out", "run", "--llm", llm, "--roles", "split")
    assert result.exit_code == 0, result.stderr
    assert result.stderr.count("roles were guessed: ") == 1
    roles = set(pq.read_table(Path("run") / "sentences.parquet")["role"].to_pylist())
    assert roles <= {"customer", "agent"}
    assert cli("predict", "run", calls).exit_code == 0


# --- estimate -------------------------------------------------------------------------------------


def test_estimate_asks_nothing_and_writes_no_run(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    result = cli("estimate", calls, "--llm", "test:scripted", "--json", "--price-in", 2, "--price-out", 10)
    value = json.loads(result.stdout)
    assert value["calls"] > 0
    assert value["cost"] == pytest.approx((2 * value["tokens_in"] + 10 * value["tokens_out"]) / 1e6)
    assert not backend.asked
    assert [path.name for path in Path().iterdir()] == ["calls.csv"]
    table = cli("estimate", calls, "--llm", "test:scripted").stdout
    total, _, money, memory = table.splitlines()[-4:]
    assert memory.startswith("memory  ")
    assert f"{value['calls']:,}" in total
    assert money.startswith("money   unknown: no price is known for test:scripted; give --price-in")


def test_estimate_after_a_run_knows_all_replies(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    discover(cli, calls, "run")
    value = json.loads(cli("estimate", calls, "--llm", "test:scripted", "--json").stdout)
    assert (value["calls"], value["cached"]) == (0, len(backend.asked))


def test_the_prediction_is_near_what_is_asked(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    discover(cli, calls, "run")
    session = json.loads(Path("run/timing.json").read_text())["sessions"][0]
    assert 0.5 <= session["predicted"]["calls"] / session["actual"]["calls"] <= 2


def test_made_up_labels_are_valid_and_all_different() -> None:
    llm = CountingLLM("test")
    prompts = [
        Prompt("", (), text) for text in ["- where is my parcel", "- where is my parcel now", "- 我的包裹到哪了"]
    ]
    labels = llm.complete(prompts, 16)
    assert len(set(labels)) == 3
    assert [parse_reply(label, "en") for label in labels[:2]] == labels[:2]
    assert parse_reply(made_up_label("- 我的包裹到哪了"), "zh") == "咨询-我的包裹到哪"


def test_prices_and_paces_add_up() -> None:
    """Two choices and one text, at 2 and 5 seconds, after 1 second of clustering: 10 seconds."""
    llm = CountingLLM("test")
    llm.begin("judge")
    llm.choose([Prompt("s", (), "a"), Prompt("s", (), "b"), Prompt("s", (), "b")], ["Yes", "No"])
    llm.begin("name")
    llm.complete([Prompt("s", (), "- c")], 16)
    assert total(llm, {}, 1.0).total.calls == 3
    assert total(llm, {}, 1.0).seconds == 1.0 + 3 * 0.125  # of a server: eight calls at a time
    backend = ScriptedBackend()
    requests = [request for _, request in llm.asked.values()]
    pace = pace_of(backend, requests)
    assert pace.choice >= 0
    assert pace.token_ratio > 1  # the script counts 50 tokens and more a prompt
    assert len(set(backend.asked)) == 3
    assert Pace(2.0, 5.0).token_ratio == 1.0


def test_a_local_model_is_timed_and_a_server_is_not(calls: Path, cli: Cli, backend: ScriptedBackend) -> None:
    requests = [Request(Prompt("s", (), str(i)), ("Yes", "No")) for i in range(50)]
    timed = ScriptedBackend()
    pace_of(timed, requests)
    assert len(timed.asked) == len(set(timed.asked)) == 7  # six, and one to warm up
    cli("estimate", calls, "--llm", "test:scripted")
    assert not backend.asked


def test_replies_that_came_while_timing_are_not_asked_again(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    backend.name = "local:scripted"
    assert cli("estimate", calls, "--llm", "local:scripted").exit_code == 0
    n_timed = len(backend.asked)
    assert 0 < n_timed <= 14
    assert cli("discover", calls, "--out", "run", "--llm", "local:scripted").exit_code == 0
    assert len(backend.asked) == len(set(backend.asked)) > n_timed


# --- predict --------------------------------------------------------------------------------------


def test_predict_on_the_same_sentences_gives_their_intents(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    run = discover(cli, calls, "run", "--merge", "none")
    rows = list(csv.DictReader(io.StringIO(cli("predict", "run", calls).stdout)))
    occurrences = pq.read_table(run / "occurrences.parquet")["sentence_id"].to_pylist()
    labels = pq.read_table(run / "sentences.parquet")["intent_id"].to_pylist()
    assert [int(row["intent_id"]) for row in rows] == [labels[i] for i in occurrences]
    assert list(rows[0]) == ["row", "text", "intent_id", "name", "p_intent"]
    names = {i["intent_id"]: i["name"] for i in pq.read_table(run / "intents.parquet").to_pylist()}
    assert all(names.get(int(row["intent_id"]), "") == row["name"] for row in rows)


def test_a_run_does_not_mix_the_vectors_of_two_tunings(cli: Cli, calls: Path) -> None:
    """The manifest names the embedder by its path and fingerprint; tuned again, it is not the run's any more."""
    folder = tuned_folder(Path("en"))
    result = cli("discover", calls, "--out", "run", "--llm", "none", "--embedder", "local:./en")
    assert result.exit_code == 0, result.stderr
    manifest = json.loads(Path("run/manifest.json").read_text())
    assert manifest["embedder"].startswith(f"local:{folder.resolve()}#")
    assert cli("predict", "run", calls).exit_code == 0
    tuned_folder(folder, "\n")
    Path("run/manifest.json").write_text(json.dumps(manifest | {"status": "running"}))
    changed = f"the embedder in {folder.resolve()} has changed: it was #{manifest['embedder'][-8:]} and is now #"
    one_line(cli("resume", "run"), changed)
    Path("run/manifest.json").write_text(json.dumps(manifest))
    one_line(cli("predict", "run", calls), changed)
    one_line(cli("discover", calls, "--out", "next", "--llm", "none", "--since", "run"), changed)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_predict_writes_a_file_and_keeps_blank_rows(
    cli: Cli, calls: Path, backend: ScriptedBackend, suffix: str
) -> None:
    discover(cli, calls, "run")
    Path("new.csv").write_text('text\nrefund money back please\n""\nzzz qqq xxx\n')
    result = cli("predict", "run", "new.csv", "--out", f"found.{suffix}")
    assert (result.exit_code, result.stdout) == (0, "")
    readers: dict[str, Callable[[bytes], list[dict[str, Any]]]] = {
        "csv": lambda data: list(csv.DictReader(io.StringIO(data.decode()))),
        "jsonl": lambda data: [json.loads(line) for line in data.decode().splitlines()],
        "parquet": lambda data: pq.read_table(io.BytesIO(data)).to_pylist(),
    }
    rows = readers[suffix](Path(f"found.{suffix}").read_bytes())
    assert [str(row["row"]) for row in rows] == ["0", "1", "2"]
    assert str(rows[1]["intent_id"]) == "-1"


def test_predict_replaces_a_file_only_if_it_is_told_to(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    discover(cli, calls, "run")
    Path("found.csv").write_text("mine\n")
    Path("link.csv").symlink_to("nowhere.csv")
    Path("folder.csv").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr("dialin.cli.predict.load", lambda _: pytest.fail("the run is opened"))
        for name in ("found.csv", "link.csv"):
            advice = "delete it, choose another --out, or replace it with --force"
            one_line(cli("predict", "run", calls, "--out", name), f"{name} already exists ({advice})")
        for force in ([], ["--force"]):
            one_line(cli("predict", "run", calls, "--out", "folder.csv", *force), "folder.csv is a folder, not a file")
        one_line(cli("predict", "run", calls, "--out", "no/x.csv", "--force"), "mkdir -p no")
        one_line(cli("predict", "run", calls, "--force"), "--force replaces the file of --out, but there is no --out")
    assert Path("found.csv").read_text() == "mine\n"
    one_line(cli("predict", "run", "gone.csv", "--out", "found.csv", "--force"), "no file gone.csv")
    assert Path("found.csv").read_text() == "mine\n"
    assert cli("predict", "run", calls, "--out", "found.csv", "--force").exit_code == 0
    assert Path("found.csv").read_text().startswith("row,text,")


# --- evaluate -------------------------------------------------------------------------------------


def test_evaluate_against_a_column_of_the_input(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    discover(cli, calls, "run")
    value = json.loads(cli("evaluate", "run", "--gold", "topic", "--json").stdout)
    assert (value["nmi"], value["acc"], value["n_clusters"], value["n"]) == (1.0, 1.0, 5, 80)
    assert value["calls"] == len(backend.asked)
    text = cli("evaluate", "run", "--gold", "topic").stdout
    assert all(name in text for name in ("NMI", "AMI", "ARI", "ACC", "coverage", "goodness", "calls", "tokens"))


def test_evaluate_against_a_file_by_dialogue_and_turn(cli: Cli, backend: ScriptedBackend) -> None:
    """Two dialogues a topic of seven turns; the gold file has its rows in another order."""
    rows = sorted(sentences(), key=lambda row: row[1])
    dialogues = [rows[i : i + 7] for i in range(0, len(rows), 7)]
    lines = [
        json.dumps({"dialogue_id": f"d{i}", "turns": [{"role": "user", "text": text} for text, _ in dialogue]})
        for i, dialogue in enumerate(dialogues)
    ]
    Path("calls.jsonl").write_text("\n".join(lines))
    gold = [f"d{i},{t},{topic}" for i, dialogue in enumerate(dialogues) for t, (_, topic) in enumerate(dialogue)]
    Path("gold.csv").write_text("\n".join(["dialogue_id,turn,intent", *reversed(gold)]))
    discover(cli, Path("calls.jsonl"), "run")
    value = json.loads(cli("evaluate", "run", "--gold", "intent", "--gold-file", "gold.csv", "--json").stdout)
    assert (value["n"], value["acc"]) == (70, 1.0)


def test_evaluate_against_a_field_of_the_turns(cli: Cli, backend: ScriptedBackend) -> None:
    turns = [{"text": text, "topic": topic} for text, topic in sentences()]
    Path("calls.jsonl").write_text(json.dumps({"turns": turns[:40]}) + "\n" + json.dumps({"turns": turns[40:]}))
    discover(cli, Path("calls.jsonl"), "run")
    value = json.loads(cli("evaluate", "run", "--gold", "topic", "--json").stdout)
    assert (value["n"], value["acc"]) == (70, 1.0)


def test_evaluate_joins_on_the_row(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    discover(cli, calls, "run")
    Path("gold.csv").write_text("row,label\n0,x\n3,\n5,y\n")
    value = json.loads(cli("evaluate", "run", "--gold", "label", "--gold-file", "gold.csv", "--json").stdout)
    assert (value["n"], value["n_without_gold"]) == (2, 78)


# --- judge ----------------------------------------------------------------------------------------


def test_judge_audits_clusters_from_elsewhere(cli: Cli, backend: ScriptedBackend) -> None:
    """One cluster a topic, one of all topics, one sentence alone, and noise that belongs to none."""
    rows = [(text, topic) for text, topic in sentences()] + [(f"{text} ok", "mixed") for text, _ in sentences(3, 1)]
    rows += [("a sentence alone", "alone"), ("noise", "-1"), ("more noise", "")]
    with Path("clusters.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("utterance", "cluster"), *rows])
    arguments = ("judge", "clusters.csv", "--text", "utterance", "--cluster", "cluster", "--llm", "test:scripted")
    result = cli(*arguments, "--json", "--out", "audit.csv")
    found = {row["cluster"]: row for row in json.loads(result.stdout)["clusters"]}
    assert set(found) == {*TOPICS, "mixed", "alone"}
    assert [found[topic]["verdict"] for topic in TOPICS] == ["good"] * 5
    assert found["mixed"]["verdict"] == "bad"
    assert (found["alone"]["verdict"], found["alone"]["size"]) == ("good", 1)
    assert found["refund"]["name"].startswith("inquire-refund")
    assert len(list(csv.DictReader(io.StringIO(Path("audit.csv").read_text())))) == 7
    table = cli(*arguments).stdout
    assert "6 good, 1 bad, 0 unreadable of 7 clusters" in table


# --- models and demo ------------------------------------------------------------------------------


def test_models_are_listed(cli: Cli) -> None:
    result = cli("models")
    assert result.stdout == cli("models", "list").stdout
    states = {line.split()[0]: line.split()[5] for line in result.stdout.splitlines()}
    assert states["intents-en-v5"] == states["intents-zh-v4"] == "shipped"
    assert states["bge-small-en-v1.5"] == "-"


def test_a_shipped_model_is_not_fetched(cli: Cli, tmp_path: Path) -> None:
    result = cli("models", "fetch", "intents-en-v5", "intents-zh-v4")
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["intents-en-v5", "intents-zh-v4"]
    assert "fetch" not in result.stderr
    assert not (tmp_path / "home" / "models").exists()
    assert cli("models", "verify").stdout.count("  ok\n") == 2


def test_fetch_asks_for_the_default_models_that_are_not_shipped(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()

    def fetch(names: Sequence[str]) -> dict[str, Path]:
        asked.extend(names)
        return {}

    monkeypatch.setattr("dialin.models.store.fetch", fetch)
    assert cli("models", "fetch").exit_code == 0
    assert asked == ["qwen2.5-coder-0.5b"]


def test_demo_replaces_its_own_run_and_no_other(
    cli: Cli, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = sentences()
    (tmp_path / "calls.jsonl").write_text(
        json.dumps({"dialogue_id": "1", "turns": [{"role": "customer", "text": text} for text, _ in rows]})
    )
    gold = [f"1,{turn},{topic},{topic}" for turn, (_, topic) in enumerate(rows)]
    (tmp_path / "calls_gold.csv").write_text("\n".join(["dialogue_id,turn,intent,intent_in_language", *gold]))
    monkeypatch.setattr(demo_module, "examples", lambda: tmp_path)
    for _ in range(2):
        result = cli("demo", "--llm", "test:scripted")
        assert result.exit_code == 0
        assert "ACC          1.000     1.000" in result.stdout
    Path("mine").mkdir()
    Path("mine/thesis.txt").write_text("")
    assert cli("demo", "--llm", "test:scripted", "--out", "mine").exit_code == 2
    assert Path("mine/thesis.txt").exists()
    for name, said in (("notes.txt", "notes.txt"), ("decisions.jsonl", "decisions of people")):
        Path("demo-run", name).write_text('{"format": 2}\n')
        one_line(cli("demo", "--llm", "test:scripted"), "demo-run holds", said)
        assert Path("demo-run", name).exists()


def test_demo_writes_the_example_calls_and_overwrites_nothing(cli: Cli, home: Path) -> None:
    done = cli("demo", "--write-calls", "new/months")
    assert done.exit_code == 0
    assert "calls_second_month.jsonl" in done.stdout
    assert Path("new/months/calls.jsonl").read_bytes() == (demo_module.examples() / "calls.jsonl").read_bytes()
    assert not Path("demo-run").exists()
    Path("new/months/calls.jsonl").unlink()
    one_line(cli("demo", "--write-calls", "new/months"), "calls_gold.csv already exists", "choose another folder")
    assert not Path("new/months/calls.jsonl").exists()
    Path("file").write_text("")
    one_line(cli("demo", "--write-calls", "file"), "cannot write file")


def test_a_bug_keeps_its_traceback(cli: Cli, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(work, "read_corpus", broken)
    result = cli("discover", calls, "--out", "run")
    assert isinstance(result.exception, KeyError)
