"""Converts columns of any type to dates: day and time as written in the data, without time zones."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
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
    found = list[pa.Array]()
    is_date = read_dates(lambda: [column], DateColumn(name, where, is_given), found.append)
    return found[0] if is_date else None


@dataclass(frozen=True)
class DateColumn:
    """A column that may hold dates: its name, its source in messages, and whether the user named it."""

    name: str
    where: str
    is_given: bool

    @property
    def _label(self) -> str:
        return f"column {self.name!r} of {self.where}"

    def refuse(self, error: Exception) -> None:
        """Raise InputError if the user named the column, else warn that it is not used."""
        problem = f"{self._label} does not hold dates: {error}"
        if self.is_given:
            raise InputError(problem, hint="name a column of dates such as 2024-05-31 14:05") from error
        warnings.warn(f"{problem}; it is not used", InputWarning, stacklevel=4)

    def warn_of(self, n_bad: int, n: int, such: str) -> None:
        """Warn of the dates that cannot be read."""
        told = f"{n_bad:,} of {n:,} dates in {self._label} cannot be read, such as {such}: left out"
        warnings.warn(told, InputWarning, stacklevel=4)


def read_dates(
    parts: Callable[[], Iterable[pa.ChunkedArray | pa.Array]], about: DateColumn, keep: Callable[[pa.Array], object]
) -> bool:
    """Read a column in parts as `dates` reads it whole.

    Parameters
    ----------
    parts : callable
        Returns the parts of the column from the beginning; all rows together tell whether the day comes first.
    about : DateColumn
        What the column is.
    keep : callable
        Gets the dates of each part.

    Returns
    -------
    bool
        Whether the column holds dates; if not, what `keep` got means nothing.
    """
    try:
        day_first = _day_first({pair for part in parts() for pair in _year_last(part, about)})
        tally = _Tally()
        for part in parts():
            keep(tally.read(part, about, day_first))
        tally.check_most()
    except ValueError as error:  # of an unknown time zone, too
        if isinstance(error, InputError):
            raise
        about.refuse(error)
        return False
    if tally.n_bad:
        about.warn_of(tally.n_bad, tally.n, tally.shown)
    return True


@dataclass
class _Tally:
    """How many rows have been read, how many are not null, how many of these are no dates, and the first of them."""

    n: int = 0
    n_said: int = 0
    n_bad: int = 0
    bad: str | None = None
    shown: str = ""

    def read(self, part: pa.ChunkedArray | pa.Array, about: DateColumn, day_first: bool) -> pa.Array:
        """Return the dates of a part."""
        if _is_arrow_date(part.type):
            return self._of_arrow(part)
        texts = trimmed(_texts(part, about.name, about.where)).dictionary_encode()
        read = [_date_in(text, day_first) for text in texts.dictionary.to_pylist()]
        found = pa.array(read, DATE).take(texts.indices)
        bad = pc.and_(pc.is_null(found), pc.is_valid(texts))
        self._count(len(texts), len(texts) - texts.null_count, pc.sum(bad).as_py() or 0)
        if self.n_bad and self.bad is None:
            self.bad = texts.filter(bad)[0].as_py()
            self.shown = shortened_repr(self.bad)
        return found

    def check_most(self) -> None:
        """Raise ValueError, which names one, if more than half of the texts are no dates."""
        if self.bad is not None and 2 * self.n_bad > self.n_said:
            raise ValueError(f"{self.bad[:40]!r} is not a date")

    def _of_arrow(self, part: pa.ChunkedArray | pa.Array) -> pa.Array:
        found = _without_zone(part)
        known = in_calendar(found)
        beyond = found.filter(pc.invert(known))
        self._count(len(found), len(found) - found.null_count, len(beyond))
        if len(beyond) and not self.shown:
            self.shown = f"{beyond[0].value} ms since 1970"
        return pc.if_else(known, found, None)

    def _count(self, n: int, n_said: int, n_bad: int) -> None:
        self.n, self.n_said, self.n_bad = self.n + n, self.n_said + n_said, self.n_bad + n_bad


def _texts(column: pa.ChunkedArray | pa.Array, name: str, where: str) -> pa.Array:
    """Return a column as text; of objects and lists, how Python shows them, which is no date."""
    if not pa.types.is_nested(column.type):
        return strings(column, name, where)
    cells = [cell["object"] if column.type == OBJECT and cell else cell for cell in column.to_pylist()]
    return pa.array([None if cell is None else str(cell) for cell in cells], pa.large_string())


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


def _is_arrow_date(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def _year_last(part: pa.ChunkedArray | pa.Array, about: DateColumn) -> Iterator[tuple[int, int]]:
    """Yield the first two numbers of each text that ends with the year."""
    if not _is_arrow_date(part.type):
        for text in pc.unique(trimmed(_texts(part, about.name, about.where))).to_pylist():
            if text is not None and (found := _YEAR_LAST.search(text)):
                yield int(found[1]), int(found[2])


def _without_zone(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    array = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
    has_zone = pa.types.is_timestamp(array.type) and array.type.tz
    return (pc.local_timestamp(array) if has_zone else array).cast(DATE, safe=False)


def _day_first(pairs: Collection[tuple[int, int]]) -> bool:
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
