"""Starts commands of `dialin` for `kill_storm` by forking a process that has imported everything.

A command starts in milliseconds, so that the kills hit its work and not its imports. Jobs come as JSON lines on
standard input; for each, the process id and then the wait status go to standard output. The child goes on at the top of
this module, so that it ends as a normal interpreter does.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

DECIDED = (("rename", "ask-{}"), ("accept", ""))
AT = "2026-01-01T00:00:00+00:00"


def next_job() -> dict[str, Any]:
    """Fork a child for each line of standard input; return, in the child, its job."""
    for line in sys.stdin:
        job: dict[str, Any] = json.loads(line)
        pid = os.fork()
        if pid == 0:
            return job
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    sys.exit()


def set_up(job: dict[str, Any]) -> None:
    """Take on folder, environment and streams of a job."""
    os.chdir(job["cwd"])
    os.environ.update(job["environment"])
    for number, name in ((0, os.devnull), (1, job["stdout"]), (2, job["stderr"])):
        handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if job["clock"] is not None:
        jump_clocks(random.Random(job["clock"]))
    if job["hurried"]:
        hurry()


def hurry() -> None:
    """Let no wait before another try be longer than a moment."""
    tenacity = importlib.import_module("tenacity")
    tenacity.sleep_using_event = lambda _: lambda seconds: time.sleep(min(seconds, 0.01))  # type: ignore[attr-defined]


def jump_clocks(rng: random.Random) -> None:
    """Let the wall clock jump by up to ten years either way at each look at it."""
    real = time.time

    class JumpingDate(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(real(), tz or UTC) + timedelta(days=rng.uniform(-3650, 3650))

    time.time = lambda: real() + rng.uniform(-3.15e8, 3.15e8)
    for module in [module for name, module in sys.modules.items() if name.startswith("dialin")]:
        if vars(module).get("datetime") is datetime:
            module.datetime = JumpingDate  # type: ignore[attr-defined]


def decide(run: Path) -> None:
    """Rename, then accept, each intent of a run, as a page of the review does; go on after the last stored decision."""
    log = importlib.import_module("dialin.review.log")
    edits = importlib.import_module("dialin.review.edits")
    intents = sorted(importlib.import_module("dialin.runs.run").load(run).found_names)
    wanted = [edits.Rename(i, f"ask-{i}") for i in intents] + [edits.Accept(i) for i in intents]
    for edit in wanted[len(log.read_log(run / log.DECISIONS)) :]:
        log.append(run / log.DECISIONS, "Ana", lambda _, edit=edit: edit, AT)
        print("stored", flush=True)


def decide_as_a_command(run: Path) -> None:
    """Decide; an error for the user is one line, as the commands of dialin print it."""
    errors = importlib.import_module("dialin.errors")
    try:
        with suppress(KeyboardInterrupt):
            decide(run)
    except errors.DialinError as error:
        print(f"dialin: error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def work(arguments: list[str], examples: Path) -> None:
    """Run a command line; "decide" is the one that `dialin` does not have."""
    if arguments[0] == "decide":
        decide_as_a_command(Path(arguments[1]))
        return
    if arguments[0] == "demo":
        vars(importlib.import_module("dialin.cli.demo"))["examples"] = lambda: examples
    importlib.import_module("dialin.cli").main(arguments)


if __name__ == "__main__":
    for module_name in Path(sys.argv[1]).read_text().split():
        with suppress(Exception):
            importlib.import_module(module_name)
    mine = next_job()
    set_up(mine)
    try:
        work(mine["arguments"], Path(mine["examples"]))
    finally:
        if mine["modules"]:
            Path(mine["modules"]).write_text("\n".join(sorted(sys.modules)))
