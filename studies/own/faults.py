"""Let servers and networks fail under every command that asks an LLM or an embedder, and compare with undisturbed work.

Each trial copies a prepared folder to the same place, draws a fault and how often it strikes, and runs one command. If
that fails, the fault passes (a key that was revoked is mended), and the trial does what a user does: what dialin
advises, else the same command again. Faults are dropped and reset connections, answers that are cut off, late, empty or
no answers at all, errors with every usual status, with all ways of asking for a wait, with status 200; filters and
limits that refuse certain questions each time; a key that is revoked midway; and kills of the process.

Counted are runs that do not end, questions that were paid twice although their answer had been sent, tracebacks, and
results that differ from the undisturbed ones where every question was answered. Waits between tries are cut to 10 ms.
Writes ``studies/own/results/faults.json``.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from dialin.models.home import home_path
from studies.own import machine
from studies.own.faults_server import ANSWERS, LASTING, LINES, REVOKED
from studies.own.kill_storm import (
    FORKABLE,
    Command,
    Ended,
    Storm,
    advice_in,
    differences,
    forget_replies,
    state_of,
    stored,
)

HERE = Path(__file__).parent
KILL = "kill"
KINDS = (*LINES, *ANSWERS, KILL)
UNANSWERED = (*LASTING, "null content")
"""Faults after which some question may have no answer, so that the result may differ."""
MORE_STEPS = 4
SPENT = ("seconds", "paid_calls", "peak_memory_mb")
"""Columns of a benchmark that say what it took, and not what it found."""


@dataclass
class Trial:
    """What one fault did."""

    kind: str
    command: str
    plan: dict[str, Any]
    n_faults: int = 0
    steps: list[str] = field(default_factory=list)
    lost: bool = False
    paid_twice: list[str] = field(default_factory=list)
    under_way: int = 0
    tracebacks: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.lost or self.paid_twice or self.tracebacks or self.differs)


@dataclass(frozen=True)
class Known:
    """What a command does where nothing fails: its result, its seconds, its requests, and whether it asks an LLM."""

    state: dict[str, Any]
    seconds: float
    n_asked: int
    asks_llm: bool


class FaultyStorm(Storm):
    """A place for trials with a server that fails as it is told."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, server="studies.own.faults_server")
        self.address = f"http://127.0.0.1:{self.port}"

    def planned(self, **plan: Any) -> None:
        """Tell the server which fault is next; none without arguments."""
        transport = httpx.HTTPTransport(retries=8)  # the server may still be starting
        with httpx.Client(transport=transport, timeout=10) as client:
            client.post(f"{self.address}/plan", json=plan).raise_for_status()

    def counted(self, what: str) -> int:
        """Return how many requests ("asked") or "faults" there have been since the last plan."""
        return int(httpx.get(f"{self.address}/faults").json()[what])


def commands(storm: Storm) -> list[Command]:
    """Return every command that asks a server, the ones with most questions more than once."""
    labels, embedder = ("--text", "text", "--cluster", "topic"), storm.models[2:]
    bench = ("bench", "--data", "calls.csv", "--label", "topic", "--methods", "keyphrase,dialin", *storm.models)
    return [
        Command("discover", ("discover", "calls.csv", *storm.models, "--out", "new")),
        Command("resume", ("resume", "capped")),
        Command("tune calibrate", ("tune", "calibrate", "w.parquet", "--llm", storm.llm, "--out", "calibration.json")),
        Command("judge", ("judge", "calls.csv", *labels, *storm.models, "--out", "judged.csv")),
        Command("bench", (*bench, "--out", "benched")),
        Command("predict", ("predict", "run", "more.csv", "--out", "p.csv")),
        Command("tune data", ("tune", "data", "calls.csv", "--label", "topic", *embedder, "--out", "t.parquet")),
    ]


def prepare(storm: FaultyStorm) -> None:
    """Make the folder that each trial begins with: sentences, a run, one that a cap stopped, and labelled clusters."""
    work, home = storm.here / "work", storm.here / "home"
    work.mkdir(parents=True)
    home.mkdir()
    (home / "models").symlink_to(home_path() / "models")
    rows = (HERE / "kill_storm.csv").read_text().splitlines()
    (work / "calls.csv").write_text("\n".join([rows[0], *rows[1::2]]) + "\n")  # half: a trial takes a second then
    (work / "more.csv").write_text("\n".join([rows[0], *rows[1::3]]) + "\nbill,is there a fee for paper\n")
    discover = ("discover", "calls.csv", *storm.models, "--out")
    data = (
        "tune",
        "data",
        "calls.csv",
        "--label",
        "topic",
        *storm.models[2:],
        "--clusters",
        "60",
        "--out",
        "w.parquet",
    )
    modules: set[str] = set()
    for words in ((*discover, "run"), (*discover, "capped", "--max-calls", "4"), data, commands(storm)[4].words):
        forget(home)
        ended = storm.run(words, modules=str(storm.root / "found"))
        print(f"{ended.seconds:6.2f} s  exit {ended.code}  {' '.join(words)[:60]}", flush=True)
        if ended.code != 0 or "Traceback" in ended.err:
            raise SystemExit(ended.err)
        modules |= set((storm.root / "found").read_text().split())
    forget(home)
    storm.warm("\n".join(sorted(name for name in modules if name.split(".")[0] in {*FORKABLE, "tenacity"})))
    shutil.rmtree(work / "benched")
    shutil.copytree(storm.here, storm.base, symlinks=True, dirs_exist_ok=True)


def forget(home: Path) -> None:
    """Empty the shared stores of replies and vectors, so that the next command has to pay."""
    forget_replies(home)
    for path in home.glob("embeddings.sqlite*"):
        path.unlink()


def found_in(storm: Storm) -> dict[str, Any]:
    """Return the results in the place of the trial; of a benchmark, what it found and not what it took."""
    found = {name: value for name, value in state_of(storm.here / "work").items() if not name.startswith("benched/")}
    runs = storm.here / "work" / "benched" / "runs.jsonl"
    if runs.is_file():
        rows = [json.loads(line) for line in runs.read_text().splitlines()]
        found["benched"] = [{name: value for name, value in row.items() if name not in SPENT} for row in rows]
    return found


def undisturbed(storm: FaultyStorm, command: Command) -> Known:
    """Return what a command does where nothing fails."""
    storm.place()
    storm.planned()
    before = len(storm.asked())
    ended = storm.run(command.words, hurried=True)
    if ended.code != 0 or "Traceback" in ended.err:
        raise SystemExit(f"{command.name}: exit {ended.code}: {ended.err}")
    n_asked, asks_llm = storm.counted("asked"), any(key.startswith("llm:") for key in storm.asked()[before:])
    print(f"{ended.seconds:6.2f} s  {n_asked:4} requests  {command.name}", flush=True)
    return Known(found_in(storm), ended.seconds, n_asked, asks_llm)


# --- one trial ------------------------------------------------------------------------------------


def plan_of(kind: str, rng: random.Random, known: Known) -> dict[str, Any]:
    """Draw how often a fault strikes; a storm of them outlasts the tries of one call, a few do not."""
    if kind == KILL:
        return {"at": rng.random() * known.seconds, "signal": int(rng.choice((signal.SIGKILL, signal.SIGTERM)))}
    if kind == REVOKED:
        return {"most": rng.randrange(known.n_asked)}
    first = {"first": rng.randrange(known.n_asked)}
    is_storm = rng.random() < 0.25
    return first | (
        {"share": 1.0, "most": 200} if is_storm else {"share": rng.random() / 3, "most": rng.randint(1, 12)}
    )


def tried(storm: FaultyStorm, command: Command, kind: str, rng: random.Random, known: Known) -> Trial:
    """Let a fault happen, recover, and compare."""
    storm.place()
    trial, begun = Trial(kind, command.name, plan_of(kind, rng, known)), len(storm.asked())
    first = run_first(storm, command, trial, rng.randrange(2**31))
    note(first, trial, command.words)
    trial.n_faults = 1 if kind == KILL else storm.counted("faults")
    known_then, middle = stored_now(storm), len(storm.asked())
    if kind not in LASTING:
        storm.planned()  # the fault has passed
    last = first if first.code == 0 else recovered(storm, command, first, trial)
    asked = storm.asked()[begun:]
    earlier, later = set(asked[: middle - begun]), set(asked[middle - begun :])
    twice = [key for key, n in Counter(asked).items() if n > 1]
    trial.under_way = len(earlier & later - known_then) if kind == KILL else 0
    trial.paid_twice = [key for key in twice if kind != KILL or key in known_then]
    trial.lost = last.code != 0
    if not trial.lost and kind not in UNANSWERED:
        trial.differs = differences(known.state, found_in(storm))
    return trial


def run_first(storm: FaultyStorm, command: Command, trial: Trial, seed: int) -> Ended:
    """Run a command into its fault."""
    if trial.kind == KILL:
        storm.planned()
        return storm.run(command.words, trial.plan["at"], trial.plan["signal"], hurried=True)
    storm.planned(kind=trial.kind, seed=seed, **trial.plan)
    return storm.run(command.words, hurried=True)


def stored_now(storm: Storm) -> set[str]:
    """Return the keys of the questions and texts whose answers stand on the disk."""
    with suppress(sqlite3.DatabaseError):
        return stored(storm.here)
    return set()


def recovered(storm: FaultyStorm, command: Command, first: Ended, trial: Trial) -> Ended:
    """Do what a user does after a failure, until it works or nothing is left to try; return how the last step ended."""
    cwd, ended = storm.here / "work", first
    words = advice_in(first.err, command.words, command, cwd) or command.words
    for _ in range(MORE_STEPS):
        ended = storm.run(words, hurried=True)
        note(ended, trial, words)
        if ended.code == 0:
            break
        words = advice_in(ended.err, words, command, cwd) or words
    return ended


def note(ended: Ended, trial: Trial, words: tuple[str, ...]) -> None:
    """Add a step to the trial, and what looks like a fault of the program."""
    said = (ended.err.splitlines() or [""])[-1][:200]
    trial.steps.append(f"{ended.code}: {' '.join(words)[:60]}: {said if ended.code else 'done'}")
    if "Traceback" in ended.err or "Exception ignored" in ended.err or ended.code == 1:
        trial.tracebacks.append(f"exit {ended.code}: {ended.err[-1500:]}")


# --- the whole ------------------------------------------------------------------------------------


def trials(storm: FaultyStorm, n: int, seed: int) -> Iterator[Trial]:
    """Yield n trials: the commands take turns, all else is drawn."""
    rng, all_commands = random.Random(seed), commands(storm)
    known = {command.name: undisturbed(storm, command) for command in all_commands}
    for i in range(n):
        command = all_commands[i % len(all_commands)]
        kinds = KINDS if known[command.name].asks_llm else [kind for kind in KINDS if kind not in LASTING]
        yield tried(storm, command, rng.choice(kinds), rng, known[command.name])


def summary(found: list[Trial]) -> dict[str, Any]:
    """Return the figures, and what stands behind those that are not 0."""
    return {
        "trials": len(found),
        "faults": sum(trial.n_faults for trial in found),
        "runs lost": sum(trial.lost for trial in found),
        "questions paid twice": sum(len(trial.paid_twice) for trial in found),
        "tracebacks": sum(len(trial.tracebacks) for trial in found),
        "results that differ": sum(bool(trial.differs) for trial in found),
        "under way at a kill, asked again": sum(trial.under_way for trial in found),
        "ended at the first try": sum(len(trial.steps) == 1 for trial in found),
        "by fault": dict(Counter(trial.kind for trial in found)),
        "by command": dict(Counter(trial.command for trial in found)),
        "not clean": [asdict(trial) for trial in found if not trial.is_clean],
    }


def main() -> None:
    """Run all trials and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--root", type=Path, default=Path("/tmp/dialin-faults"))
    options = parser.parse_args()
    storm, found = FaultyStorm(options.root), list[Trial]()
    try:
        storm.planned()
        prepare(storm)
        for trial in trials(storm, options.trials, options.seed):
            found.append(trial)
            print(f"{len(found):4}  {trial.command}: {trial.kind} x {trial.n_faults}", end="", flush=True)
            print("" if trial.is_clean else f"  {asdict(trial)}", flush=True)
            if len(found) % 50 == 0 or len(found) == options.trials:
                machine.write("faults", {**machine.provenance(seed=options.seed), **summary(found)})
    finally:
        storm.close()


if __name__ == "__main__":
    main()
