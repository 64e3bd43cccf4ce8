"""Converts columns of any type to dates: day and time as written in the data, without time zones."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from dialin.errors import InputError, InputWarning
from dialin.read.cells import strings, trimmed
from dialin.read.source import OBJECT, shortened_repr

DATE = pa.timestamp("ms")
Triple = tuple[int, int, int]

_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: i for i, name in enumerate(_MONTH_NAMES.split(), 1)}
_CLOCK = re.compile(r"(\d{1,2})[:时点](\d{2})?(?:[:分](\d{2}))?")
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)")
_NAMED = re.compile(rf"(?i)\b({_MONTH_NAMES.replace(' ', '|')})[a-z]*\b")
_YEAR, _DAY = re.compile(r"(?<![-+\d:])\d{4}(?!\d)"), re.compile(r"(?<![-+\d:])\d{1,2}(?![\d:])")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2})?)?")
_NUMBER = re.compile(r"\d{9,19}(\.\d+)?")
_AFTERNOON, _MORNING = re.compile(r"(?i)pm\b|下午|晚上"), re.compile(r"(?i)am\b|上午|凌晨")


def dates(column: pa.ChunkedArray | pa.Array, name: str, where: str, *, is_given: bool) -> pa.Array | None:
    """Return a column as timestamps in milliseconds; None if most of it is anything else, despite its usual name.

    Less than half of other values become null, with a warning. It understands Arrow's own types, ISO 8601,
    ``2024/5/1``, ``2024年5月1日 下午3:20``, ``1.5.2024`` and ``5/1/2024`` (the whole column decides which number is
    the day), ``May 1, 2024``, ``20240501`` and Unix time. Time zones are dropped: the result is local wall-clock time.

    Raises
    ------
    InputError
        If the user named the column (`is_given`) but most of it is anything else.

    Warns
    -----
    InputWarning
        If some or most of it cannot be read.
    """
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return _of_arrow(column, name, where, is_given=is_given)
    texts = trimmed(_texts(column, name, where)).dictionary_encode()
    said = texts.dictionary.to_pylist()
    try:
        day_first = _day_first([(int(m[1]), int(m[2])) for text in said if (m := _YEAR_LAST.search(text))])
        found = pa.array([_date_in(text, day_first) for text in said], DATE).take(texts.indices)
        _check_most(texts, found)
    except ValueError as error:
        _not_dates(f"column {name!r} of {where}", error, is_given=is_given)
        return None
    if n_bad := found.null_count - texts.null_count:
        such = shortened_repr(next(text for text in said if _date_in(text, day_first) is None))
        _warn_of(n_bad, len(found), f"column {name!r} of {where}", such)
    return found


def _not_dates(column: str, error: Exception, *, is_given: bool) -> None:
    """Raise InputError if the user named the column, else warn that it is not used."""
    problem = f"{column} does not hold dates: {error}"
    if is_given:
        raise InputError(problem, hint="name a column of dates such as 2024-05-31 14:05") from error
    warnings.warn(f"{problem}; it is not used", InputWarning, stacklevel=3)


def _warn_of(n_bad: int, n: int, column: str, such: str) -> None:
    told = f"{n_bad:,} of {n:,} dates in {column} cannot be read, such as {such}: left out"
    warnings.warn(told, InputWarning, stacklevel=3)


def _texts(column: pa.ChunkedArray | pa.Array, name: str, where: str) -> pa.Array:
    """Return a column as text; of objects and lists, how Python shows them, which is no date."""
    if not pa.types.is_nested(column.type):
        return strings(column, name, where)
    cells = [cell["object"] if column.type == OBJECT and cell else cell for cell in column.to_pylist()]
    return pa.array([None if cell is None else str(cell) for cell in cells], pa.large_string())


def _check_most(texts: pa.DictionaryArray, found: pa.Array) -> None:
    """Raise ValueError, which names one, if more than half of the texts are no dates."""
    bad = pc.and_(pc.is_null(found), pc.is_valid(texts))
    if 2 * (pc.sum(bad).as_py() or 0) > len(texts) - texts.null_count:
        raise ValueError(f"{str(texts.filter(bad)[0].as_py())[:40]!r} is not a date")


def _date_in(text: str, day_first: bool) -> datetime | None:
    """Return the date in a text; None if it holds none."""
    try:
        return _one(text, day_first)
    except (ValueError, OverflowError):
        return None


def in_calendar(found: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return whether each of some `DATE` lies in the years 1 to 9999; null for null. Arrow has others, Python not."""
    first, last = pa.scalar(datetime.min, DATE), pa.scalar(datetime.max.replace(microsecond=999_000), DATE)
    return pc.and_(pc.greater_equal(found, first), pc.less_equal(found, last))


def _of_arrow(column: pa.ChunkedArray | pa.Array, name: str, where: str, *, is_given: bool) -> pa.Array | None:
    try:
        found = _without_zone(column)
    except pa.ArrowInvalid as error:  # a time zone that nobody knows
        _not_dates(f"column {name!r} of {where}", error, is_given=is_given)
        return None
    known = in_calendar(found)
    if n_bad := pc.sum(pc.invert(known)).as_py() or 0:
        such = str(found.filter(pc.invert(known))[0].value)
        _warn_of(n_bad, len(found), f"column {name!r} of {where}", f"{such} ms since 1970")
    return pc.if_else(known, found, None)


def _without_zone(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    array = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
    has_zone = pa.types.is_timestamp(array.type) and array.type.tz
    return (pc.local_timestamp(array) if has_zone else array).cast(DATE, safe=False)


def _day_first(pairs: list[tuple[int, int]]) -> bool:
    """Return whether dates that end with the year begin with the day; raise ValueError if both orders are possible."""
    first, second = (max((pair[i] for pair in pairs), default=0) for i in (0, 1))
    if pairs and first <= 12 and second <= 12 and any(a != b for a, b in pairs):
        raise ValueError("day and month cannot be told apart")
    return first > 12


def _one(text: str, day_first: bool) -> datetime:
    """Return the date in one text; raise ValueError if it contains no date."""
    if whole := _COMPACT.fullmatch(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in whole.groups())
        return datetime(year, month, day, hour, minute, second)
    if _NUMBER.fullmatch(text):
        return _unix(float(text))
    found = _triple(text, day_first)
    if found is None:
        raise ValueError(f"{text[:40]!r} is not a date")
    return datetime(*found, *_clock(text))


def _triple(text: str, day_first: bool) -> Triple | None:
    if match := _YEAR_FIRST.search(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _YEAR_LAST.search(text):
        a, b, year = (int(part) for part in match.groups())
        return (year, b, a) if day_first else (year, a, b)
    month, year_, day = _NAMED.search(text), _YEAR.search(text), _DAY.search(text)
    if month and year_ and day:
        return int(year_[0]), _MONTHS[month[1].lower()], int(day[0])
    return None


def _clock(text: str) -> Triple:
    """Return hour, minute and second; midnight if the text contains no time."""
    match = _CLOCK.search(text)
    if not match:
        return 0, 0, 0
    hour, minute, second = (int(part or 0) for part in match.groups())
    if _AFTERNOON.search(text) and hour < 12:
        hour += 12
    return (0 if _MORNING.search(text) and hour == 12 else hour), minute, second


def _unix(number: float) -> datetime:
    """Return the date for a number of seconds, milliseconds, microseconds or nanoseconds since 1970."""
    while number >= 1e11:  # as seconds, this would be the year 5138
        number /= 1000
    return datetime.fromtimestamp(number, UTC).replace(tzinfo=None)
