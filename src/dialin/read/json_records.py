"""Turns sentences, objects and JSON into columns of strings or lists of turns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import pyarrow as pa

from dialin.errors import InputError
from dialin.read.source import OBJECT, ColumnFilter, RawTable, error_line, shortened_repr


def record_parts(records: Iterable[object], where: str, wanted: ColumnFilter, n_rows: int) -> Iterator[RawTable]:
    """Yield the columns of sentences or objects as `of_records` does, about `n_rows` rows or turns at a time."""
    first, n, part = 0, 0, list[object]()
    for record in records:
        part.append(record)
        n += _n_turns(record)
        if n >= n_rows:
            yield of_records(part, where, wanted, first)
            first, n, part = first + len(part), 0, []
    if part:
        yield of_records(part, where, wanted, first)


def _n_turns(record: object) -> int:
    """Return how many rows a record may become: one, or as many as the longest list in it has items."""
    if not isinstance(record, Mapping):
        return 1
    return max((len(cell) for cell in record.values() if isinstance(cell, list)), default=1)


def of_records(records: Iterable[object], where: str, wanted: ColumnFilter, first: int = 0) -> RawTable:
    """Turn sentences or objects into columns; unwanted values are dropped at once, so that they cost no memory.

    Parameters
    ----------
    records : iterable
        Sentences (a column ``text``), objects, or None and NaN for a missing sentence.
    where : str
        Name of the source in messages.
    wanted : callable
        Tells whether a column, or a key of a turn, with this name may be needed.
    first : int
        Number of the first of them, for messages.

    Raises
    ------
    InputError
        If there are no records, a record is neither text nor an object, or a column holds neither text nor turns.
    """
    kept: dict[str, list[object]] = {}
    names: dict[str, bool] = {}
    has_header = False
    n = -1
    for n, record in enumerate(records):
        if isinstance(record, str) or _is_missing(record):
            record = {"text": record}  # noqa: PLW2901
        elif isinstance(record, Mapping):
            has_header = True
        else:
            raise InputError(
                f"item {first + n + 1} of {where} is a {type(record).__name__}, not text: {shortened_repr(record)}",
                hint="give sentences (str) or objects",
            )
        _keep(record, n, kept, names, wanted)
    if n < 0:
        raise InputError(f"{where} has no rows", hint="give at least one sentence")
    arrays = {name: column_array(_pad(cells, n + 1), name, where) for name, cells in kept.items()}
    return RawTable(where, list(names), arrays, has_header)


def of_object(value: Mapping[str, object], where: str, wanted: ColumnFilter) -> RawTable:
    """Read an object of columns, or a single record.

    Raises
    ------
    InputError
        If the columns differ in length, or as for `of_records`.
    """
    columns = {str(name): list(cells) for name, cells in value.items() if isinstance(cells, list | tuple)}
    holds_records = any(isinstance(cell, dict) for cells in columns.values() for cell in cells[:1])
    if not value or len(columns) < len(value) or holds_records:
        return of_records([value], where, wanted)
    lengths = {name: len(cells) for name, cells in columns.items()}
    if len(set(lengths.values())) > 1:
        raise unequal_columns(lengths, where)
    kept = {name: column_array(cells, name, where) for name, cells in columns.items() if wanted(name)}
    return RawTable(where, list(columns), kept)


def unequal_columns(lengths: Mapping[str, int], where: str) -> InputError:
    """Return the error for columns of these lengths."""
    return InputError(f"the columns of {where} differ in length: {lengths}", hint="make them equally long")


def _keep(
    record: Mapping[str, object],
    n: int,
    kept: dict[str, list[object]],
    names: dict[str, bool],
    wanted: ColumnFilter,
) -> None:
    for name, value in record.items():
        if name not in names:
            names[name] = wanted(str(name))
        if names[name]:
            _pad(kept.setdefault(name, []), n).append(_turns(value, wanted))


def _pad(cells: list[object], n: int) -> list[object]:
    if len(cells) < n:
        cells.extend([None] * (n - len(cells)))
    return cells


def _turns(value: object, wanted: ColumnFilter) -> object:
    """Return a list with its objects reduced to the wanted keys; any other value unchanged."""
    if not isinstance(value, list | tuple):
        return value
    return [
        {key: _text(cell) for key, cell in turn.items() if wanted(key)} if isinstance(turn, dict) else _text(turn)
        for turn in value
    ]


# --- JSON -----------------------------------------------------------------------------------------


def of_json(text: str, where: str, wanted: ColumnFilter) -> RawTable:
    """Read a list of sentences or objects, an object of columns, or JSON lines despite the file's name.

    Raises
    ------
    InputError
        If the text is not JSON, or is a single number or string, or as for `of_records`.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        if _is_json(text.strip().partition("\n")[0]):
            return of_json_lines(text, where, wanted)
        raise InputError(f"{where} is not JSON: {error_line(error)}", hint="correct the JSON there") from error
    if isinstance(value, list):
        return of_records(value, where, wanted)
    if isinstance(value, dict):
        return of_object(value, where, wanted)
    raise InputError(f"{where} is JSON but holds one {type(value).__name__}", hint="give a list of objects")


def of_json_lines(text: str, where: str, wanted: ColumnFilter) -> RawTable:
    """Read one sentence or object per line; blank lines are skipped.

    Raises
    ------
    InputError
        If a line is not JSON, or as for `of_records`.
    """
    return of_records((value for _, value in json_lines(text.split("\n"), where)), where, wanted)


def json_lines(lines: Iterable[str], where: str) -> Iterator[tuple[int, object]]:
    """Yield the number of each line that is not blank, from 1, and its JSON value; raise InputError if it is none."""
    for n, line in enumerate(lines, start=1):
        if line and not line.isspace():
            try:
                yield n, json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InputError(
                    f"line {n} of {where} is not JSON: {error_line(error)}; it reads {shortened_repr(line.rstrip())}",
                    hint="every line must be one JSON object",
                ) from error


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


# --- values ---------------------------------------------------------------------------------------


def column_array(cells: list[object], name: str, where: str) -> pa.ChunkedArray:
    """Return cells as a column of text, of lists or of objects; raise InputError if they are neither."""
    texts = [cell if isinstance(cell, str | list) else _text(cell) for cell in cells]
    try:
        return _arrow(texts)
    except (TypeError, OverflowError, RecursionError, pa.ArrowException) as error:
        odd = next((cell for cell in texts if not isinstance(cell, str | list | None)), None)
        raise InputError(
            f"column {name!r} of {where} holds neither text nor turns: {shortened_repr(odd or error_line(error))}",
            hint="name another column, or give every row the same shape",
        ) from error


def _arrow(cells: list[object]) -> pa.ChunkedArray:
    """Return cells as a column of text, of lists or of objects; lone surrogates are mended where there are any."""
    is_nested = any(isinstance(cell, list) for cell in cells)
    has_objects = not is_nested and any(isinstance(cell, dict) for cell in cells)

    def column(of: list[object]) -> pa.Array:
        return _objects(of) if has_objects else pa.array(of, None if is_nested else pa.large_string())

    try:
        return pa.chunked_array([column(cells)])
    except UnicodeEncodeError:
        return pa.chunked_array([column([mended(cell) for cell in cells])])


def _objects(cells: list[object]) -> pa.Array:
    shown = [None if cell is None else {"object": json.dumps(cell, ensure_ascii=False, default=str)} for cell in cells]
    return pa.array(shown, OBJECT)


def _text(cell: object) -> object:
    """Return a number, truth value or date as text, and a missing value as None; any other value unchanged."""
    if _is_missing(cell):
        return None
    if isinstance(cell, date):
        return str(cell)
    if isinstance(cell, dict) and list(cell) == ["$date"]:  # MongoDB exports dates like this
        return _text(cell["$date"])
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # 12.0 is the id 12 in a column with gaps
    return str(cell) if isinstance(cell, int | float) else cell


def _is_missing(cell: object) -> bool:
    return cell is None or (isinstance(cell, float) and cell != cell)  # noqa: PLR0124 - NaN differs from itself


def mended(cell: object) -> object:
    """Return a cell with U+FFFD for each lone surrogate, which JSON can express but UTF-8 cannot."""
    if isinstance(cell, str):
        return cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(cell, list | tuple):
        return [mended(turn) for turn in cell]
    return {mended(key): mended(value) for key, value in cell.items()} if isinstance(cell, dict) else cell
