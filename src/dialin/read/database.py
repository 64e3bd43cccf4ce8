"""Reads the rows of an SQL query; the extra ``sql`` brings SQLAlchemy, which speaks to any database with a driver.

The URL of a database may hold a password: it is in no message, and no file of a run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pyarrow as pa

from dialin.bounded import most_bytes, too_large
from dialin.errors import InputError
from dialin.read.source import ColumnFilter, RawTable, check_distinct, error_line, needs_extra, shortened_repr

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, CursorResult

_ROWS = 1 << 13
"""Rows that are fetched at once."""
_SECRET = re.compile(r"pass|pwd|secret|token|key|cred|odbc_connect|auth", re.IGNORECASE)
"""Names of parts of a URL behind ``?`` that may hold a secret."""
_IN_ODBC = re.compile(r"(?:pwd|password)=([^;]+)", re.IGNORECASE)
_READS = re.compile(r"(\s|--[^\n]*\n|/\*.*?\*/|\()*(select|with)\b", re.IGNORECASE | re.DOTALL)
_MASK = "***"


@dataclass(frozen=True)
class SqlQuery:
    """A query, and the database that it asks; as text, the URL without its secrets.

    Parameters
    ----------
    sql : str
        A ``SELECT``.
    shown : str
        The URL without its secrets.
    url : str
        The URL, as SQLAlchemy takes it.
    """

    sql: str
    shown: str
    url: str = field(repr=False)

    def __str__(self) -> str:
        """Return the URL without its secrets."""
        return self.shown


def sql_query(sql: str, url: str) -> SqlQuery:
    """Return a query; raise InputError if it does not read, or the URL is none, or SQLAlchemy is not installed."""
    if not _READS.match(sql):
        raise InputError(f"--sql {shortened_repr(sql)} does not begin with SELECT or WITH", hint="dialin only reads")
    return SqlQuery(sql, _without_secrets(_parsed(url)), url)


def of_query(query: SqlQuery, wanted: ColumnFilter) -> RawTable:
    """Return the wanted columns of what a query gives, every value as text.

    SQLite is opened for reading only; with other databases, nothing is committed.

    Raises
    ------
    InputError
        The database cannot be reached, or refuses the query, or the rows hold more than `most_bytes`.
    """
    import sqlalchemy  # noqa: PLC0415  (an extra, which `sql_query` has found)

    where = f"the query at {query}"
    try:
        engine = sqlalchemy.create_engine(_for_reading(_parsed(query.url)), poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            return _of_result(_result_of(connection, query.sql), where, wanted)
    except InputError:
        raise
    except ModuleNotFoundError as error:
        raise InputError(f"{query} needs the Python package {error.name}", hint=f"pip install {error.name}") from error
    except sqlalchemy.exc.NoSuchModuleError as error:
        raise InputError(f"{query}: {error_line(error)}", hint="install its dialect for SQLAlchemy") from None
    except Exception as error:  # each driver has errors of its own, and not all of them come as SQLAlchemy's
        said = error_line(Exception(_masked(str(getattr(error, "orig", None) or error), query)))
        raise InputError(f"{where} failed: {said}", hint="check the query, the URL and the server") from None


def _result_of(connection: Connection, sql: str) -> CursorResult[Any]:
    """Return the rows; the query goes to the database as it is, without placeholders."""
    return connection.execution_options(stream_results=True, no_parameters=True).exec_driver_sql(sql)


def _of_result(result: CursorResult[Any], where: str, wanted: ColumnFilter) -> RawTable:
    names = list(map(str, result.keys()))
    keep = [i for i, name in enumerate(names) if wanted(name)]
    check_distinct([names[i] for i in keep], where)
    chunks: dict[int, list[pa.Array]] = {i: [] for i in keep}
    most, n_bytes = most_bytes(), 0
    for rows in result.partitions(_ROWS):
        for i, cells in zip(keep, _columns(rows, keep, names, where), strict=True):
            chunks[i].append(cells)
            n_bytes += cells.nbytes
        if n_bytes > most:
            raise too_large(where, most)
    return RawTable(where, names, {names[i]: pa.chunked_array(chunks[i], pa.large_string()) for i in keep})


def _columns(rows: Sequence[Any], keep: Sequence[int], names: Sequence[str], where: str) -> Iterator[pa.Array]:
    for i in keep:
        yield pa.array([_text(row[i], names[i], where) for row in rows], pa.large_string())


def _text(cell: Any, name: str, where: str) -> str | None:
    """Return a value as text, or None if there is none."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bytes | memoryview):
        raise InputError(f"column {name!r} of {where} holds bytes, not text", hint="cast it to text in the query")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, float) and cell != cell:  # noqa: PLR0124  (NaN)
        return None
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


# --- the URL --------------------------------------------------------------------------------------


def _parsed(url: str) -> URL:
    try:
        from sqlalchemy import make_url  # noqa: PLC0415  (an extra)
        from sqlalchemy.exc import ArgumentError  # noqa: PLC0415
    except ImportError as error:
        raise needs_extra("--sql", "SQLAlchemy", "sql") from error
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # whose message may repeat the URL, and so its password
        raise InputError(
            "--url is not the URL of a database", hint="write it like sqlite:///calls.db or postgresql://user@host/name"
        ) from None


def _for_reading(url: URL) -> URL:
    """Return the URL with which a database is only read, where that can be told; an SQLite file must be there."""
    name = url.database or ""
    if url.get_backend_name() != "sqlite" or name in {"", ":memory:"} or name.startswith("file:"):
        return url
    if not Path(name).is_file():
        raise InputError(f"there is no database {name}", hint="check --url: sqlite:///relative.db, sqlite:////full.db")
    return url.set(database=f"file:{quote(name)}").update_query_dict({"mode": "ro", "uri": "true"})


def _without_secrets(url: URL) -> str:
    query = {name: _MASK if _SECRET.search(name) else value for name, value in url.query.items()}
    shown = url.set(password=_MASK if url.password else None, query=query).render_as_string(hide_password=False)
    return shown.replace(quote(_MASK), _MASK)


def _masked(message: str, query: SqlQuery) -> str:
    """Return what a driver says without the secrets of the URL, whichever way it writes them."""
    url = _parsed(query.url)
    hidden = [url.password, *(value for name, value in url.query.items() if _SECRET.search(name))]
    texts = [text for value in hidden if value for text in ([value] if isinstance(value, str) else value)]
    secrets = [*texts, *(secret for text in texts for secret in _IN_ODBC.findall(text))]
    for secret in sorted(secrets, key=len, reverse=True):
        for written in (secret, quote(secret), quote_plus(secret)):
            message = message.replace(written, _MASK) if written else message
    return message
