"""Write a results file together with the command, the version and the machine that made it."""

from __future__ import annotations

import json
import platform
import resource
import sys
from pathlib import Path
from typing import Any

from dialin import __version__
from dialin.jobs.machine import machine_name

RESULTS = Path(__file__).resolve().parent / "results"


def provenance(**more: object) -> dict[str, object]:
    """Return the command, the version and the machine, plus the given values that also decide the figures."""
    script = Path(sys.argv[0]).resolve()
    return {
        "command": "python -m " + " ".join([f"studies.{script.parent.name}.{script.stem}", *sys.argv[1:]]),
        "dialin": __version__,
        "python": platform.python_version(),
        "machine": machine_name(),
        **more,
    }


def peak_memory_mb() -> float:
    """Return the peak resident memory of this process so far, in MB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def write(name: str, results: dict[str, Any], folder: Path = RESULTS) -> Path:
    """Write a results file and return its path."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
    return path


def read(name: str, folder: Path = RESULTS) -> dict[str, Any]:
    """Return the results of an earlier run; empty if there are none."""
    path = folder / f"{name}.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
