"""A capped run that people reviewed is gone on with: what they decided stays with its sentences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Cli

from dialin import files
from dialin.errors import InputError
from dialin.review.edits import Rename
from dialin.runs.lock import held
from dialin.runs.run import load
from fake_run import decide
from one_line import one_line
from run_commands import contents, discover
from scripted import ScriptedBackend


@pytest.fixture
def capped(cli: Cli, calls: Path, backend: ScriptedBackend) -> Path:
    run = discover(cli, calls, "run", "--max-calls", 45)
    assert load(run).manifest.status == "capped"
    return run


def named(run: Path) -> set[str]:
    """Return the sentences of the intent that Ana named."""
    opened = load(run)
    (mine,) = [row["intent_id"] for row in opened.intents.to_pylist() if row["name"] == "my-name"]
    return {row["text"] for row in opened.sentences.to_pylist() if row["intent_id"] == mine}


def test_a_name_stays_with_its_sentences_and_the_command_says_how_many(cli: Cli, capped: Path) -> None:
    decide(capped, Rename(load(capped).intents["intent_id"][0].as_py(), "my-name"))
    before = named(capped)
    result = cli("resume", "run")
    assert result.exit_code == 0, result.stderr
    assert "1 of 1 decisions were carried over to the new result by their sentences" in result.stderr
    assert before <= named(capped)
    assert {path.name for path in (capped / "reviewed-1").iterdir()} == {
        "sentences.parquet",
        "intents.parquet",
        "decisions.jsonl",
        "tree.json",
    }
    header = json.loads((capped / "decisions.jsonl").read_text().splitlines()[0])
    assert header == {"format": 2, "result": load(capped).manifest.result, "from": "reviewed-1"}


@pytest.mark.parametrize("name", ["intents.parquet", "sentences.parquet", "decisions.jsonl", "report.html"])
def test_a_stop_in_between_loses_no_decision(
    cli: Cli, capped: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    decide(capped, Rename(load(capped).intents["intent_id"][0].as_py(), "my-name"))
    before, real = named(capped), files.write_whole

    def full(path: Path, fill: object) -> None:
        if path.name == name and path.parent.name == "run":
            raise InputError("No space left on device")
        real(path, fill)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_whole", full)
        assert cli("resume", "run", "--max-calls", 3).exit_code == 2
    assert cli("show", "run").exit_code == 2  # half of two results is never shown
    assert cli("resume", "run").exit_code == 0
    assert before <= named(capped)
    assert [path.name for path in capped.glob("reviewed-*")] == ["reviewed-1"]


def test_a_run_that_nobody_reviewed_keeps_nothing(cli: Cli, calls: Path, capped: Path) -> None:
    assert cli("resume", "run").exit_code == 0
    assert not list(capped.glob("reviewed-*"))
    assert contents(capped) == contents(discover(cli, calls, "whole"))


def test_decisions_of_another_run_are_refused(cli: Cli, calls: Path, capped: Path) -> None:
    decide(capped, Rename(0, "my-name"))
    whole = discover(cli, calls, "whole")
    (whole / "decisions.jsonl").write_bytes((capped / "decisions.jsonl").read_bytes())
    one_line(cli("show", "whole"), "is about another result", "--since")


def test_decisions_that_somebody_wrote_by_hand_are_about_the_result_beside_them(cli: Cli, capped: Path) -> None:
    (capped / "decisions.jsonl").write_text(
        '{"format": 2}\n{"intent_id": 0, "decision": "rename", "name": "my-name"}\n'
    )
    before = named(capped)
    assert cli("resume", "run").exit_code == 0
    assert before <= named(capped)


def test_forget_deletes_the_kept_results_too(cli: Cli, capped: Path) -> None:
    """They hold sentences."""
    decide(capped, Rename(0, "my-name"))
    assert cli("resume", "run").exit_code == 0
    assert (capped / "reviewed-1").is_dir()
    with held(capped, "dialin resume"):
        assert "run is in use by dialin resume" in cli("forget", "run", "--yes").stderr
    assert cli("forget", "run", "--yes").exit_code == 0
    assert not capped.exists()
