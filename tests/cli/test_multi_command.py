"""`--multi`: occurrences.parquet has every intent that an utterance states, as `predict --multi` tells them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from conftest import Cli

from run_commands import discover
from scripted import ScriptedBackend, sentences


def calls(path: Path) -> Path:
    """Write sentences, and pairs of sentences that are far from each other, joined."""
    texts = [text for text, _ in sentences()]
    pairs = [f"{one} and also {other}" for one, other in zip(texts, reversed(texts), strict=True)][::4]
    path.write_text("\n".join([*texts, *pairs]), "utf-8")
    return path


def intents_of(table: Any) -> list[list[tuple[Any, ...]]]:
    names = ("start", "end", "intent_id", "p_intent")
    return [[tuple(one[name] for name in names) for one in own] for own in table["intents"].to_pylist()]


def test_a_run_with_multi_says_what_predict_says(cli: Cli, backend: ScriptedBackend, home: Path) -> None:
    path = calls(home / "calls.txt")
    discover(cli, path, "whole", "--llm", "none")
    discover(cli, path, "run", "--llm", "none", "--multi")
    stated = intents_of(pq.read_table("run/occurrences.parquet"))
    assert {1, 2} <= {len(own) for own in stated} <= {0, 1, 2}
    predicted = cli("predict", "run", path, "--multi", "--out", "found.parquet")
    n_assigned = sum(each >= 0 for each in pq.read_table("found.parquet")["intent_id"].to_pylist())
    assert (predicted.exit_code, predicted.stdout) == (0, "")
    assert predicted.stderr == f"found.parquet  {len(stated)} utterances, {n_assigned} with an intent\n"
    assert intents_of(pq.read_table("found.parquet")) == stated
    whole = pq.read_table("whole/occurrences.parquet")
    assert pq.read_table("run/occurrences.parquet").drop_columns(["intents"]).equals(whole)
    for name in ("sentences.parquet", "intents.parquet", "pieces.npz", "rounds.jsonl"):
        assert (Path("run") / name).read_bytes() == (Path("whole") / name).read_bytes()
    assert cli("show", "run").stdout == cli("show", "whole").stdout
