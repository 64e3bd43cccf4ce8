"""The run folder: what is in it, that it is the same each time, and that a failing start leaves nothing."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import Cli

from dialin import files
from dialin.discover import naming
from dialin.discover.connections import Connections
from dialin.discover.settings import Settings
from dialin.discover.specs import Specs
from dialin.errors import InputError
from dialin.llm.cache import ReplyStore
from dialin.name.by_nearness import names_by_nearness
from dialin.read.columns import Columns
from dialin.room import disk_full
from dialin.runs.manifest import RunPlan
from dialin.runs.run import load
from dialin.runs.start import check_free, discard, read_corpus, start
from fake_run import calls as said
from fake_run import fake_run
from one_line import one_line
from run_commands import STABLE, contents, discover
from scripted import HashingEmbedder, ScriptedBackend


def test_a_run_folder_has_every_file_in_an_open_format(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    run = discover(cli, calls, "run")
    there = {path.name for path in run.iterdir()}
    assert {*STABLE, "timing.json", "llm.sqlite", "embeddings.npy", "pieces.npz"} <= there
    assert not [name for name in there if name.endswith(".tmp")]
    sentences, intents = pq.read_table(run / "sentences.parquet"), pq.read_table(run / "intents.parquet")
    assert sentences.column_names == [
        "sentence_id",
        "text",
        "count",
        "role",
        "intent_id",
        "p_intent",
        "reason",
        "kind",
        "p_kind",
        "p_need",
    ]
    assert intents.column_names == [
        "intent_id",
        "name",
        "description",
        "size",
        "n_occurrences",
        "p_good",
        "role",
        "kind",
        "p_kind",
        "examples",
        "uid",
        "candidate",
        "path",
    ]
    assert sum(sentences["count"].to_pylist()) == pq.read_table(run / "occurrences.parquet").num_rows == 80
    assert np.load(run / "embeddings.npy").shape == (70, 64)


def test_the_tables_agree_with_each_other(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    run = discover(cli, calls, "run")
    sentences = pq.read_table(run / "sentences.parquet").to_pylist()
    for intent in pq.read_table(run / "intents.parquet").to_pylist():
        own = [row for row in sentences if row["intent_id"] == intent["intent_id"]]
        assert (len(own), sum(row["count"] for row in own)) == (intent["size"], intent["n_occurrences"])
        assert set(intent["examples"]) <= {row["text"] for row in own}
    assert all((row["intent_id"] < 0) == bool(row["reason"]) for row in sentences)


def test_the_manifest_counts_distinct_questions(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    run = discover(cli, calls, "run")
    usage = json.loads((run / "manifest.json").read_text())["usage"]
    assert sum(step["questions"] for step in usage.values()) == len(set(backend.asked)) == len(backend.asked)


@pytest.mark.usefixtures("measured_anew")
def test_the_same_seed_gives_identical_files(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(naming, "names_by_nearness", names_by_nearness)  # named each time
    first = contents(discover(cli, calls, "one"))
    n_asked = len(backend.asked)
    warm = contents(discover(cli, calls, "two"))  # every reply comes from the shared store
    assert len(backend.asked) == n_asked
    monkeypatch.setenv("DIALIN_HOME", str(tmp_path / "cold"))
    cold = contents(discover(cli, calls, "three"))
    assert len(backend.asked) == 2 * n_asked
    assert first == warm == cold


def test_another_order_of_the_rows_gives_the_same_intents(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    header, *rows = calls.read_text().splitlines()
    calls.with_name("turned.csv").write_text("\n".join([header, *reversed(rows)]) + "\n")
    one, two = discover(cli, calls, "one"), discover(cli, calls.with_name("turned.csv"), "two")
    for name in ("sentences.parquet", "intents.parquet", "rounds.jsonl"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_load_gives_back_what_start_was_given(home: Path) -> None:
    (home / "calls.csv").write_text("text,role\nwhere is it,user\nwhere is it,agent\nhello there,\ngood bye,user\n")
    settings = Settings(strategy="paper", n_clusters=(2, 3), seed=7)
    plan = RunPlan("calls.csv", Columns(text="text"), settings, Specs("none"))
    corpus = read_corpus(plan).corpus
    opened = Connections(None, HashingEmbedder().encode, "test:hashing", "a test")
    started = start(home / "deep" / "run", plan, corpus, opened)
    loaded = load(home / "deep" / "run")
    assert loaded.manifest == started.manifest
    assert loaded.manifest.settings == settings
    assert (loaded.corpus.texts, loaded.corpus.roles) == (corpus.texts, corpus.roles)
    assert loaded.corpus.counts.tolist() == corpus.counts.tolist()
    assert loaded.corpus.occurrences.equals(corpus.occurrences)


@pytest.mark.parametrize("name", ["occurrences.parquet", "sentences.parquet", "manifest.json"])
def test_a_start_on_a_full_disk_leaves_nothing(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(files, "write_whole", full_for(name))
    result = cli("discover", calls, "--out", "new/run", "--llm", "test:scripted")
    assert result.exit_code == 2
    assert "No space left" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert sorted(path.name for path in Path().iterdir()) == ["calls.csv"]


def full_for(name: str) -> Callable[[Path, Callable[[Path], None]], None]:
    """Return a `write_whole` whose disk is full when the file `name` is written."""
    real = files.write_whole

    def write(path: Path, fill: Callable[[Path], None]) -> None:
        def fail(temporary: Path) -> None:
            fill(temporary)
            raise OSError(28, os.strerror(28))

        real(path, fail if path.name == name else fill)

    return write


def test_a_disk_that_fills_up_later_loses_nothing(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = contents(discover(cli, calls, "whole"))
    with monkeypatch.context() as patch:
        patch.setattr(files, "write_whole", full_for("intents.parquet"))
        result = cli("discover", calls, "--out", "run", "--llm", "test:scripted")
    assert result.exit_code == 2
    said = result.stderr.splitlines()[-1]
    assert said.startswith("dialin: error: cannot write run/intents.parquet: No space left on device; ")
    assert said.endswith("(make room on that disk; all replies are kept; continue with: dialin resume run)")
    assert not list(Path("run").glob("*.tmp"))
    assert cli("resume", "run").exit_code == 0
    assert contents(Path("run")) == undisturbed


def test_a_disk_that_fills_up_among_the_questions_makes_none_be_paid_twice(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reply that has no room is stored in the reserve; the sessions together have paid for each question once."""
    at, real, n_put = 20, ReplyStore.insert_row, Counter[str]()

    def full_at(self: ReplyStore, *row: Any) -> None:
        n_put[Path(self.path).name] += 1
        if self.path.endswith(files.REPLIES) and n_put[files.REPLIES] == at:
            raise disk_full(Path(self.path), sqlite3.OperationalError("database or disk is full"))
        real(self, *row)

    with monkeypatch.context() as patch:
        patch.setattr(ReplyStore, "insert_row", full_at)
        result = cli("discover", calls, "--out", "run", "--llm", "test:scripted")
    assert result.exit_code == 2
    assert "llm.sqlite: database or disk is full; " in result.stderr.splitlines()[-1]
    assert result.stderr.endswith("continue with: dialin resume run)\n")
    assert len(backend.asked) == at
    assert json.loads(Path("run/manifest.json").read_text())["status"] == "interrupted"
    assert cli("resume", "run").exit_code == 0
    assert len(backend.asked) == len(set(backend.asked))
    sessions = json.loads(Path("run/timing.json").read_text())["sessions"]
    assert [session["actual"]["calls"] for session in sessions] == [at, len(backend.asked) - at]
    monkeypatch.setenv("DIALIN_HOME", "cold")
    assert contents(Path("run")) == contents(discover(cli, calls, "whole"))


def test_write_whole_leaves_the_old_file_where_the_new_one_fails(tmp_path: Path) -> None:
    files.write_text(tmp_path / "a.txt", "old")

    def fill(temporary: Path) -> None:
        temporary.write_text("half of the ne")
        raise OSError(28, os.strerror(28))

    with pytest.raises(InputError, match="No space left"):
        files.write_whole(tmp_path / "a.txt", fill)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "old"}


def test_an_empty_folder_may_become_a_run(tmp_path: Path) -> None:
    check_free(tmp_path)
    (tmp_path / "something").write_text("")
    with pytest.raises(InputError, match="not empty"):
        check_free(tmp_path)


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(InputError, match=r"manifest\.json is damaged"):
        load(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format": 2}')
    with pytest.raises(InputError, match=r"manifest\.json is damaged: 'settings'"):
        load(tmp_path)
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(InputError, match=r"manifest\.json is damaged"):
        load(tmp_path)


COMMANDS = [
    ("resume", "run"),
    ("report", "run"),
    ("show", "run"),
    ("review", "run"),
    ("annotate", "run"),
    ("predict", "run", "calls.csv"),
    ("evaluate", "run", "--gold", "topic"),
    ("tune", "data", "run", "--out", "found.parquet"),
    ("discover", "calls.csv", "--out", "new", "--llm", "none", "--since", "run"),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_run_of_another_format_is_refused_by_every_command(cli: Cli, calls: Path, arguments: tuple[str, ...]) -> None:
    """Nothing but the number tells: what 0.1.0 wrote had none."""
    run = fake_run(Path("run"), said())
    manifest = json.loads((run.folder / "manifest.json").read_text())
    for number, by in ((None, "dialin 0.1.0"), (3, "dialin 0.7.0")):
        other = manifest | {"dialin": by.split()[1], "format": number}
        (run.folder / "manifest.json").write_text(json.dumps({k: v for k, v in other.items() if v is not None}))
        result = cli(*arguments)
        one_line(result, f"run has format {number or 1}, written by {by}", "reads format 2", f"open it with {by}")
        assert result.exit_code == 2


@pytest.mark.parametrize("arguments", [c for c in COMMANDS if c[0] != "resume"], ids=" ".join)
def test_decisions_of_another_format_are_refused_by_every_command(
    cli: Cli, calls: Path, backend: ScriptedBackend, arguments: tuple[str, ...]
) -> None:
    run = fake_run(Path("run"), said())
    (run.folder / "decisions.jsonl").write_text('{"intent_id": 0, "decision": "accept"}\n')
    result = cli(*arguments)
    one_line(result, "decisions.jsonl has format 1", "dialin 0.1.0", "reads format 2")
    assert result.exit_code == 2


def test_what_a_kill_leaves_of_a_discarded_run_goes_with_the_next_start(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run goes in one step: what stays is beside its place, and does not stand in the way."""
    run = discover(cli, calls, "run")
    expected = contents(run)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_, **__: None)
        discard(run)
    assert not run.exists()
    assert contents(discover(cli, calls, "run")) == expected
    assert sorted(path.name for path in Path().iterdir()) == ["calls.csv", "run"]
