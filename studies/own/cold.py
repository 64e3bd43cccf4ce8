"""Run the command as for a new user, without replies or vectors from earlier runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dialin.models.home import cache_home


def discover(source: Path, out: Path, llm: str, seed: int) -> None:
    """Run ``dialin discover`` with a new cache beside `out` that shares only the models of the user's cache."""
    home = out.parent / "home"
    home.mkdir()
    (home / "models").symlink_to(cache_home() / "models")
    dialin = str(Path(sys.executable).with_name("dialin"))
    command = [dialin, "discover", str(source), "--out", str(out), "--llm", llm, "--seed", str(seed)]
    subprocess.run(command, check=True, env={**os.environ, "DIALIN_HOME": str(home)}, stdout=subprocess.DEVNULL)
