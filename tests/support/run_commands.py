"""Commands that make a run, and what its folder holds."""

from __future__ import annotations

from pathlib import Path

from conftest import Cli

STABLE = ["manifest.json", "occurrences.parquet", "sentences.parquet", "intents.parquet", "rounds.jsonl", "report.html"]


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in STABLE}


def discover(cli: Cli, source: Path, out: str, *more: object) -> Path:
    result = cli("discover", source, "--out", out, "--llm", "test:scripted", *more)
    assert result.exit_code == 0, result.stderr
    return Path(out)
