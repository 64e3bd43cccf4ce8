"""Measure what each format of `dialin export` takes on a large run: seconds, processor time, peak memory, and bytes.

The run is one that `studies.own.large_run` made. Everything goes into each export: both roles, and courtesies as well
as needs; a platform takes as many phrases as it can. Each export is a process of its own, which may take 20 minutes
and 8 GB of addresses. Writes ``studies/own/results/large_export.json`` after each.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from dialin.export.base import SKLEARN
from dialin.export.registry import FORMATS
from studies.own import machine

EVERYTHING = ("--all", "--role", "all")
MOST_SECONDS, MOST_BYTES = 1_200, 8 << 30


def main() -> None:
    """Measure every format, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--formats", nargs="+", choices=[*FORMATS, SKLEARN], default=[*FORMATS, SKLEARN])
    parser.add_argument("--results", default="large_export", metavar="NAME", help="name of the file of results")
    options = parser.parse_args()
    rows = list[dict[str, Any]]()
    for name in options.formats:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / options.run.name
            command = ["export", str(options.run), "--to", name, "--out", str(out)]
            found = spent([*command, *EVERYTHING])
            rows.append({"format": name, **found, "bytes": size_of(out)})
        print(rows[-1], flush=True)
        machine.write(options.results, machine.provenance(exports=rows))


def spent(command: Sequence[str]) -> dict[str, Any]:
    """Run a dialin command; return its exit code, seconds by the clock and of processor time, peak memory, last line.

    ``peak_memory_mb`` holds the parts of mapped files that nothing else needed the memory of; ``own_memory_mb``, looked
    at every fifth of a second, does not. The code is that of a signal, below 0, if it ran too long.
    """
    clock, before, own = time.perf_counter(), os.times(), [0]
    with subprocess.Popen(
        [sys.executable, "-m", "dialin", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=_bounded,  # noqa: PLW1509  (no threads yet)
    ) as process:
        threading.Thread(target=_watch, args=(process, own), daemon=True).start()
        assert process.stdout is not None
        lines = process.stdout.read().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return {
        "code": process.returncode,
        "seconds": round(time.perf_counter() - clock, 1),
        "cpu_seconds": round(used, 1),
        "peak_memory_mb": round(usage.ru_maxrss / 1024),
        "own_memory_mb": own[0] // 1024,
        "said": lines[-1] if lines else "",
    }


def _watch(process: subprocess.Popen[str], own: list[int]) -> None:
    """Note the most kilobytes of its own that a process has; kill it if it runs too long."""
    began = time.perf_counter()
    with suppress(OSError):
        while lines := Path(f"/proc/{process.pid}/status").read_text("ascii").splitlines():
            found = next((int(line.split()[1]) for line in lines if line.startswith("RssAnon:")), 0)
            own[0] = max(own[0], found)
            if time.perf_counter() - began > MOST_SECONDS:
                process.kill()
            time.sleep(0.2)


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder; 0 if there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
