"""Let the disk of a run get full at chosen moments, with a Ray cluster and without, then make room and resume.

Run folder and caches lie on a small disk in memory, which a filler takes to the last byte right before a block of
vectors is stored, before a reply is stored, or before one of the files of the result is written. The command must end
with exit code 2 and one line that names the file and ``dialin resume``, or with the undisturbed result, if that fits
into the room that is kept for replies. Then the filler is deleted, and the resumed run must end with the files of an
undisturbed one; a scripted server logs each question that it answers, so one that is paid twice stands there twice, and
the sessions in ``timing.json`` together have to count as many as the server.

Each trial starts dialin twice, so that all take half an hour on two free cores: ``--minutes`` ends them earlier, and
the results say which moments were tried. Needs a user who may mount file systems. Writes
``studies/own/results/full_disk.json``. `kill_storm` fills disks under every command, at random moments and without a
cluster.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from dialin.models.home import home_path
from studies.own import machine
from studies.own.kill_storm import Ended, differences, free_port, mounted, repeated, state_of
from studies.own.on_ray import cluster

HERE = Path(__file__).parent
DISK = "48m"
VECTORS, REPLY, FILE = "block of vectors", "reply", "file"
ON_RAY = ("embeddings.npy", "intents.parquet", "manifest.json")
EVENTS = "events"
ENDED = "the command ended well"
CHILD = """
import os, sys
from pathlib import Path
from dialin import files
from dialin.cli import main
from dialin.embed import cache
from dialin.llm.cache import ReplyStore
from dialin.scale import embedder
from studies.own.kill_storm import fill

embedder.MIN_TEXTS, embedder.BLOCK_TEXTS = 1, 32
log, filler, moment, place = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])

def told(function, name_of):
    def call(*given, **more):
        name = name_of(*given)
        if name:
            with log.open("a") as file:
                file.write(name + chr(10))
            if name == moment and log.read_text().splitlines().count(name) == place:
                fill(filler, 0)
        return function(*given, **more)
    return call

cache.store_vectors = told(cache.store_vectors, lambda *_: "block of vectors")
ReplyStore.insert_row = told(ReplyStore.insert_row, lambda of, *_: "reply" if of.path.endswith("llm.sqlite") else "")
files.write_whole = told(files.write_whole, lambda path, fill: "file " + path.name)
main(sys.argv[5:])
"""
"""A command that notes its moments in a file, and lets the disk get full at one of them."""


@dataclass
class Trial:
    """What a disk that got full did: where, what was said, and what was wrong."""

    moment: str
    place: int
    on_ray: bool
    said: str = ""
    wrong: list[str] = field(default_factory=list)


class Place:
    """The small disk, a scripted server, and the address of a cluster, "" for none."""

    def __init__(self, root: Path, address: str) -> None:
        self.root, self.here, self.address = root, root / "here", address
        self.events, self.questions, self.port = root / EVENTS, root / "questions", free_port()
        self.questions.touch()
        command = [sys.executable, "-m", "studies.own.kill_storm_server", str(self.port), str(self.questions)]
        self.server = subprocess.Popen(command)

    def begin(self) -> None:
        """Put the input and an empty folder for caches on the disk."""
        (self.here / "home").mkdir()
        (self.here / "home" / "models").symlink_to(home_path() / "models")
        rows = (HERE / "kill_storm.csv").read_text().splitlines()
        (self.here / "calls.csv").write_text("\n".join([rows[0], *rows[1::2]]) + "\n")
        self.questions.write_text("")

    def run(self, words: Sequence[str], moment: str = "", place: int = 0) -> Ended:
        """Run a command of dialin, whose disk gets full at a moment."""
        self.events.write_text("")
        ray = ("--ray", self.address) if self.address else ()
        child = ["-c", CHILD, str(self.events), str(self.here / "filler"), moment, str(place), *words, *ray]
        environment = {**os.environ, "DIALIN_HOME": str(self.here / "home"), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, *child], cwd=self.here, env=environment, capture_output=True, text=True, check=False
        )
        return Ended(done.returncode, done.stdout, done.stderr, 0.0)

    def discover(self, moment: str = "", place: int = 0) -> Ended:
        """Find the intents of the input."""
        llm = ("--llm", f"openai:storm@http://127.0.0.1:{self.port}/v1", "--embedder", "local:intents-en-v5")
        return self.run(("discover", "calls.csv", "--out", "run", *llm), moment, place)

    def close(self) -> None:
        """End the server."""
        self.server.kill()
        self.server.wait()


def undisturbed(place: Place) -> tuple[dict[str, Any], Counter[str]]:
    """Return the files of an undisturbed run, and how often each moment comes."""
    with mounted(place.here, f"size={DISK}"):
        place.begin()
        ended = place.discover()
        if ended.code:
            raise SystemExit(ended.err)
        return state_of(place.here / "run"), Counter(place.events.read_text().splitlines())


def moments(n_of: Counter[str], *, on_ray: bool) -> Iterator[tuple[str, int]]:
    """Yield the moments to try: the middle, first and last of the blocks and replies, and the last of each file.

    Of the files, a cluster has to do with the vectors alone: with one, no more than three are tried.
    """
    files = [name for name in n_of if name.startswith(FILE)]
    some = [name for name in files if name.split()[1] in ON_RAY]
    rest = [] if on_ray else [name for name in files if name not in some]
    yield from ((name, (n_of[name] + 1) // 2) for name in (VECTORS, REPLY))
    yield from ((name, n_of[name]) for name in some)
    yield from ((name, n) for name in (VECTORS, REPLY) for n in sorted({1, n_of[name]}))
    yield from ((name, n_of[name]) for name in rest)


def tried(place: Place, moment: str, n: int, expected: dict[str, Any]) -> Trial:
    """Let the disk get full at a moment, make room, resume, and compare."""
    trial = Trial(moment, n, on_ray=bool(place.address))
    with mounted(place.here, f"size={DISK}"):
        place.begin()
        failed = place.discover(moment, n)
        if failed.code == 0:  # the block fitted into pages of its store, and the result into the room kept for replies
            return replace(trial, said=ENDED, wrong=differences(expected, state_of(place.here / "run")))
        trial.said = (failed.err.splitlines() or [""])[-1].replace(str(place.here), "DISK")
        left = [path.name for path in place.here.rglob("*.tmp")]
        (place.here / "filler").unlink(missing_ok=True)
        has_run = (place.here / "run").is_dir()
        trial.wrong += wrong_in(failed, has_run) + [f"{name} is left" for name in left]
        ended = place.run(("resume", "run")) if has_run else place.discover()
        if ended.code:
            trial.wrong.append(f"not resumed: {ended.err[-300:]}")
        else:
            trial.wrong += differences(expected, state_of(place.here / "run"))
        trial.wrong += wrong_in_ledger(place)
    return trial


def wrong_in(ended: Ended, has_run: bool) -> list[str]:
    """Return what is wrong with how a command ended on a full disk."""
    last = (ended.err.splitlines() or [""])[-1]
    checks = {
        f"exit code {ended.code}": ended.code == 2,
        f"a traceback: {ended.err[-500:]}": "Traceback" not in ended.err,
        f"standard output: {ended.out[:200]}": not ended.out,
        "no word of room": "make room on that disk" in last,
        "no word of resuming": not has_run or "continue with: dialin resume run" in last,
    }
    return [what for what, is_right in checks.items() if not is_right]


def wrong_in_ledger(place: Place) -> list[str]:
    """Return what was paid twice, and where the sessions count other calls than the server."""
    asked = [key for key in place.questions.read_text().split() if key.startswith("llm:")]
    timing = place.here / "run" / "timing.json"
    sessions = json.loads(timing.read_text())["sessions"] if timing.is_file() else []
    n = sum(session["actual"]["calls"] for session in sessions)
    booked = [] if n == len(asked) else [f"{n} calls booked, {len(asked)} answered"]
    return [f"{len(repeated(asked))} questions paid twice"] * bool(repeated(asked)) + booked


def trials(root: Path, address: str, minutes: float) -> Iterator[Trial]:
    """Yield a trial for each moment, as far as the time goes: what matters most comes first."""
    until = time.perf_counter() + 60 * minutes
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    place = Place(root, address)
    try:
        expected, n_of = undisturbed(place)
        print(dict(n_of), flush=True)
        for moment, n in moments(n_of, on_ray=bool(address)):
            if time.perf_counter() > until:
                return
            trial = tried(place, moment, n, expected)
            print(trial, flush=True)
            yield trial
    finally:
        place.close()


def main() -> None:
    """Try every moment without a cluster and with one, and write what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path("/tmp/dialin-full-disk"))
    parser.add_argument("--only", choices=("plain", "ray"))
    parser.add_argument("--minutes", type=float, default=30.0, help="Most minutes for each of the two.")
    options = parser.parse_args()
    found = machine.read("full_disk") if options.only else {}
    for name in [options.only] if options.only else ["plain", "ray"]:
        done = list[Trial]()
        with cluster(2) if name == "ray" else nullcontext("") as address:
            for trial in trials(options.root, address, options.minutes):
                done.append(trial)
                found[name] = {**machine.provenance(), **summary(done)}
                machine.write("full_disk", found)


def summary(done: Sequence[Trial]) -> dict[str, Any]:
    """Return the figures, and each trial."""
    wrong = sum(bool(trial.wrong) for trial in done)
    return {"trials": len(done), "wrong": wrong, "moments": [asdict(trial) for trial in done]}


if __name__ == "__main__":
    main()
