"""Whole runs through batches: the result of a plain run, at hours that pass in no time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Cli

from batch_desk import Hours
from dialin.llm.rate import Clock
from scripted import ScriptedBackend
from served_run import Found, Stage, write_calls
from servers.chat import Plain
from servers.openai_batch import OpenAIBatch


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    """Let time pass only when the run waits."""
    found = Hours()
    monkeypatch.setattr("dialin.jobs.discover.Clock", lambda: Clock(found, found.sleep))
    return found


@pytest.fixture
def stage(cli: Cli, home: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Set the stage: a tiny embedder, and batches for the few questions about few sentences."""
    monkeypatch.setattr("dialin.llm.batches.asking.LEAST_QUESTIONS", 5)
    return Stage(cli, monkeypatch, write_calls(home / "calls.csv"))


def plain_result(stage: Stage) -> Found:
    stage.enter(Plain())
    assert stage.discover(Plain().spec, "plain").exit_code == 0
    return Found.of(Path("plain"))


def test_a_run_in_batches_finds_what_a_plain_one_finds(stage: Stage, hours: Hours) -> None:
    server = OpenAIBatch(hours)
    stage.enter(server)
    result = stage.discover(server.spec, "run", "--batch")
    assert result.exit_code == 0, result.stderr
    assert "you can leave the run (Ctrl-C) and resume it later" in result.stderr
    assert set(server.paid.values()) == {1}
    assert len(server.jobs) >= 2
    assert hours.now > 2 * 3 * 3600
    assert Path("run/batches.jsonl").read_text() == ""
    assert Found.of(Path("run")) == plain_result(stage)


def test_a_run_that_is_left_goes_on_where_its_batch_is(stage: Stage, hours: Hours) -> None:
    server = OpenAIBatch(hours)
    stage.enter(server)

    def leave() -> None:
        hours.on_sleep = lambda: None
        raise KeyboardInterrupt

    hours.on_sleep = leave
    left = stage.discover(server.spec, "run", "--batch")
    assert left.exit_code == 130
    assert "which goes on: batch batch_1" in left.stderr
    assert left.stderr.splitlines()[-1].endswith("continue with: dialin resume run")
    assert json.loads(Path("run/batches.jsonl").read_text())["name"] == "batch_1"
    resumed = stage.cli("resume", "run")
    assert resumed.exit_code == 0, resumed.stderr
    assert "batch batch_1 has ended" in resumed.stderr
    assert set(server.paid.values()) == {1}
    assert Found.of(Path("run")) == plain_result(stage)


def test_no_batch_ends_what_is_open_and_asks_the_rest_at_once(stage: Stage, hours: Hours) -> None:
    server = OpenAIBatch(hours)
    stage.enter(server)

    def leave() -> None:
        hours.on_sleep = lambda: None
        raise KeyboardInterrupt

    hours.on_sleep = leave
    assert stage.discover(server.spec, "run", "--batch").exit_code == 130
    begun = hours.now
    resumed = stage.cli("resume", "run", "--no-batch")
    assert resumed.exit_code == 0, resumed.stderr
    assert hours.now - begun < 600
    assert len(server.jobs) == 1
    assert set(server.paid.values()) == {1}
    assert not Path("run/batches.jsonl").exists()
    assert Found.of(Path("run")) == plain_result(stage)


def test_a_cancelled_batch_ends_the_run_with_a_word_and_resume_asks_the_rest(stage: Stage, hours: Hours) -> None:
    server = OpenAIBatch(hours)
    stage.enter(server)
    hours.on_sleep = lambda: server.jobs["batch_1"].__setattr__("cancelled", server.jobs["batch_1"].cancelled or 1.0)
    stopped = stage.discover(server.spec, "run", "--batch")
    assert stopped.exit_code == 3
    assert "batch_1 was cancelled" in stopped.stderr
    assert "continue with: dialin resume run" in stopped.stderr
    hours.on_sleep = lambda: None
    assert stage.cli("resume", "run").exit_code == 0
    assert set(server.paid.values()) == {1}


@pytest.mark.parametrize("llm", ["none", "test:scripted"])
def test_batches_need_a_model_on_a_server(stage: Stage, llm: str) -> None:
    refused = stage.discover(llm, "run", "--batch")
    assert refused.exit_code == 2
    assert "batches are for models of OpenAI and Anthropic" in refused.stderr
    assert not Path("run").exists()


def test_a_server_without_batches_is_named(stage: Stage) -> None:
    stage.enter(Plain())
    refused = stage.discover(Plain().spec, "run", "--batch")
    assert refused.exit_code == 2
    assert "openai:plain@http://127.0.0.1:9000/v1 cannot be asked in batches: " in refused.stderr
    assert refused.stderr.endswith("(leave out --batch)\n")
    assert not Path("run").exists()
