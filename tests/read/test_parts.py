"""Reading in parts gives what reading whole gives, row by row, and holds a part at a time."""

from __future__ import annotations

import warnings
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dialin.bounded import MAX_INPUT
from dialin.bounded_parquet import parquet_batches
from dialin.errors import InputError, InputWarning
from dialin.read.columns import Columns
from dialin.read.limits import ReadLimits
from dialin.read.parts import flat_rows, read_parts
from dialin.read.table import read_table

N = 40
TEXTS = [f"  where is\u00a0it {i}" if i % 3 else None for i in range(N)]


def written(path: Path, table: pa.Table) -> Path:
    pq.write_table(table, path, row_group_size=9)
    return path


@pytest.mark.parametrize(
    "columns",
    [
        {"text": TEXTS},
        {"text": pa.array(TEXTS).dictionary_encode(), "role": pa.array(["user", "bot"] * 20).dictionary_encode()},
        {"text": TEXTS, "role": ["system"] * 30 + ["agent"] * 10},
        {"text": TEXTS, "role": [f"Ann{i} 55512345" for i in range(N)]},
        {"text": TEXTS, "role": [None] * N, "other": list(range(N))},
        {"text": TEXTS, "role": list(range(N))},
        {"messages": [[{"text": "hi"}, {"text": text}] for text in TEXTS]},
    ],
    ids=["text", "dictionaries", "a log known by its end", "people", "no role", "numbers", "lists of turns"],
)
def test_parts_are_the_table(tmp_path: Path, columns: dict[str, object]) -> None:
    path = written(tmp_path / "in.parquet", pa.table(columns))
    with warnings.catch_warnings(record=True) as whole_says:
        warnings.simplefilter("always")
        whole = read_table(path).select(["row", "text", "role"])
    with warnings.catch_warnings(record=True) as parts_say:
        warnings.simplefilter("always")
        found = list(read_parts(path, in_dialogues=False, limits=ReadLimits(most_rows=7)))
    assert pa.concat_tables(found).select(["row", "text", "role"]).equals(whole)
    assert len(found) > 3
    assert [str(each.message) for each in parts_say] == [str(each.message) for each in whole_says]


def test_a_source_with_dialogues_comes_in_one_part_where_they_count(tmp_path: Path) -> None:
    table = pa.table({"text": ["a"] * N, "dialogue_id": ["x", "y"] * 20})
    path = written(tmp_path / "in.parquet", table)
    for source in (path, table):
        (found,) = read_parts(source, in_dialogues=True, limits=ReadLimits(most_rows=7))
        assert found.equals(read_table(source))
        assert len(list(read_parts(source, in_dialogues=False, limits=ReadLimits(most_rows=7)))) > 3
    assert len(list(read_parts(table.select(["text"]), in_dialogues=True, limits=ReadLimits(most_rows=7)))) > 3


@pytest.mark.parametrize(
    ("texts", "columns", "told"),
    [
        (["12", "", "7.5"] * 9, Columns(), "only numbers, such as '12'"),
        ([""] * 20, Columns(), "all 20 texts"),
        ([], Columns(), "has no rows"),
        (["a"], Columns(text="said"), "no column 'said'"),
    ],
    ids=["numbers", "blank", "empty", "another column"],
)
def test_errors_are_those_of_the_whole(tmp_path: Path, texts: list[str], columns: Columns, told: str) -> None:
    path = written(tmp_path / "in.parquet", pa.table({"text": pa.array(texts, pa.string())}))
    with pytest.raises(InputError) as whole:
        read_table(path, columns)
    with pytest.raises(InputError, match=told) as in_parts:
        list(read_parts(path, columns, in_dialogues=False, limits=ReadLimits(most_rows=7)))
    assert str(in_parts.value) == str(whole.value)


def test_numbers_are_text_where_the_user_says_so(tmp_path: Path) -> None:
    path = written(tmp_path / "in.parquet", pa.table({"text": ["12"] * N}))
    assert sum(part.num_rows for part in read_parts(path, Columns(text="text"), in_dialogues=False)) == N


def test_what_is_small_or_no_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\nhello\n")
    for source in (tmp_path / "in.csv", tmp_path / "none", "-", ["hello"], "\0"):
        with flat_rows(source, Columns()) as flat:
            assert flat is None


def test_a_damaged_page_is_told_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    texts = [f"text {i} {i * 7919 % 10_007}" for i in range(4_000)]
    pq.write_table(pa.table({"text": texts}), path, row_group_size=1_000, use_dictionary=False, compression="zstd")
    place = pq.ParquetFile(path).metadata.row_group(2).column(0).data_page_offset
    data = bytearray(path.read_bytes())
    data[place + 200 : place + 2_000] = bytes(1_800)
    path.write_bytes(data)
    with pytest.raises(InputError, match="not readable Parquet"):
        list(read_parts(path, in_dialogues=False, limits=ReadLimits(most_rows=100)))


def test_a_text_that_a_dictionary_holds_once_is_not_unpacked_a_thousand_times(tmp_path: Path) -> None:
    """One text of 1 MB, 5,000 times, would be 5 GB: a batch has as many rows as 64 MB hold."""
    path = tmp_path / "in.parquet"
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 5_000, pa.int32()), ["x" * (1 << 20)])
    pq.write_table(pa.table({"text": texts}), path, store_schema=False)
    batches = parquet_batches(path, "a test", ["text"], 5_000)
    assert 1 <= next(batches).num_rows <= 64


def test_a_row_group_beyond_the_bound_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "in.parquet", pa.table({"text": ["a" * 2_000] * N}))
    monkeypatch.setenv(MAX_INPUT, "100")
    with pytest.raises(InputError, match="holds more than"):
        list(parquet_batches(path, "a test", ["text"], 5))


def test_warnings_come_once(tmp_path: Path) -> None:
    path = written(tmp_path / "in.parquet", pa.table({"text": ["hi"] * N, "role": ["agent", "tool"] * 20}))
    with pytest.warns(InputWarning, match="nobody says") as told:
        found = pa.concat_tables(read_parts(path, in_dialogues=False, limits=ReadLimits(most_rows=7)))
    assert len(told) == 1
    assert found["text"].null_count == N // 2
