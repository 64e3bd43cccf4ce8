"""Files that fuzzing found, and their kin: whatever the bytes, a file is read or refused with `InputError`, soon."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialin.errors import InputError, InputWarning
from dialin.read.table import read, read_table

NOT_UTF8 = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")])
HALF = "\ud800"

ends = st.sampled_from([".csv", ".tsv", ".jsonl", ".json", ".txt", ".vtt", ".srt", ".parquet", ".csv.gz", ""])
words = st.sampled_from(
    ["text,role\n", "a\tb\n", '"', "\\", "\r", "WEBVTT\n\n", "1\n00:01.0 --> 00:02.0\n", "<", "\0", "好"]
)
odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.just(HALF) | st.just(10**30) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["text", HALF]), inner, max_size=2),
    max_leaves=5,
)
records = st.dictionaries(st.sampled_from(["text", "turns", "role", "date", "turn", "dialogue_id"]), odd, min_size=1)


def outcome(path: Path) -> object:
    """Return what reading a file gives: its sentences and their places, or the error."""
    try:
        corpus = read(path)
    except InputError as error:
        return str(error)
    return corpus.texts, corpus.roles, corpus.counts.tolist(), corpus.occurrences.to_pylist()


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(end=ends, data=st.binary(max_size=60) | st.lists(words | st.text(max_size=4), max_size=12).map("".join))
def test_any_bytes_are_read_twice_alike_or_refused(tmp_path: Path, end: str, data: bytes | str) -> None:
    path = tmp_path / f"input{end}"
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "replace"))
    assert outcome(path) == outcome(path)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(records, min_size=1, max_size=3))
def test_any_json_is_read_twice_alike_or_refused(tmp_path: Path, found: list[dict[str, object]]) -> None:
    path = tmp_path / "input.json"
    path.write_text(json.dumps(found))
    assert outcome(path) == outcome(path)


@pytest.mark.parametrize("name", ["text", "role", "dialogue_id", "date", "turns"])
def test_parquet_with_text_that_is_not_utf8_is_refused(tmp_path: Path, name: str) -> None:
    column = pa.ListArray.from_arrays([0, 1], NOT_UTF8) if name == "turns" else NOT_UTF8
    pq.write_table(pa.table({"text": ["a"]} | {name: column} if name != "turns" else {name: column}), tmp_path / "a.pq")
    with pytest.raises(InputError, match=r"not readable Parquet: .*UTF8"):
        read_table(tmp_path / "a.pq")


def test_parquet_with_a_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": ["a"], "zzzz": ["b"]}), sink, store_schema=False)
    (tmp_path / "a.pq").write_bytes(sink.getvalue().replace(b"zzzz", b"\xd7zzz"))
    with pytest.raises(InputError, match="not readable Parquet"):
        read_table(tmp_path / "a.pq")


def test_a_time_zone_that_nobody_knows_leaves_the_dates_out() -> None:
    frame = pa.table({"text": ["a"], "date": pa.array([1], pa.timestamp("ms", "Foo/Bar"))})
    with pytest.warns(InputWarning, match="does not hold dates: .*Foo/Bar"):
        assert read_table(frame)["date"].to_pylist() == [None]


def test_a_date_outside_the_calendar_is_left_out_and_told() -> None:
    frame = pa.table({"text": ["a", "b", "c"], "date": pa.array([2**62, 0, None], pa.timestamp("ms"))})
    with pytest.warns(InputWarning, match="1 of 3 dates in column 'date' .* such as 4611686018427387904 ms"):
        assert read_table(frame)["date"].to_pylist() == [None, datetime(1970, 1, 1), None]


def test_a_header_with_escaped_quotes_is_read_as_its_rows_are(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,"ro\\"le"\n"she said \\"hi\\" twice",agent\n')
    assert read(tmp_path / "a.csv").texts == ['she said "hi" twice']


@pytest.mark.filterwarnings("ignore::dialin.errors.InputNote")
def test_tags_without_an_end_are_read_in_one_pass(tmp_path: Path) -> None:
    """A hundred thousand of them, which took seconds, and ten times as many a hundred times as long."""
    for mark in ("<", "{\\"):
        (tmp_path / "a.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\n" + mark * 100_000)
        assert len(read(tmp_path / "a.vtt").texts[0]) == len(mark) * 100_000


def test_half_a_character_in_an_object_is_mended(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(r'{"text": "hi", "role": {"name": "\ud800", "\ud800": 1}}')
    assert read(tmp_path / "a.jsonl").roles == ["\ufffd"]
