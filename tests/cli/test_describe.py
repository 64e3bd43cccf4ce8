"""``--describe`` on the command line: the tables, the estimate, the report, a cap, and no LLM."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import Cli

from one_line import nothing_left, one_line
from run_commands import contents, discover
from scripted import ScriptedBackend


def descriptions(run: Path) -> list[str]:
    found: list[str] = pq.read_table(run / "intents.parquet")["description"].to_pylist()
    return found


def test_every_intent_has_a_sentence_everywhere(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    run = discover(cli, calls, "run", "--describe")
    found = descriptions(run)
    assert all(text.startswith("Customers talk about the ") for text in found)
    assert [row["description"] for row in json.loads(cli("show", run, "--json").stdout)["intents"]] == found
    assert all(text in (run / "report.html").read_text("utf-8") for text in found)
    usage = json.loads((run / "manifest.json").read_text())["usage"]
    assert usage["describe"]["questions"] >= len(found)  # what one sentence may dictate is asked again without it


def test_without_the_option_nobody_is_asked(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    run = discover(cli, calls, "run")
    assert set(descriptions(run)) == {""}
    assert "describe" not in json.loads((run / "manifest.json").read_text())["usage"]


def test_the_estimate_counts_the_questions(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    options = ("estimate", calls, "--llm", "test:scripted", "--json")
    steps = json.loads(cli(*options, "--describe").stdout)["by_step"]
    assert steps["describe"]["calls"] > 0
    assert "describe" not in json.loads(cli(*options).stdout)["by_step"]


def test_a_cap_keeps_what_was_described_and_resume_does_the_rest(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = discover(cli, calls, "whole", "--describe")
    usage = json.loads((whole / "manifest.json").read_text())["usage"]
    n_calls = sum(step["questions"] for step in usage.values())
    monkeypatch.setenv("DIALIN_HOME", "no-replies")
    run = discover(cli, calls, "run", "--describe", "--max-calls", n_calls - 2)
    pairs = list(zip(descriptions(run), descriptions(whole), strict=True))
    assert all(text in {"", wanted} for text, wanted in pairs)
    assert 0 < sum(text != "" for text, _ in pairs) < len(pairs)
    assert json.loads((run / "manifest.json").read_text())["status"] == "capped"
    n_asked = len(backend.asked)
    assert cli("resume", run).exit_code == 0
    assert len(backend.asked) == n_asked + 2
    assert contents(run) == contents(whole)


@pytest.mark.parametrize("command", ["discover", "estimate"])
def test_without_an_llm_it_is_one_line(cli: Cli, calls: Path, command: str) -> None:
    out = ["--out", "run"] if command == "discover" else []
    one_line(cli(command, calls, *out, "--llm", "none", "--describe"), "describe needs an LLM")
    nothing_left({calls.name})
