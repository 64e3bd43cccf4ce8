"""Columns that tell what came of a dialogue: named by the user, read as numbers or words, kept with each utterance."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from dialin.errors import InputError
from dialin.read.columns import Columns
from dialin.read.table import read, read_table

CALLS = """dialogue_id,text,Duration,channel,客户编号,paid
a,where is my card,61.5,phone,900719925474099312,yes
a,it is late,61.5,phone,900719925474099312,yes
b,退款,,chat,900719925474099313,
"""
NAMES = ("duration", "channel", "客户编号")


@pytest.fixture
def calls(tmp_path: Path) -> str:
    path = tmp_path / "calls.csv"
    path.write_text(CALLS, "utf-8")
    return str(path)


def test_named_columns_are_kept_as_numbers_or_words(calls: str) -> None:
    table = read_table(calls, Columns(outcomes=NAMES))
    assert table.column_names[6:] == ["Duration", "channel", "客户编号"]
    assert table["Duration"].to_pylist() == [61.5, 61.5, None]
    assert (table["channel"].type, table["channel"].to_pylist()) == (pa.string(), ["phone", "phone", "chat"])


def test_the_ids_of_customers_are_words_so_that_long_ones_stay_apart(calls: str) -> None:
    ids = read_table(calls, Columns(outcomes=NAMES))["客户编号"].to_pylist()
    assert ids == ["900719925474099312", "900719925474099312", "900719925474099313"]


def test_nothing_is_kept_that_nobody_named(calls: str) -> None:
    assert len(read_table(calls).column_names) == 6


def test_outcomes_stand_with_each_turn_of_a_dialogue() -> None:
    rows = [{"id": "a", "turns": ["hello", "bye"], "rating": 4}, {"id": "b", "turns": ["退款"], "rating": None}]
    assert read_table(rows, Columns(outcomes=("rating",)))["rating"].to_pylist() == [4.0, 4.0, None]


def test_outcomes_stand_with_each_sentence_of_a_turn() -> None:
    rows = [{"text": "I lost my card. Please block it.", "rating": "5"}]
    assert read_table(rows, Columns(outcomes=("rating",), split=True))["rating"].to_pylist() == [5.0, 5.0]


def test_a_frame_may_have_outcomes_and_blank_rows() -> None:
    frame = pd.read_csv(io.StringIO(CALLS)).assign(text=["a b", "", "c d"])
    assert read(frame, Columns(outcomes=("channel",))).occurrences["channel"].to_pylist() == ["phone", "chat"]


def test_a_column_without_a_value_is_kept_without_one() -> None:
    rows = [{"text": "a b", "rating": ""}]
    assert read_table(rows, Columns(outcomes=("rating",)))["rating"].to_pylist() == [None]


@pytest.mark.parametrize(
    ("name", "said"),
    [("length", "has no column 'length'"), ("turn", "cannot be an outcome"), ("facts", "holds objects")],
)
def test_a_wrong_name_is_told(name: str, said: str) -> None:
    rows = [{"text": "a b", "turn": 1, "facts": {"x": 1}}]
    with pytest.raises(InputError, match=said):
        read_table(rows, Columns(outcomes=(name,)))
