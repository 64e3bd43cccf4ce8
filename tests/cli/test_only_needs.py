"""``--only needs`` on the command line: what is left out says so, everywhere, and a prediction agrees."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import Cli

import scripted

N_NEEDS, N_OTHERS = 70, 12


@pytest.fixture
def talk(home: Path) -> Path:
    """Write sentences about five topics, and thanks and data beside them."""
    others = [f"gives {'thanks' if i % 2 else 'data'} number {i}" for i in range(N_OTHERS)]
    path = home / "talk.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text"])
        writer.writerows([[text] for text in [*(text for text, _ in scripted.sentences()), *others]])
    return path


def test_only_needs_are_clustered_and_the_rest_is_counted(
    cli: Cli, talk: Path, backend: scripted.ScriptedBackend
) -> None:
    result = cli("discover", talk, "--out", "run", "--llm", "test:scripted", "--only", "needs")
    assert result.exit_code == 0, result.stderr
    assert "telling what each sentence does" in result.stderr
    assert f"of {N_NEEDS} needs" in result.stdout
    assert f"without an intent: {N_OTHERS} not a need" in result.stdout
    rows = pq.read_table("run/sentences.parquet").to_pylist()
    assert {row["kind"] for row in rows if row["intent_id"] >= 0} == {"need"}
    assert {row["reason"] for row in rows if row["kind"] in {"social", "data"}} == {"not a need"}
    assert f"{N_OTHERS} are no needs and were left out" in Path("run/report.html").read_text("utf-8")
    assert json.loads(cli("show", "run", "--json").stdout)["unassigned"]["not a need"] == N_OTHERS


def test_estimate_counts_the_needs_alone(cli: Cli, talk: Path, backend: scripted.ScriptedBackend) -> None:
    needs = Path("needs.csv")
    needs.write_text("".join(line for line in talk.read_text().splitlines(keepends=True) if "gives" not in line))
    options = ("--llm", "test:scripted", "--json")
    among_all = json.loads(cli("estimate", talk, *options, "--only", "needs").stdout)
    alone = json.loads(cli("estimate", needs, *options).stdout)
    assert among_all["calls"] == pytest.approx(alone["calls"], rel=0.1)  # what an LLM would say is guessed from all
    assert among_all["calls"] < json.loads(cli("estimate", talk, *options).stdout)["calls"]


def test_predict_on_the_sentences_of_the_run_gives_their_intents(
    cli: Cli, talk: Path, backend: scripted.ScriptedBackend
) -> None:
    assert cli("discover", talk, "--out", "run", "--llm", "test:scripted", "--only", "needs").exit_code == 0
    found = {row["text"]: row["intent_id"] for row in pq.read_table("run/sentences.parquet").to_pylist()}
    assert cli("predict", "run", talk, "--out", "predicted.csv").exit_code == 0
    with Path("predicted.csv").open(encoding="utf-8", newline="") as file:
        assert {row["text"]: int(row["intent_id"]) for row in csv.DictReader(file)} == found
