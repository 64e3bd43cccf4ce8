"""What ``timing.json`` says about a session: the seconds of each step, which add up to all of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Cli

from dialin.jobs.timing import SessionLog, Stopwatch
from run_commands import discover
from scripted import ScriptedBackend


def test_each_step_has_its_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads for 1 s, embeds for 3 s, judges for 4 s and embeds for 5 s more."""
    clock = iter([0.0, 1.0, 4.0, 8.0, 13.0])
    monkeypatch.setattr("dialin.jobs.timing.time.perf_counter", lambda: next(clock))
    log = SessionLog(tmp_path)
    for step in ("embed", "judge", "embed"):
        log.step(step)
    log.write("complete")
    [session] = json.loads((tmp_path / "timing.json").read_text())["sessions"]
    assert session["seconds_by_step"] == {"read": 1.0, "embed": 8.0, "judge": 4.0}
    assert session["seconds"] == 13.0


def test_a_session_counts_from_the_start_of_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command begins at 10 s; at 14 s it reads, for 1 s, loads models for 3 s and embeds for 2 s: 10 s in all."""
    clock = iter([14.0, 15.0, 18.0, 20.0])
    monkeypatch.setattr("dialin.jobs.timing.time.perf_counter", lambda: next(clock))
    watch = Stopwatch(began=10.0)
    watch.step("load")
    log = SessionLog(tmp_path, watch=watch)
    log.step("embed")
    log.write("complete")
    [session] = json.loads((tmp_path / "timing.json").read_text())["sessions"]
    assert session["seconds_by_step"] == {"start": 4.0, "read": 1.0, "load": 3.0, "embed": 2.0}
    assert session["seconds"] == 10.0


def test_a_session_that_is_written_again_counts_once(tmp_path: Path) -> None:
    (tmp_path / "timing.json").write_text(json.dumps({"sessions": [{"status": "interrupted", "seconds": 1.0}]}))
    log = SessionLog(tmp_path)
    log.write("complete")
    log.write("complete")
    found = json.loads((tmp_path / "timing.json").read_text())["sessions"]
    assert [session["status"] for session in found] == ["interrupted", "complete"]


def test_a_run_writes_down_its_steps(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    [session] = json.loads((discover(cli, calls, "run") / "timing.json").read_text())["sessions"]
    steps = session["seconds_by_step"]
    assert list(steps)[:4] == ["start", "read", "load", "embed"]
    assert {"kind", "cluster", "judge", "assign", "name", "report"} <= set(steps)
    assert sum(steps.values()) == pytest.approx(session["seconds"], abs=0.01 * len(steps))
