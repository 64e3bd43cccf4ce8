"""Kill each command that writes at random moments, do what dialin then advises, and compare with undisturbed work.

Each trial copies a prepared folder to the same place, runs one command on it, kills that at a moment between 0 and its
undisturbed duration, and then does what a user does: repeats the command, or follows the advice that dialin gives. The
other disasters are full disks (filled but for 0 to 300 kB before the command begins, or to the last byte at a random
moment of its work), clocks that jump by years at each look, and caches that cannot be written. The LLM and the embedder
are a scripted server that logs each question it answers.

Counted are results that differ from the undisturbed ones (byte by byte; for databases, by their rows), questions that
were paid again although their reply was stored, and tracebacks. A question whose answer was under way at the kill is
counted apart: nobody can have stored it; but of a disk that gets full, there must be none. Writes
``studies/own/results/kill_storm.json`` after each trial.

A trial runs a command at least twice, which takes 3 to 15 seconds of a processor; before the first, 28 commands make
what trials begin with and what they are compared with, which ``--minutes`` does not count.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dialin.models.home import home_path
from studies.own import machine
from studies.own.kill_storm_server import question_key

HERE = Path(__file__).parent
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
"""Drawn from; half of the kills cannot be noticed by the process."""
FREE = (0, 8_192, 40_960, 102_400, 307_200)
"""Bytes that a full disk has left when a command begins."""
DISK = "64m"
"""Size of a full disk: room for the prepared folder, the rest is filled but for `FREE`."""
MORE_STEPS = 5
FORKABLE = frozenset(("dialin", "numpy", "scipy", "sklearn", "pandas", "pyarrow", "httpx", "rich", "click", "jinja2"))
"""Packages that may be imported before a fork; others start threads, which a child lacks at its end."""
LEFT_OUT = ("timing.json", "run.lock", "servers.json")
"""Files that may differ between undisturbed runs, or say nothing about the result."""
TOOK = re.compile(rb'<div class="figure took">.*?</dd></div>', re.DOTALL)
"""The bar of the seconds in a report, which differ, too."""
ADVICE = re.compile(r"(?:continue (?:it )?with|use|update it with): (dialin .+?)(?:; |\)|$)", re.MULTILINE)
EXISTS = re.compile(r"(?:the data card )?(\S+) already exists \(delete it")


@dataclass(frozen=True)
class Command:
    """A command that writes.

    Parameters
    ----------
    name : str
        Name in the results.
    words : tuple of str
        The command line.
    more : tuple of str
        Words that a user adds to the advised command, so that it ends.
    """

    name: str
    words: tuple[str, ...]
    more: tuple[str, ...] = ()


@dataclass
class Ended:
    """How a process ended: exit code (negative: the signal), both outputs, and seconds."""

    code: int
    out: str
    err: str
    seconds: float


@dataclass
class Trial:
    """What one disaster did; `differs` and `tracebacks` are the evidence, if there is any."""

    disaster: str
    command: str
    steps: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)
    paid_again: list[str] = field(default_factory=list)
    under_way: int = 0
    tracebacks: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.differs or self.paid_again or self.tracebacks)


class Zygote:
    """The process that starts commands; see `kill_storm_zygote`."""

    def __init__(self, modules: Path) -> None:
        words = [sys.executable, "-m", "studies.own.kill_storm_zygote", str(modules)]
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **threads}
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout

    def run(self, job: dict[str, Any], at: float | None = None, number: int = 0) -> tuple[int, float]:
        """Run a job, and kill it `at` seconds after its start; return its exit code and its seconds."""
        self._to.write(json.dumps(job) + "\n")
        self._to.flush()
        pid, begun = int(self._from.readline()), time.perf_counter()
        killer = threading.Timer(at or 0.0, lambda: self._kill(pid, number))
        if at is not None:
            killer.start()
        code = int(self._from.readline())
        killer.cancel()
        return code, time.perf_counter() - begun

    @staticmethod
    def _kill(pid: int, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    def close(self) -> None:
        """End the process."""
        self._to.close()
        self._process.wait()


class Storm:
    """A place for trials, with the server (a module with a port and a log), the zygote and the prepared folder."""

    def __init__(self, root: Path, clean: bool = True, server: str = "studies.own.kill_storm_server") -> None:
        if clean:
            shutil.rmtree(root, ignore_errors=True)
        self.root, self.base, self.here = root, root / "base", root / "here"
        self.base.mkdir(parents=True)
        self.log = root / "questions"
        self.port = free_port()
        words = [sys.executable, "-m", server, str(self.port), str(self.log)]
        self.server = subprocess.Popen(words)
        self.log.touch()
        (root / "modules").write_text("dialin.cli\n")
        self.zygote = Zygote(root / "modules")

    @property
    def models(self) -> tuple[str, ...]:
        """Options that name the scripted LLM and embedder."""
        return ("--llm", self.llm, "--embedder", f"openai:words@http://127.0.0.1:{self.port}/v1")

    @property
    def llm(self) -> str:
        """The spec of the scripted LLM."""
        return f"openai:storm@http://127.0.0.1:{self.port}/v1"

    def asked(self) -> list[str]:
        """Return the keys of all paid questions so far."""
        return self.log.read_text().split()

    def warm(self, modules: str) -> None:
        """Let the zygote begin again with these modules imported."""
        self.zygote.close()
        (self.root / "modules").write_text(modules)
        self.zygote = Zygote(self.root / "modules")

    def run(self, words: tuple[str, ...], at: float | None = None, number: int = 0, **more: Any) -> Ended:
        """Run a command in the place of the trial."""
        out, err = self.root / "out", self.root / "err"
        job = {
            "arguments": words,
            "cwd": str(self.here / "work"),
            "environment": {"DIALIN_HOME": str(self.here / "home")},
            "examples": str(self.here / "work" / "examples"),
            "stdout": str(out),
            "stderr": str(err),
            "clock": None,
            "modules": "",
            "hurried": False,
            **more,
        }
        code, seconds = self.zygote.run(job, at, number)
        return Ended(code, out.read_text("utf-8", "replace"), err.read_text("utf-8", "replace"), seconds)

    def place(self) -> None:
        """Put a copy of the prepared folder in the place of the trial."""
        for entry in list(self.here.iterdir()) if self.here.exists() else []:
            shutil.rmtree(entry)
        self.here.mkdir(exist_ok=True)
        shutil.copytree(self.base, self.here, symlinks=True, dirs_exist_ok=True)

    def close(self) -> None:
        """End the processes."""
        self.zygote.close()
        self.server.kill()
        self.server.wait()


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare(storm: Storm) -> None:
    """Make the folder that each trial begins with: inputs, and runs in every state that a command starts from."""
    work, home = storm.here / "work", storm.here / "home"
    work.mkdir(parents=True)
    home.mkdir()
    (home / "models").symlink_to(home_path() / "models")
    rows = (HERE / "kill_storm.csv").read_text().splitlines()
    (work / "calls.csv").write_text("\n".join(rows) + "\n")
    (work / "more.csv").write_text("\n".join([rows[0], *rows[1::2]]) + "\nbill,is there a fee for paper\n")
    write_examples(work / "examples", rows)
    discover = ("discover", "calls.csv", *storm.models, "--out")
    modules: set[str] = set()
    for words in (
        (*discover, "run"),
        (*discover, "reviewed"),
        ("decide", "reviewed"),
        (*discover, "capped", "--max-calls", "4"),
        (*discover, "capped-reviewed", "--max-calls", "9"),
        ("decide", "capped-reviewed"),
        ("predict", "run", "more.csv", "--out", "warm.csv"),
        ("report", "run"),
        ("annotate", "calls.csv", "--out", "labelled", "--k", "8", *storm.models[2:], "--export", "no.parquet"),
        ("decide", "labelled"),
        ("tune", "data", "calls.csv", "--label", "topic", *storm.models[2:], "--clusters", "10", "--out", "w.parquet"),
        ("demo", "--llm", storm.llm, "--out", "demo"),
    ):
        forget_replies(home)
        ended = storm.run(words, modules=str(storm.root / "found"))
        print(f"{ended.seconds:6.2f} s  exit {ended.code}  {' '.join(words)[:60]}", flush=True)
        if ended.code not in (0, 2) or "Traceback" in ended.err:
            raise SystemExit(ended.err)
        modules |= set((storm.root / "found").read_text().split())
    forget_replies(home)
    for name in ("warm.csv", "w.parquet"):
        (work / name).unlink()
    storm.warm("\n".join(sorted(name for name in modules if name.split(".")[0] in FORKABLE)))
    shutil.copytree(storm.here, storm.base, symlinks=True, dirs_exist_ok=True)


def write_examples(folder: Path, rows: list[str]) -> None:
    """Write the sentences as the example calls, so that the demo takes seconds, too."""
    folder.mkdir()
    found = list(csv.DictReader(rows))
    places = [{"dialogue_id": str(i // 4), "turn": i % 4} for i in range(len(found))]
    turns = [place | {"role": "customer", "text": row["text"]} for place, row in zip(places, found, strict=True)]
    (folder / "calls.jsonl").write_text("".join(json.dumps(turn) + "\n" for turn in turns))
    gold = (f"{i // 4},{i % 4},{row['topic']}\n" for i, row in enumerate(found))
    (folder / "calls_gold.csv").write_text("dialogue_id,turn,intent_in_language\n" + "".join(gold))


def forget_replies(home: Path) -> None:
    """Empty the shared store of replies, so that the next run has to pay."""
    for path in home.glob("replies.sqlite*"):
        path.unlink()


def commands(storm: Storm) -> list[Command]:
    """Return every command that writes."""
    labels = ("--text", "text", "--cluster", "topic")
    embedder = storm.models[2:]
    tune = ("tune", "data", "calls.csv", "--label", "topic", *embedder, "--clusters", "10", "--out", "train.parquet")
    start = ("annotate", "calls.csv", "--out", "new", "--k", "8", *embedder, "--export", "data.parquet")
    return [
        Command("discover", ("discover", "calls.csv", *storm.models, "--out", "new")),
        Command("discover in a new folder", ("discover", "calls.csv", *storm.models, "--out", "deep/new")),
        Command("discover --since", ("discover", "more.csv", *storm.models, "--since", "reviewed", "--out", "new")),
        Command("resume", ("resume", "capped")),
        Command("resume reviewed", ("resume", "capped-reviewed")),
        Command("predict csv", ("predict", "reviewed", "more.csv", "--out", "p.csv")),
        Command("predict parquet", ("predict", "run", "more.csv", "--out", "p.parquet")),
        Command("decide", ("decide", "run")),
        Command("report", ("report", "reviewed")),
        Command("judge --out", ("judge", "calls.csv", *labels, *storm.models, "--out", "judged.csv")),
        Command("annotate", start, ("--export", "data.parquet")),
        Command("annotate --export", ("annotate", "labelled", "--export", "data.parquet")),
        Command("tune data", tune),
        Command("forget", ("forget", "capped-reviewed", "--yes")),
        Command("forget --all", ("forget", "run", "--all", "--yes")),
        Command("demo", ("demo", "--llm", storm.llm, "--out", "demo")),
    ]


# --- what is there afterwards ---------------------------------------------------------------------


def state_of(folder: Path) -> dict[str, Any]:
    """Return what stands in a folder: bytes of files by path, and rows of databases."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink() or not path.is_file() or path.name in LEFT_OUT or path.name.endswith(("-wal", "-shm")):
            continue
        found[name] = rows_of(path) if path.suffix == ".sqlite" else TOOK.sub(b"", path.read_bytes())
    return found


def rows_of(path: Path) -> list[tuple[Any, ...]]:
    """Return the keys and values of a store of replies or vectors, whoever paid for them."""
    with closing(sqlite3.connect(path)) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        if "replies" in tables:
            return sorted(db.execute("SELECT key, reply, probabilities FROM replies"))
        return sorted(db.execute("SELECT embedder, text_sha256, vector FROM embedding")) if tables else []


def stored(folder: Path) -> set[str]:
    """Return the keys of the questions and texts whose answers stand in a folder."""
    found: set[str] = set()
    for path in folder.rglob("*.sqlite"):
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path)) as db:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
            if "replies" in tables:
                found |= {question_key(json.loads(prompt)) for (prompt,) in db.execute("SELECT prompt FROM replies")}
            if "embedding" in tables:
                texts = db.execute("SELECT text_sha256 FROM embedding WHERE embedder LIKE 'openai:%'")
                found |= {f"text:{bytes(sha).hex()}" for (sha,) in texts}
    return found


def differences(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Return the names of what is missing, too much, or different."""
    missing = [f"{name} is missing" for name in expected.keys() - found.keys()]
    extra = [f"{name} is left over" for name in found.keys() - expected.keys()]
    other = [f"{name} differs" for name in expected.keys() & found.keys() if expected[name] != found[name]]
    return sorted(missing + extra + other)


# --- one trial ------------------------------------------------------------------------------------


def advice_in(err: str, words: tuple[str, ...], command: Command, cwd: Path) -> tuple[str, ...] | None:
    """Return the next command according to an error message; None if it advises none."""
    exists = EXISTS.search(err)
    if exists:
        (cwd / exists[1]).unlink(missing_ok=True)
        return words
    advised = ADVICE.search(err)
    if not advised or "-h" in advised[1]:
        return None
    return (*shlex.split(advised[1])[1:], *command.more)


def recover(storm: Storm, command: Command, first: Ended, trial: Trial) -> None:
    """Do what a user does after a disaster: what dialin advises, else the same command again."""
    words = advice_in(first.err, command.words, command, storm.here / "work") or command.words
    for _ in range(MORE_STEPS):
        ended = storm.run(words)
        trial.steps.append(f"{ended.code}: {' '.join(words)[:50]}: {(ended.err.splitlines() or [''])[-1][:160]}")
        note_tracebacks(ended, trial)
        if ended.code == 0:
            return
        further = advice_in(ended.err, words, command, storm.here / "work")
        if further is None or (further == words and "already exists" not in ended.err):
            return
        words = further


def note_tracebacks(ended: Ended, trial: Trial) -> None:
    """Add what looks like a fault of the program."""
    if "Traceback" in ended.err or "Exception ignored" in ended.err or ended.code == 1:
        trial.tracebacks.append(f"exit {ended.code}: {ended.err[-1500:]}")


Disaster = Callable[[], Ended]


def tried(storm: Storm, command: Command, name: str, disaster: Disaster, expected: dict[str, Any]) -> Trial:
    """Let a disaster happen, recover, and compare."""
    trial, before = Trial(name, command.name), len(storm.asked())
    first = disaster()
    trial.steps.append(f"{first.code}: {(first.err.splitlines() or [''])[-1][:160]}")
    note_tracebacks(first, trial)
    known, middle = set().union(*map(stored, stores_of(storm, command))), len(storm.asked())
    recover(storm, command, first, trial)
    asked = storm.asked()
    earlier, later = asked[before:middle], asked[middle:]
    again = [key for key in later if key in known] + repeated(earlier) + repeated(later)
    trial.paid_again = again
    trial.under_way = len({*earlier} & {*later} - known)
    found = differences(expected, state_of(storm.here))
    trial.differs = [what for what in found if command.words[0] == "forget" or what.startswith("work/")]
    return trial


def stores_of(storm: Storm, command: Command) -> list[Path]:
    """Return the folders whose replies a command may use: the shared ones, and those of the run that it makes."""
    runs = {"discover": command.words[-1], "demo": command.words[-1], "resume": command.words[1]}
    own = runs.get(command.words[0])
    return [storm.here / "home", *([storm.here / "work" / own] if own else [])]


def repeated(keys: list[str]) -> list[str]:
    """Return the keys that stand in a list more than once."""
    return [key for key, n in Counter(keys).items() if n > 1]


def undisturbed(storm: Storm, command: Command) -> tuple[dict[str, Any], float, list[str]]:
    """Return what a command leaves where nothing happens, its seconds, and what it paid for twice."""
    storm.place()
    before = len(storm.asked())
    ended = storm.run(command.words)
    if "Traceback" in ended.err or ended.code not in (0, 2):
        raise SystemExit(f"{command.name}: exit {ended.code}: {ended.err}")
    print(f"{ended.seconds:6.2f} s  exit {ended.code}  {command.name}  {ended.err.splitlines()[-1:]}", flush=True)
    return state_of(storm.here), ended.seconds, repeated(storm.asked()[before:])


# --- the disasters --------------------------------------------------------------------------------


def kills(storm: Storm, known: dict[str, Any], n: int, seed: int, until: float) -> Iterator[Trial]:
    """Yield a trial for each kill: the commands take turns, the moments and signals are drawn."""
    rng, all_commands = random.Random(seed), commands(storm)
    for i in range(n):
        command = all_commands[i % len(all_commands)]
        number, share = rng.choice(SIGNALS), rng.random()
        if time.perf_counter() > until:
            return
        expected, seconds, _ = known[command.name]
        storm.place()
        at = share * seconds

        def killed(command: Command = command, at: float = at, number: int = number) -> Ended:
            return storm.run(command.words, at, number)

        yield tried(storm, command, f"{signal.Signals(number).name} at {at:.3f} s of {seconds:.3f}", killed, expected)


def full_disks(storm: Storm, known: dict[str, Any], until: float) -> Iterator[Trial]:
    """Yield a trial for each command and each size of what a disk has left; then the disk is made free."""
    for command in commands(storm):
        for free in FREE:
            if time.perf_counter() > until:
                return
            with mounted(storm.here, f"size={DISK}"):
                storm.place()
                filler = storm.here / "filler"
                fill(filler, free)

                def squeezed(command: Command = command, filler: Path = filler) -> Ended:
                    ended = storm.run(command.words)
                    filler.unlink()
                    return ended

                yield tried(storm, command, f"{free:,} bytes free", squeezed, known[command.name][0])


def filling_disks(storm: Storm, known: dict[str, Any], n: int, seed: int, until: float) -> Iterator[Trial]:
    """Yield a trial for each disk that gets full at a drawn moment of a command's work; then the disk is made free."""
    rng, all_commands = random.Random(seed), commands(storm)
    for i in range(n):
        command, share = all_commands[i % len(all_commands)], rng.random()
        if time.perf_counter() > until:
            return
        expected, seconds, _ = known[command.name]
        with mounted(storm.here, f"size={DISK}"):
            storm.place()

            def overtaken(command: Command = command, at: float = share * seconds) -> Ended:
                filler = storm.here / "filler"
                timer = threading.Timer(at, fill, (filler, 0))
                timer.start()
                ended = storm.run(command.words)
                timer.cancel()
                timer.join()
                filler.unlink(missing_ok=True)
                return ended

            yield tried(storm, command, f"full at {share * seconds:.3f} s of {seconds:.3f}", overtaken, expected)


def fill(path: Path, free: int) -> None:
    """Write a file that leaves `free` bytes on its disk."""
    path.touch()
    room = os.statvfs(path)
    n = room.f_bavail * room.f_frsize - free
    with suppress(OSError), path.open("wb") as file:
        file.write(b"\0" * max(n, 0))


def jumping_clocks(storm: Storm, known: dict[str, Any], seed: int) -> Iterator[Trial]:
    """Yield a trial of each command whose clock jumps at each look; a second run follows, as after a kill."""
    for number, command in enumerate(commands(storm)):
        storm.place()

        def jumping(command: Command = command, number: int = number) -> Ended:
            return storm.run(command.words, clock=seed + number)

        yield tried(storm, command, "jumping clock", jumping, known[command.name][0])


def read_only_caches(storm: Storm, known: dict[str, Any]) -> Iterator[Trial]:
    """Yield a trial of each command whose shared caches lie on a disk that cannot be written."""
    for command in commands(storm):
        storm.place()
        home = storm.here / "home"
        kept = storm.root / "kept"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(home, kept, symlinks=True)
        before = {name for name in known[command.name][0] if name.startswith("work/")}
        expected = {name: known[command.name][0][name] for name in before}
        with mounted(home, "size=8m"):
            shutil.copytree(kept, home, symlinks=True, dirs_exist_ok=True)
            subprocess.run(["mount", "-o", "remount,ro", str(home)], check=True)

            def plain(command: Command = command) -> Ended:
                return storm.run(command.words)

            trial = tried(storm, command, "read-only caches", plain, expected)
        trial.differs = [what for what in trial.differs if not what.startswith("home/")]
        yield trial


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """Have a file system in memory at a folder meanwhile."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def can_mount(root: Path) -> bool:
    """Return whether this user may mount file systems here."""
    try:
        with mounted(root / "probe", "size=64k"):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


# --- the whole ------------------------------------------------------------------------------------


def summary(trials: list[Trial]) -> dict[str, Any]:
    """Return the three figures, and what stands behind those that are not 0."""
    return {
        "trials": len(trials),
        "results that differ": sum(bool(trial.differs) for trial in trials),
        "paid questions asked again": sum(len(trial.paid_again) for trial in trials),
        "tracebacks": sum(len(trial.tracebacks) for trial in trials),
        "under way at the stop, asked again": sum(trial.under_way for trial in trials),
        "by command": dict(sorted(Counter(trial.command for trial in trials).items())),
        "faults": [asdict(trial) for trial in trials if not trial.is_clean],
    }


def printed(trials: Iterator[Trial]) -> Iterator[list[Trial]]:
    """Yield the trials so far, first none, and print each."""
    found = list[Trial]()
    yield found
    for trial in trials:
        found.append(trial)
        said = (
            ""
            if trial.is_clean
            else f"  {trial.differs} {len(trial.paid_again)} {trial.paid_again[:2]} {trial.tracebacks} {trial.steps}"
        )
        print(f"{len(found):4}  {trial.command}: {trial.disaster}{said}", flush=True)
        yield found


def main() -> None:
    """Run all disasters and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=12.0, help="Most minutes for the kills, and for the disks.")
    parser.add_argument("--root", type=Path, default=Path("/tmp/dialin-storm"))
    parser.add_argument("--only", nargs="*", default=[], help="Some of: kills, disks, filling, clocks, caches.")
    options = parser.parse_args()
    storm = Storm(options.root)
    try:
        prepare(storm)
        known = {command.name: undisturbed(storm, command) for command in commands(storm)}
        limit = 60 * options.minutes
        parts: dict[str, Callable[[], Iterator[Trial]]] = {
            "kills": lambda: kills(storm, known, options.kills, options.seed, time.perf_counter() + limit),
            "clocks": lambda: jumping_clocks(storm, known, options.seed),
        }
        if can_mount(options.root):
            parts["disks"] = lambda: full_disks(storm, known, time.perf_counter() + limit)
            parts["filling"] = lambda: filling_disks(
                storm, known, options.kills, options.seed, time.perf_counter() + limit
            )
            parts["caches"] = lambda: read_only_caches(storm, known)
        wanted = options.only or list(parts)
        twice = {name: len(found) for name, (_, _, found) in known.items() if found}
        about = machine.provenance(seed=options.seed)
        results: dict[str, Any] = {**(machine.read("kill_storm") if options.only else about)}
        results["paid twice in undisturbed work"] = twice
        if "disks" not in parts:
            results["not tried"] = "disks and caches: this user may not mount file systems"
        for name in wanted:
            for trials in printed(parts[name]()):  # written after each trial: one that is stopped has not been in vain
                results[name] = {**(about if options.only else {}), **summary(trials)}
                place = machine.write("kill_storm", results)
            print(place)
    finally:
        storm.close()


if __name__ == "__main__":
    main()
