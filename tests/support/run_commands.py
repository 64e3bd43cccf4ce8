"""Commands that make a run, and what its folder holds."""

from __future__ import annotations

import re
from pathlib import Path

from conftest import Cli

STABLE = ["manifest.json", "occurrences.parquet", "sentences.parquet", "intents.parquet", "rounds.jsonl", "report.html"]

TOOK = re.compile(rb'<div class="figure took">.*?</dd></div>', re.DOTALL)
"""The bar of the seconds in a report, which differ from session to session."""


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of the files that are the same for the same data, settings, seed and models."""
    found = {name: (folder / name).read_bytes() for name in STABLE}
    return found | {"report.html": TOOK.sub(b"", found["report.html"])}


def discover(cli: Cli, source: Path, out: str, *more: object) -> Path:
    result = cli("discover", source, "--out", out, "--llm", "test:scripted", *more)
    assert result.exit_code == 0, result.stderr
    return Path(out)
