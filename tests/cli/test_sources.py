"""Every command takes a query or a URL where it takes a file; the run keeps neither password nor signature."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import fsspec
import pytest
from conftest import Cli

from one_line import nothing_left, one_line
from scripted import ScriptedBackend, sentences

LLM = ("--llm", "test:scripted")
QUERY = ("--sql", "SELECT said AS text FROM turns")


@pytest.fixture
def database(home: Path) -> str:
    """Write a database of 70 turns about five topics."""
    with sqlite3.connect("calls.db") as file:
        file.execute("CREATE TABLE turns (said TEXT, topic TEXT)")
        file.executemany("INSERT INTO turns VALUES (?, ?)", sentences())
    file.close()
    return "sqlite:///calls.db"


def manifest() -> dict[str, object]:
    found: dict[str, object] = json.loads(Path("run/manifest.json").read_text("utf-8"))["source"]
    return found


def test_a_run_of_a_query_records_it(cli: Cli, backend: ScriptedBackend, database: str) -> None:
    result = cli("discover", *QUERY, "--url", database, "--out", "run", *LLM)
    assert result.exit_code == 0, result.stderr
    assert (manifest()["path"], manifest()["sql"]) == (database, QUERY[1])
    assert cli("show", "run").exit_code == 0
    assert cli("resume", "run").exit_code == 0


def test_estimate_and_predict_take_a_query(cli: Cli, backend: ScriptedBackend, database: str) -> None:
    estimated = cli("estimate", *QUERY, "--url", database, *LLM)
    assert estimated.exit_code == 0, estimated.stderr
    cli("discover", *QUERY, "--url", database, "--out", "run", *LLM)
    found = cli("predict", "run", "--sql", f"{QUERY[1]} LIMIT 2", "--url", database, "--json")
    assert [json.loads(line)["row"] for line in found.stdout.splitlines()] == [0, 1]


def test_the_database_may_stand_in_the_environment(
    cli: Cli, backend: ScriptedBackend, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALIN_DATABASE", database)
    assert cli("estimate", *QUERY, *LLM).exit_code == 0
    assert "no file calls.csv" in cli("estimate", "calls.csv", *LLM).stderr


def test_gold_in_a_database_has_to_be_given_as_a_file(cli: Cli, backend: ScriptedBackend, database: str) -> None:
    cli("discover", *QUERY, "--url", database, "--out", "run", *LLM)
    one_line(cli("evaluate", "run", "--gold", "topic"), "came from sqlite:///calls.db", "(give --gold-file)")


WRONG = {
    ("discover", "--out", "run"): "Missing argument 'INPUT', or --sql with --url",
    ("discover", *QUERY, "--out", "run"): "--sql needs the database: --url, or DIALIN_DATABASE",
    ("discover", "a.csv", "--url", "sqlite:///a", "--out", "run"): "--url is for --sql",
    ("discover", "a.csv", *QUERY, "--url", "sqlite:///a", "--out", "run"): "INPUT a.csv and --sql are two sources",
    ("discover", "--sql", "DELETE", "--url", "sqlite:///a", "--out", "run"): "does not begin with SELECT",
    ("discover", *QUERY, "--url", "sqlite:///none.db", "--out", "run"): "there is no database none.db",
    ("estimate",): "Missing argument 'INPUT'",
}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_sources_are_one_line(cli: Cli, backend: ScriptedBackend, words: tuple[str, ...]) -> None:
    one_line(cli(*words), WRONG[words])
    nothing_left(set())


def test_a_run_of_a_url_keeps_no_signature(cli: Cli, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    files = fsspec.filesystem("memory")
    texts = "".join(f"{text}\n" for text, _ in sentences())
    files.pipe("/calls.txt", texts.encode())
    usual = fsspec.open
    monkeypatch.setattr(fsspec, "open", lambda path, mode: usual("memory://calls.txt", mode))
    result = cli("discover", "https://ann:S3cr3t@example.org/calls.txt?sig=S3cr3t", "--out", "run", *LLM)
    assert result.exit_code == 0, result.stderr
    assert manifest()["path"] == "https://***@example.org/calls.txt?***"
    assert not [path for path in Path("run").rglob("*") if path.is_file() and b"S3cr3t" in path.read_bytes()]
    assert "S3cr3t" not in result.output
    files.store.clear()
