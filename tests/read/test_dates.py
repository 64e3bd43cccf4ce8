"""Dates: every form that tools write, the same day from all of them, and no guess where there are two."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli

from dialin.errors import InputError, InputWarning
from dialin.read.columns import Columns
from dialin.read.dates import dates
from dialin.read.table import read, read_table
from dialin.runs.run import load
from run_commands import discover
from scripted import ScriptedBackend, sentences

NOON = datetime(2024, 5, 31, 14, 5)


def dates_in(*values: object) -> list[datetime | None]:
    found = dates(pa.chunked_array([pa.array(values)]), "d", "x.csv", is_given=True)
    assert found is not None
    return list(found.to_pylist())


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-31T14:05:00",
        "2024-05-31 14:05",
        "2024-05-31T14:05:00.123456Z",
        "2024-05-31 14:05:00+08:00",
        "2024/5/31 14:05",
        "2024.05.31 14:05",
        "31.5.2024 14:05",
        "31/05/2024, 2:05 PM",
        "5/31/2024 2:05pm",
        "2024年5月31日 14:05",
        "2024年5月31日 下午2:05",
        "2024-05-31 14时05分",
        "2024年05月31日14点05分",
        "May 31, 2024 14:05",
        "31 May 2024, 14:05:00",
        "Fri May 31 14:05:00 +0000 2024",
        "Fri, 31 May 2024 14:05:00 GMT",
        "20240531140500",
        "20240531 1405",
        "1717164300",
        "1717164300000",
    ],
)
def test_what_tools_write_is_one_moment(text: str) -> None:
    [found] = dates_in(text)
    assert found is not None
    assert found.replace(microsecond=0) == NOON


@pytest.mark.parametrize("text", ["2024-05-31", "20240531", "31 May 2024", "2024年5月31日", "2024/05/31", "5/31/2024"])
def test_a_day_is_its_midnight(text: str) -> None:
    assert dates_in(text) == [datetime(2024, 5, 31)]


def test_noon_and_midnight_of_twelve_hours() -> None:
    found = dates_in("5/31/2024 12:30 AM", "5/31/2024 12:30 PM", "5/31/2024 1:30 AM")
    assert [moment.hour for moment in found if moment] == [0, 12, 1]


def test_the_column_tells_day_from_month() -> None:
    assert dates_in("03/04/2024", "25/04/2024")[0] == datetime(2024, 4, 3)
    assert dates_in("03/04/2024", "04/25/2024")[0] == datetime(2024, 3, 4)
    assert dates_in("05/05/2024") == [datetime(2024, 5, 5)]
    with pytest.raises(InputError, match="day and month cannot be told apart"):
        dates_in("03/04/2024", "05/06/2024")


def test_types_of_arrow_keep_the_clock_on_the_wall() -> None:
    eight = timezone(timedelta(hours=8))
    assert dates_in(date(2024, 5, 31)) == [datetime(2024, 5, 31)]
    assert dates_in(NOON, None) == [NOON, None]
    zoned = pa.array([datetime(2024, 5, 31, 14, 5, tzinfo=eight)], pa.timestamp("us", "+08:00"))
    found = dates(zoned, "d", "x", is_given=True)
    assert found is not None
    assert found.to_pylist() == [NOON]
    assert dates_in(datetime(2024, 5, 31, 14, 5, tzinfo=UTC)) == [NOON]


@pytest.mark.parametrize("value", ["14:05:00", "3", "yesterday", "2024-13-01", "in May 5 of us came", "12345678"])
def test_what_is_no_date_is_left_out_unless_named(value: str) -> None:
    rows = {"text": ["a", "b"], "time": [value, value]}
    with pytest.warns(InputWarning, match="column 'time' of the mapping does not hold dates"):
        assert read_table(rows)["date"].to_pylist() == [None, None]
    with pytest.raises(InputError, match="column 'time' of the mapping does not hold dates"):
        read(rows, Columns(date="time"))


@pytest.mark.parametrize("name", ["date", "Created At", "created_at", "timestamp", "call-date", "时间", "通话时间"])
def test_usual_names_of_the_date(name: str) -> None:
    assert read_table({"text": ["a"], name: ["2024-05-31"]})["date"].to_pylist() == [datetime(2024, 5, 31)]


def test_several_dates_are_no_question() -> None:
    rows = {"text": ["a"], "time": ["14:05"], "created_at": ["2024-05-31"], "updated_at": ["2024-06-01"]}
    assert read_table(rows)["date"].to_pylist() == [datetime(2024, 5, 31)]
    assert read_table(rows, Columns(date="updated_at"))["date"].to_pylist() == [datetime(2024, 6, 1)]


def test_blank_dates_are_null() -> None:
    table = read_table(pd.DataFrame({"text": ["a", "b"], "date": [pd.Timestamp("2024-05-31"), None]}))
    assert table["date"].to_pylist() == [datetime(2024, 5, 31), None]
    assert read_table({"text": ["a", "b"], "date": ["2024-05-31", " "]})["date"].null_count == 1


def test_the_date_of_a_turn_comes_before_that_of_its_dialogue() -> None:
    turns = [{"text": "a", "time": "2024-05-31"}, {"text": "b", "time": "2024-06-01"}]
    rows = [{"date": "2024-01-01", "turns": turns}]
    assert read_table(rows)["date"].to_pylist() == [datetime(2024, 5, 31), datetime(2024, 6, 1)]
    assert read_table(rows, Columns(date="date"))["date"].to_pylist() == [datetime(2024, 1, 1)] * 2
    assert read_table([{"date": "2024-01-01", "turns": ["a", "b"]}])["date"].to_pylist() == [datetime(2024, 1, 1)] * 2
    clock = [{"date": "2024-01-01", "turns": [{"text": "a", "time": "00:03"}]}]
    with pytest.warns(InputWarning, match="'00:03' is not a date; it is not used"):
        assert read_table(clock)["date"].to_pylist() == [datetime(2024, 1, 1)]


def test_objects_of_dates_read_or_do_no_harm() -> None:
    """Records of Python, exports of MongoDB, and anything else that a column of that name may hold."""
    assert read_table([{"text": "a", "date": NOON}])["date"].to_pylist() == [NOON]
    assert read_table([{"text": "a", "time": {"$date": "2024-05-31T14:05:00Z"}}])["date"].to_pylist() == [NOON]
    odd = [{"text": "a", "time": {"_seconds": 1}}, {"text": "b", "time": {"x": [1]}}, {"text": "c", "time": "now"}]
    with pytest.warns(InputWarning, match="column 'time' of the list does not hold dates"):
        assert read_table(odd)["date"].to_pylist() == [None] * 3


# --- runs -----------------------------------------------------------------------------------------


def test_a_run_keeps_the_dates(cli: Cli, backend: ScriptedBackend) -> None:
    lines = ["said,when", *(f"{text},2024-05-{1 + i % 30}" for i, (text, _) in enumerate(sentences(4)))]
    Path("calls.csv").write_text("\n".join(lines))
    run = discover(cli, Path("calls.csv"), "run", "--text", "said", "--date", "when")
    column = pq.read_table(run / "occurrences.parquet")["date"]
    assert column.type == pa.timestamp("ms")
    assert column[0].as_py() == datetime(2024, 5, 1)
    assert load(run).manifest.source.columns.date == "when"
