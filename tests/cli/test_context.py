"""In dialogues, a sentence is also known by what is said next: in `discover`, and the same in `predict`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import Cli

import scripted
from dialin.name.need_direction import LearntDirection, NeedDirection
from dialin.review.edits import Accept
from dialin.runs.run import load
from fake_run import decide
from one_line import one_line
from scripted import HashingEmbedder

TEXTS = [text for text, _ in scripted.sentences()]


@pytest.fixture
def dialogues(home: Path) -> Path:
    """Write the sentences as dialogues of three turns."""
    path = home / "dialogues.jsonl"
    rows = [{"id": str(i), "turns": [{"text": text} for text in TEXTS[i : i + 3]]} for i in range(0, len(TEXTS), 3)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def discovered(cli: Cli, source: Path, out: str, *more: str) -> Path:
    result = cli("discover", source, "--out", out, "--llm", "none", *more)
    assert result.exit_code == 0, result.stderr
    return Path(out)


def predicted(cli: Cli, run: Path, source: Path) -> dict[str, str]:
    result = cli("predict", run, source)
    assert result.exit_code == 0, result.stderr
    return {row["text"]: row["intent_id"] for row in csv.DictReader(io.StringIO(result.stdout))}


def found_in(run: Path) -> dict[str, str]:
    table = pq.read_table(run / "sentences.parquet")
    return dict(zip(table["text"].to_pylist(), map(str, table["intent_id"].to_pylist()), strict=True))


def test_vectors_lean_in_dialogues_unless_they_should_not(cli: Cli, dialogues: Path, calls: Path) -> None:
    for source, options, leans in (
        (dialogues, [], True),
        (dialogues, ["--context", "none"], False),
        (calls, [], False),
    ):
        run = discovered(cli, source, f"run-{leans}-{len(options)}", *options)
        data = load(run).data
        assert data is not None
        assert np.array_equal(data.X, np.load(run / "embeddings.npy")) != leans


def test_predict_gives_the_intents_of_the_run_with_the_dialogues_or_without(
    cli: Cli, dialogues: Path, tmp_path: Path
) -> None:
    run = discovered(cli, dialogues, "run")
    alone = tmp_path / "alone.txt"
    alone.write_text("\n".join(TEXTS), encoding="utf-8")
    assert predicted(cli, run, dialogues) == found_in(run)
    assert predicted(cli, run, alone) == found_in(run)


def test_a_run_that_is_opened_leans_by_needs_as_it_did(cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """P(need) of each sentence is in the tables: nothing tells it anew."""
    weights = np.random.default_rng(0).normal(size=HashingEmbedder().encode(["a"]).shape[1:])
    towards = NeedDirection((LearntDirection("", weights),))
    path = home / "calls.jsonl"
    rows = [
        {"id": str(i), "turns": [{"text": text, "role": "customer"} for text in TEXTS[i : i + 3]]}
        for i in range(0, len(TEXTS), 3)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    monkeypatch.setattr("dialin.discover.data.need_direction", lambda _: towards)
    run = load(discovered(cli, path, "run"))
    assert predicted(cli, run.folder, path) == found_in(run.folder)
    data = run.data
    assert data is not None
    labels, _ = run.pieces.assign(data.X, run.assignment_roles)
    assert labels.tolist() == run.sentences["intent_id"].to_pylist()
    monkeypatch.setattr("dialin.discover.data.need_direction", lambda _: None)
    unleaning = load(run.folder).data
    assert unleaning is not None
    assert not np.array_equal(unleaning.X, data.X)


def test_a_run_of_before_there_was_a_context_has_none(cli: Cli, dialogues: Path) -> None:
    run = discovered(cli, dialogues, "run", "--context", "none")
    manifest = json.loads((run / "manifest.json").read_text())
    del manifest["settings"]["context"]
    (run / "manifest.json").write_text(json.dumps(manifest))
    assert load(run).manifest.settings.context == "none"


def test_a_run_cannot_keep_decisions_made_in_another_context(cli: Cli, dialogues: Path) -> None:
    decide(discovered(cli, dialogues, "old"), Accept(0))
    result = cli("discover", dialogues, "--out", "new", "--llm", "none", "--context", "none", "--since", "old")
    one_line(result, "old was made with --context next, but this run has --context none (use --context next)")
    discovered(cli, dialogues, "new", "--since", "old")
