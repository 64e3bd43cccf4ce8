"""Rows of an SQL query become utterances; no secret of a URL is told."""

from __future__ import annotations

import sqlite3
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from dialin.bounded import MAX_INPUT
from dialin.errors import InputError
from dialin.read.columns import Columns
from dialin.read.database import SqlQuery, sql_query
from dialin.read.table import read_table

ALL = "SELECT said AS text, who AS role, call AS dialogue_id, at AS date, n AS turn FROM turns ORDER BY n"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Write a database with five turns, one of them blank."""
    rows = [
        (1, "customer", "where is my card?", "2026-05-01 09:30", 0, 1.0, b"\0"),
        (1, "agent", "我看看。", "2026-05-01 09:31", 1, 2.5, b"\0"),
        (2, "customer", "100% of my cards", None, 2, float("inf"), b"\0"),
        (2, "agent", None, None, 3, None, b"\0"),
        (3, "customer", "it's gone :x ?", None, 4, 0.0, b"\0"),
    ]
    with sqlite3.connect(tmp_path / "calls.db") as database:
        database.execute("CREATE TABLE turns (call INT, who TEXT, said TEXT, at TEXT, n INT, score REAL, raw BLOB)")
        database.executemany("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    database.close()
    return f"sqlite:///{tmp_path}/calls.db"


def test_rows_of_a_query_are_utterances(url: str) -> None:
    table = read_table(sql_query(ALL, url))
    assert table["text"].to_pylist() == ["where is my card?", "我看看。", "100% of my cards", None, "it's gone :x ?"]
    assert table["role"].to_pylist() == ["customer", "agent", "customer", "agent", "customer"]
    assert table["dialogue_id"].to_pylist() == ["1", "1", "2", "2", "3"]
    assert table["date"].to_pylist()[:2] == [datetime(2026, 5, 1, 9, 30), datetime(2026, 5, 1, 9, 31)]
    assert table["turn"].to_pylist() == [0, 1, 2, 3, 4]


def test_columns_are_named_as_in_a_file(url: str) -> None:
    table = read_table(sql_query("select said, score from turns", url), Columns(text="said"))
    assert table.num_rows == 5
    assert read_table(sql_query("select score from turns", url), Columns(text="score"))["text"].to_pylist() == [
        *("1", "2.5", "inf", None, "0")
    ]


def test_signs_that_mean_a_parameter_elsewhere_are_taken_as_they_are(url: str) -> None:
    query = "SELECT said AS text FROM turns WHERE said LIKE '%100\\%%' ESCAPE '\\' OR said LIKE '%:x ?'"
    assert read_table(sql_query(query, url))["text"].to_pylist() == ["100% of my cards", "it's gone :x ?"]


def test_many_rows_come_in_batches(url: str) -> None:
    many = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20000) "
    table = read_table(sql_query(f"{many} SELECT 'sentence ' || i AS text FROM c", url))
    assert table.num_rows == 20_000
    assert table["text"][-1].as_py() == "sentence 20000"


def test_what_a_query_gives_is_bounded(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MAX_INPUT, "1M")
    many = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 100000000) "
    with pytest.raises(InputError, match=r"the query at sqlite:.* holds more than 1 MiB"):
        read_table(sql_query(f"{many} SELECT 'a sentence of some length' AS text FROM c", url))


BAD = {
    "select said as text from turn": r"the query at sqlite:///.*calls\.db failed: no such table: turn",
    "select who from turns": "has no column with a usual name for the text; it has 'who'",
    "select said as text from turns limit 0": r"the query at .* has no rows",
    "select null as text": "all 1 texts of the query at .* are blank",
    "select said as text, who as text from turns": "has 2 columns named 'text'",
    "select raw as text from turns": r"column 'text' of the query at .* holds bytes, not text",
    "with x as (select 1) delete from turns": r"failed: attempt to write a readonly database",
    "select said as text from turns; drop table turns": "failed: You can only execute one statement at a time",
}


@pytest.mark.parametrize("query", BAD)
def test_a_bad_query_is_refused_in_one_line(url: str, query: str) -> None:
    with pytest.raises(InputError, match=BAD[query]) as error:
        read_table(sql_query(query, url))
    assert "\n" not in str(error.value)
    assert read_table(sql_query(ALL, url)).num_rows == 5


@pytest.mark.parametrize("query", ["drop table turns", "", "insert into turns select 1", "selected", "-- select 1"])
def test_what_does_not_read_is_not_sent(url: str, query: str) -> None:
    with pytest.raises(InputError, match="does not begin with SELECT or WITH"):
        sql_query(query, url)


@pytest.mark.parametrize(
    "query", [" SELECT 1", "/* a */ -- b\n select 1", "(select 1)", "WITH a AS (SELECT 1) SELECT 2"]
)
def test_a_query_that_reads_is_known(url: str, query: str) -> None:
    assert sql_query(query, url).sql == query


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no database .*none\.db"):
        read_table(sql_query("select 1 as text", f"sqlite:///{tmp_path}/none.db"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("not a database " * 100)
    with pytest.raises(InputError, match=r"a\.db failed: file is not a database"):
        read_table(sql_query("select 1 as text from a", f"sqlite:///{tmp_path}/a.db"))


# --- secrets --------------------------------------------------------------------------------------

SECRET = "S3cr3t@x"
URLS = {
    "postgresql://ann:S3cr3t%40x@db.example:5432/calls": "postgresql://ann:***@db.example:5432/calls",
    "mysql+pymysql://db/calls?password=S3cr3t%40x&charset=utf8": "mysql+pymysql://db/calls?charset=utf8&password=***",
    "mssql+pyodbc://?odbc_connect=DRIVER%3Dx%3BPWD%3DS3cr3t%40x": "mssql+pyodbc://?odbc_connect=***",
    "snowflake://ann@x/y?token=S3cr3t%40x": "snowflake://ann@x/y?token=***",
    "sqlite:///calls.db": "sqlite:///calls.db",
}


@pytest.mark.parametrize("url", URLS)
def test_a_query_shows_its_database_without_secrets(url: str) -> None:
    query = sql_query("select 1", url)
    assert str(query) == URLS[url]
    assert "S3cr3t" not in repr(query) + str(query)


@pytest.mark.parametrize("url", list(URLS)[:4])
@pytest.mark.parametrize("error", [ValueError, sqlalchemy.exc.OperationalError])
def test_a_driver_that_repeats_the_url_tells_no_secret(url: str, error: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        said = f"cannot connect to {url}: {SECRET} is wrong"
        raise error(said) if error is ValueError else error("select 1", {}, Exception(said))

    query = sql_query("select 1", url)
    monkeypatch.setattr("sqlalchemy.create_engine", failing)
    with pytest.raises(InputError, match=r"failed: cannot connect to .*\*\*\*") as caught:
        read_table(query)
    assert "S3cr3t" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("url", ["S3cr3t", "postgresql://ann:S3cr3t@db:port/x", ""])
def test_what_is_no_url_is_not_repeated(url: str) -> None:
    with pytest.raises(InputError, match="--url is not the URL of a database") as error:
        sql_query("select 1", url)
    assert "S3cr3t" not in str(error.value)


def test_a_missing_driver_is_named() -> None:
    with pytest.raises(InputError, match=r"oracle\+oracledb://ann:\*\*\*@x/y needs the Python package oracledb"):
        read_table(sql_query("select 1", "oracle+oracledb://ann:S3cr3t@x/y"))


def test_an_unknown_kind_of_database_is_told() -> None:
    with pytest.raises(InputError, match=r"^foo://ann:\*\*\*@x/y: Can't load plugin: sqlalchemy\.dialects:foo"):
        read_table(sql_query("select 1", "foo://ann:S3cr3t@x/y"))


def test_without_sqlalchemy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(InputError, match=r'--sql needs SQLAlchemy.*\(pip install "dialin\[sql\]"\)'):
        sql_query("select 1", "sqlite:///calls.db")


def test_equal_queries_are_equal() -> None:
    assert sql_query("select 1", "sqlite:///a") == SqlQuery("select 1", "sqlite:///a", "sqlite:///a")
