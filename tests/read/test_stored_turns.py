"""Parquet with a list of turns in each row is read in parts as it would be whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dialin.bounded import MAX_INPUT
from dialin.bounded_parquet import parquet_batches
from dialin.errors import InputError
from dialin.read.columns import Columns
from dialin.read.limits import ReadLimits
from dialin.read.parts import flat_rows, large_tables, read_large, read_parts
from dialin.read.stored import StoredTable
from dialin.read.stored_turns import StoredTurns
from dialin.read.table import read_table
from read_in_parts import check_same, take_all_for_large
from tellings import told

TURN = pa.struct(
    [("text", pa.string()), ("role", pa.string()), ("turn", pa.int32()), ("date", pa.timestamp("us")), ("x", pa.int8())]
)
CALLS: list[dict[str, Any]] = [
    {"id": 7, "topic": "x", "turns": [{"text": "Hello", "role": "agent"}, {"text": "我的包裹呢", "role": "user"}]},
    {"id": None, "turns": [{"text": "Hello", "role": "agent", "turn": 5}, {"text": None}], "topic": "7"},
    {"id": 12, "turns": None, "day": date(2024, 5, 31)},
    {"id": 7, "turns": []},
    {"id": 8, "turns": [{"text": "so it is", "role": "user", "turn": 3}, None], "day": date(2024, 5, 1)},
    {"id": 9, "turns": [{"role": "system", "text": "Be brief. Do not swear!"}, {"text": "Where is it? Tell me."}] * 4},
]
KINDS = {
    "list": pa.list_(TURN),
    "large list": pa.large_list(TURN),
    "dictionary": pa.list_(pa.struct([("text", pa.string()), ("role", pa.dictionary(pa.int8(), pa.string()))])),
}


@pytest.fixture(autouse=True)
def all_is_large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take every file for a large one."""
    take_all_for_large(monkeypatch)
    yield
    monkeypatch.undo()


def written(path: Path, rows: list[dict[str, Any]], group: int = 2, **types: pa.DataType) -> Path:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: pa.array([row.get(name) for row in rows], types.get(name)) for name in names}
    pq.write_table(pa.table(columns), path, row_group_size=group)
    return path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "columns", [Columns(), Columns(split=True), Columns(outcomes=("topic",)), Columns(text="turns", date="day")]
)
def test_lists_of_turns_in_parts_are_the_whole(tmp_path: Path, kind: str, columns: Columns) -> None:
    """With a dialogue without turns, one that is null, a turn that is null, ids that come again, and Chinese.

    Arrow reads no dictionaries in lists over several row groups at once; in parts, it need not.
    """
    path = written(tmp_path / "in.parquet", CALLS, 99 if kind == "dictionary" else 2, turns=KINDS[kind])
    corpus = check_same(path, columns)
    assert corpus.occurrences["dialogue_id"].to_pylist()[:3] == ["7", "7", "#1"]


@pytest.mark.parametrize(
    "rows",
    [
        [{"turns": ["hello", "you", None]}, {"turns": ["bye"]}, {"turns": []}],
        [{"dialogue": [{"text": f"hi {i}", "speaker": "user"}], "role": "agent", "id": f"c{i}"} for i in range(5)],
        [{"messages": [{"content": "hi", "id": 3}], "date": datetime(2024, 5, 31), "tags": ["a"]}] * 3,
        [{"turns": [{"text": "hi", "date": "soon"}], "date": "2024-05-31"}, {"turns": [], "date": "13.5.2024"}] * 2,
    ],
    ids=["texts", "roles", "tags", "dates of dialogues"],
)
def test_odd_lists_of_turns_in_parts_are_the_whole(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    check_same(written(tmp_path / "in.parquet", rows))


@pytest.mark.parametrize(
    "rows",
    [
        [{"turns": [{"text": 3}, {"text": 4}]}],
        [{"turns": [{"text": "a", "author": {"role": "user"}}]}],
        [{"turns": [{"text": "a"}], "messages": [{"text": "b"}]}],
        [{"turns": [["a"]]}],
        [{"turns": [None]}, {"turns": []}],
        [{"turns": [{"said": "a"}]}],
        [{"turns": [{"text": "a"}], "text": "b"}],
        [{"turns": [{"text": " "}]}],
        [{"turns": []}],
    ],
    ids=["numbers", "objects", "two lists", "lists", "nulls", "no text", "texts and turns", "blank", "no turns"],
)
def test_what_is_odd_is_told_as_of_the_whole(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    path = written(tmp_path / "in.parquet", rows * 3)
    whole = told(lambda: read_table(path))
    found = told(lambda: pa.concat_tables(read_parts(path, in_dialogues=True)).combine_chunks())
    assert found[1] == whole[1]
    assert found[0].equals(whole[0]) if isinstance(whole[0], pa.Table) else found[0] == whole[0]


def test_a_part_has_whole_dialogues_of_about_as_many_turns(tmp_path: Path) -> None:
    """Ten turns to a dialogue: 20 rows are two dialogues. A turn is the 10th row of the fourth."""
    rows = [{"turns": [f"{i} {j}" for j in range(10)]} for i in range(8)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in.parquet")
    table = StoredTurns("a test", StoredTable("a test", (tmp_path / "in.parquet",)), "turns")
    assert table.n_rows == 80
    parts = list(table.parts(["turn text", "#dialogue", "#turn"], 20))
    assert [len(text) for text, _, _ in parts] == [20, 20, 20, 20]
    assert [column[19].as_py() for column in parts[1]] == ["3 9", "#3", "9"]


def test_a_small_file_of_dialogues_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "in.parquet", CALLS[:5], turns=KINDS["list"])
    monkeypatch.undo()
    with flat_rows(path, Columns()) as flat, large_tables(path, Columns()) as large:
        assert flat is not None
        assert flat.stored.n_rows == 6
        assert large is None
    assert read_large(path).texts == ["Hello", "so it is", "我的包裹呢"]


def test_a_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "in.parquet", CALLS * 50, turns=KINDS["list"])
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InputError, match="not readable Parquet"):
        read_large(path)


def test_a_long_text_that_a_list_says_many_times_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One text of 100 kB, 300 times in a dialogue, would be 30 MB."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 300, pa.int32()), ["x" * 100_000])
    lists = pa.ListArray.from_arrays(pa.array([0, 300], pa.int32()), texts)
    pq.write_table(pa.table({"turns": lists}), tmp_path / "in.parquet", store_schema=False)
    monkeypatch.setenv(MAX_INPUT, "20M")
    with pytest.raises(InputError, match="holds more than 20 MiB"):
        list(parquet_batches(tmp_path / "in.parquet", "a test", ["turns"], 10))
    monkeypatch.setenv(MAX_INPUT, "40M")
    assert sum(batch.num_rows for batch in parquet_batches(tmp_path / "in.parquet", "a test", ["turns"], 10)) == 1


def test_rows_beyond_the_memory_are_told_before_they_are_read(tmp_path: Path) -> None:
    def too_many(n: int, n_rows: int) -> None:
        raise InputError(f"{n} sentences in {n_rows} rows", hint="")

    path = written(tmp_path / "in.parquet", CALLS, turns=KINDS["list"])
    with pytest.raises(InputError, match="0 sentences in 14 rows"):
        read_large(path, limits=ReadLimits(check_number=too_many))
