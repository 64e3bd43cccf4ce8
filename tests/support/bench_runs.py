"""Commands that make a comparison, and the rows that it writes."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from conftest import Cli

LLM = ("--llm", "test:scripted")


VARYING = {"seconds", "paid_calls", "peak_memory_mb"}


def write_csv(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "topic"), *rows])
    return path


def rows_of(out: str = "out") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(Path(out) / "results.parquet").to_pylist()
    return found


def lasting(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows without what may differ between two equal runs."""
    return [{name: value for name, value in row.items() if name not in VARYING} for row in rows]


def bench(cli: Cli, options: list[str], *more: object) -> Any:
    result = cli("bench", *options, *more)
    assert result.exit_code == 0, result.stderr
    return result
