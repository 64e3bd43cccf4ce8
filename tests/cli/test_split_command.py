"""Splitting turns is part of a run: it stands in the manifest, and `predict` does the same."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from conftest import Cli

from run_commands import discover
from scripted import ScriptedBackend, sentences


def two_by_two(path: Path) -> Path:
    """Write a file whose every row says two sentences."""
    texts = [f"{text.capitalize()}." for text, _ in sentences()]
    path.write_text("\n".join(f"{one} {other}" for one, other in zip(texts[::2], texts[1::2], strict=True)), "utf-8")
    return path


def test_a_split_run_holds_sentences_and_predicts_them(cli: Cli, backend: ScriptedBackend, home: Path) -> None:
    path = two_by_two(home / "calls.txt")
    n = len(path.read_text("utf-8").splitlines())
    discover(cli, path, "run", "--split")
    source = json.loads(Path("run/manifest.json").read_text("utf-8"))["source"]
    assert source["columns"]["split"] is True
    assert source["n_occurrences"] == 2 * n
    rows = list(csv.DictReader(io.StringIO(cli("predict", "run", path).stdout)))
    assert [row["row"] for row in rows] == [str(i) for i in range(n) for _ in range(2)]
    assert all(row["text"].count(".") == 1 for row in rows)


def test_rows_stay_whole_without_it(cli: Cli, backend: ScriptedBackend, home: Path) -> None:
    path = two_by_two(home / "calls.txt")
    discover(cli, path, "run")
    source = json.loads(Path("run/manifest.json").read_text("utf-8"))["source"]
    assert (source["columns"]["split"], source["n_occurrences"]) == (False, len(path.read_text("utf-8").splitlines()))
