"""The table of intents with its outcomes: in the file, after a review, and after something was forgotten."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli

import dialin
from dialin.facts.outcome_columns import with_outcomes
from outcome_calls import OUTCOMES, write_calls
from scripted import ScriptedBackend

FIGURES = ("mean_duration", "low_duration", "high_duration", "mean_rating", "low_rating", "high_rating")


def tables() -> tuple[pa.Table, pa.Table, pa.Table]:
    """Return a table of intents with gaps in their ids, three sentences, and four calls without dates."""
    intents = pa.table({"intent_id": [7, 2], "name": ["ask-退款", "greet-agent"]})
    sentences = pa.table({"intent_id": [2, 7, -1]})
    occurrences = pa.table(
        {
            "row": [0, 1, 2, 3],
            "sentence_id": [1, 1, 0, 2],
            "dialogue_id": ["a", "b", "b", "c"],
            "date": pa.nulls(4, pa.timestamp("ms")),
            "rating": [2.0, 4.0, 4.0, 5.0],
        }
    )
    return intents, sentences, occurrences


def test_each_intent_has_the_figures_of_its_dialogues() -> None:
    """Intent 7 is said in "a" and "b", rated 2 and 4: the mean is 3, the margin 12.706 · √(2/2); intent 2 in "b"."""
    found = with_outcomes(*tables())
    assert found["n_dialogues"].to_pylist() == [2, 1]
    assert found["mean_rating"].to_pylist() == [3.0, 4.0]
    assert found["low_rating"].to_pylist() == [pytest.approx(3 - 12.7062, abs=1e-4), None]
    assert found["minutes_a_week"].to_pylist() == found["repeat_share"].to_pylist() == [None, None]


def test_a_run_without_outcomes_has_no_more_columns() -> None:
    intents, sentences, occurrences = tables()
    assert with_outcomes(intents, sentences, occurrences.drop_columns("rating")).column_names == intents.column_names


@pytest.fixture
def run(cli: Cli, backend: ScriptedBackend, home: Path) -> Path:
    write_calls(home / "calls.csv")
    words = [word for name in OUTCOMES for word in ("--outcome", name)]
    assert cli("discover", "calls.csv", "--out", "run", "--llm", "none", *words).exit_code == 0
    return home / "run"


def test_the_file_and_the_open_run_have_the_same_columns(run: Path) -> None:
    found = pq.read_table(run / "intents.parquet")
    assert found.column_names[13:] == ["n_dialogues", "minutes_a_week", "repeat_share", *FIGURES]
    assert dialin.open_run(run, frame="arrow").intents.equals(found)


def test_what_is_forgotten_counts_no_more(cli: Cli, run: Path) -> None:
    before = sum(pq.read_table(run / "intents.parquet")["n_dialogues"].to_pylist())
    result = cli("forget", run, "--dialogue", "d3", "--yes")
    assert result.exit_code == 0, result.stderr
    found = pq.read_table(run / "intents.parquet")
    assert before - 2 <= sum(found["n_dialogues"].to_pylist()) < before
    assert dialin.open_run(run, frame="arrow").intents.equals(found)
    assert cli("show", run).exit_code == 0
