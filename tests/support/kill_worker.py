"""Run by `test_resume.py`: forks runs that kill themselves at a point, and resumes them.

Everything is imported once, what is imported late by a run before all others; each run is a child of its own, so that
forty of them cost seconds.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from dialin import files
from dialin.cli import main
from scripted import ScriptedBackend, install
from studies.own.once import measured_once


class Countdown:
    """Counts what happens; at the n-th event the process is killed."""

    def __init__(self, at: int, log: Path) -> None:
        self.at, self.n, self.log = at, 0, log

    def __call__(self, event: str) -> None:
        self.n += 1
        if self.n == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        with self.log.open("a") as file:
            file.write(event + "\n")


def patch(tick: Callable[[str], None], questions: Path) -> None:
    """Put the stand-ins in place, and count calls and file writes, before and after each."""
    install(ScriptedBackend(questions, tick))
    real = files.write_whole

    def fill_and_tick(temporary: Path, name: str, fill: Callable[[Path], None]) -> None:
        fill(temporary)
        tick(f"in {name}")

    def write_whole(path: Path, fill: Callable[[Path], None]) -> None:
        tick(f"before {path.name}")
        real(path, lambda temporary: fill_and_tick(temporary, path.name, fill))
        tick(f"after {path.name}")

    files.write_whole = write_whole


def warm_up(work: Path, source: Path) -> None:
    """Run a whole command line in this process: its children inherit what it imported and compiled."""
    os.environ["DIALIN_HOME"] = str(work / "home")
    install(ScriptedBackend())
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        main(["discover", str(source), "--out", str(work / "run"), "--llm", "test:scripted"], standalone_mode=False)


def child(work: Path, at: int, arguments: list[str]) -> int:
    """Run the command line in a child; return its wait status."""
    pid = os.fork()
    if pid == 0:
        os.environ["DIALIN_HOME"] = str(work / "home")
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        patch(Countdown(at, work / "events"), work / "questions")
        try:
            main(arguments)
        except SystemExit as leaving:
            os._exit(int(leaving.code or 0))
        os._exit(99)
    return os.waitpid(pid, 0)[1]


def stored(run: Path) -> set[str]:
    """Return the keys of the replies that a run has."""
    if not (run / "llm.sqlite").exists():
        return set()
    with closing(sqlite3.connect(run / "llm.sqlite")) as db:
        return {key for (key,) in db.execute("SELECT key FROM replies")}


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def trial(work: Path, source: Path, at: int) -> dict[str, object]:
    """Kill a run at its `at`-th event, go on with it, and say what was asked again."""
    work.mkdir()
    run = work / "run"
    discover = ["discover", str(source), "--out", str(run), "--llm", "test:scripted"]
    status = child(work, at, discover)
    before, n_before = stored(run), len(lines(work / "questions"))
    again = ["resume", str(run)] if run.exists() else discover
    code = os.waitstatus_to_exitcode(child(work, 0, again))
    asked = lines(work / "questions")[n_before:]
    return {
        "at": at,
        "killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
        "resumed": code,
        "asked_again": len(before & set(asked)),
        "n_stored": len(before),
        "n_events": len(lines(work / "events")),
    }


def points_of(n_events: int, n_points: int) -> list[int]:
    """Return points to kill a run at: its first two events, its last one, and some between them."""
    return sorted({1, 2, n_events, *random.Random(0).sample(range(3, n_events), n_points - 3)})


if __name__ == "__main__":
    folder, csv = Path(sys.argv[1]), Path(sys.argv[2])
    with measured_once():  # the children inherit what is known
        with TemporaryDirectory() as warm:
            warm_up(Path(warm), csv)
        whole = trial(folder / "whole", csv, 10**9)  # the event never comes
        print(json.dumps(whole))
        for point in points_of(int(str(whole["n_events"])), int(sys.argv[3])):
            print(json.dumps(trial(folder / str(point), csv, point)), flush=True)
