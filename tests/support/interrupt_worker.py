"""Run by `test_resume.py`: a run whose LLM is slow, to be interrupted while it works."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from dialin.cli import main
from scripted import ScriptedBackend, install
from studies.own.once import measured_once


def wait(event: str) -> None:
    """Take long over every answer."""
    time.sleep(0.05)


if __name__ == "__main__":
    with measured_once():
        install(ScriptedBackend(Path(sys.argv[1]), wait))
        main(sys.argv[2:])
