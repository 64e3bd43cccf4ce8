"""Compare pairs of run folders file by file, to show that a change of the code changes no result.

``python -m studies.own.compare_runs BEFORE AFTER [BEFORE AFTER …]`` prints one line for each pair and exits with 1 if
any file differs. It compares tables by value, ignores the name of the script in ``rounds.jsonl`` and the order of the
questions in ``llm.sqlite``, and reads only status, models, prompts and usage from ``manifest.json``.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from dialin import files

TABLES = (files.SENTENCES, files.INTENTS, files.OCCURRENCES)


def differences(before: Path, after: Path) -> list[str]:
    """Return the names of the files that differ; a table's name is followed by the columns that differ."""
    found = [name + columns for name in TABLES if (columns := unequal_columns(before / name, after / name))]
    found += [files.EMBEDDINGS] * ((before / files.EMBEDDINGS).read_bytes() != (after / files.EMBEDDINGS).read_bytes())
    readers = {files.PIECES: arrays, files.ROUNDS: rounds, files.REPLIES: replies, files.MANIFEST: outcome}
    return found + [name for name, read in readers.items() if read(before / name) != read(after / name)]


def unequal_columns(before: Path, after: Path) -> str:
    """Return the columns of two tables that differ, in brackets; "" if the tables are equal."""
    old, new = pq.read_table(before), pq.read_table(after)
    if old.equals(new):
        return ""
    names = dict.fromkeys([*old.column_names, *new.column_names])
    shared = set(old.column_names) & set(new.column_names)
    return f" ({', '.join(name for name in names if name not in shared or not old[name].equals(new[name]))})"


def arrays(path: Path) -> dict[str, Any]:
    """Return the arrays of a file as lists."""
    with np.load(path) as data:
        return {name: data[name].tolist() for name in data.files}


def rounds(path: Path) -> list[dict[str, Any]]:
    """Return the rounds without the name of their script."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [{name: value for name, value in line.items() if name != "script"} for line in lines]


def replies(path: Path) -> list[Any]:
    """Return the questions of a run with their replies, sorted by key; [] for a run without an LLM."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT key, reply, probabilities FROM replies ORDER BY key").fetchall()


def outcome(path: Path) -> dict[str, Any]:
    """Return the values of a manifest that do not depend on the version of the code."""
    values = json.loads(path.read_text("utf-8"))
    return {name: values[name] for name in ("status", "embedder", "llm", "judge_llm", "models", "prompts", "usage")}


def main() -> None:
    """Compare the pairs and print the result of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, help="run folders, each before followed by its after")
    runs = parser.parse_args().runs
    found = {before: differences(before, after) for before, after in zip(runs[::2], runs[1::2], strict=True)}
    for before, names in found.items():
        print(before.name, "differs in: " + ", ".join(names) if names else "equal")
    sys.exit(any(found.values()))


if __name__ == "__main__":
    main()
