"""Looks into a JSON document, and names the file and the place in it when something there is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from dialin.errors import InputError
from dialin.read.source import shortened_repr

_DURATION = re.compile(r"(?:PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?)?(?:(\d+(?:\.\d*)?)S)?", re.IGNORECASE)
"""As protobuf ("1.250s") and ISO 8601 ("PT1H2M3.5S") write them."""
FIRST_EPOCH = 1e8
"""Seconds; a time below is one from the beginning of the dialogue, not since 1970."""
_LAST = 1e11
_KINDS = {dict: "an object", list: "a list", str: "text", bool: "a truth value", int: "a number", float: "a number"}


class JsonPlace(NamedTuple):  # made for every word of a transcript: a frozen dataclass takes twice as long
    """A value in a document, with the way to it.

    Parameters
    ----------
    value : object
        The JSON value.
    where : str
        The document, for messages.
    parent : JsonPlace, optional
        Where it lies.
    key : str or int
        Its key or number there.
    """

    value: object
    where: str
    parent: JsonPlace | None = None
    key: str | int = ""

    @property
    def path(self) -> str:
        """Its place in the document.

        Examples
        --------
        >>> JsonPlace({"turns": [{"text": "hi"}]}, "a.json").at("turns").items()[0].at("text").path
        'turns[0].text'
        """
        before = self.parent.path if self.parent else ""
        if isinstance(self.key, int):
            return f"{before}[{self.key}]"
        return f"{before}.{self.key}" if before else self.key

    def has(self, key: str) -> bool:
        """Return whether an object has a value under a key that is not null."""
        return self._object().get(key) is not None

    def at(self, key: str) -> JsonPlace:
        """Return what an object has under a key; raise InputError if it is null or missing."""
        value = self._object().get(key)
        found = JsonPlace(value, self.where, self, key)
        if value is None:
            raise found.wrong("is missing")
        return found

    def items(self) -> list[JsonPlace]:
        """Return the parts of a list; raise InputError if it is anything else."""
        if not isinstance(self.value, list):
            raise self.wrong(f"is {self._shown}, not a list")
        return [JsonPlace(value, self.where, self, n) for n, value in enumerate(self.value)]

    def each(self, key: str) -> list[JsonPlace]:
        """Return the parts of the list under a key; none if there is no such key."""
        return self.at(key).items() if self.has(key) else []

    def first(self, key: str) -> JsonPlace | None:
        """Return the first part of a list under a key; None if it is empty. Raise InputError if there is no list."""
        values = self._object().get(key)
        if not isinstance(values, list):
            return next(iter(self.at(key).items()))  # raises
        return JsonPlace(values[0], self.where, self, f"{key}[0]") if values else None

    def text(self, key: str) -> str:
        """Return the text, or the number as text, under a key; "" if there is none."""
        value = self._object().get(key)
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, bool | list | dict):
            raise self.at(key).wrong(f"is {self.at(key)._shown}, not text")
        return "" if value is None else str(value)

    def needed_text(self, key: str) -> str:
        """Return the text under a key, which may be blank; raise InputError if it is null or missing."""
        return self.text(key) if self.has(key) else self.at(key).text(key)

    def number(self, key: str) -> float | None:
        """Return the finite number under a key, also one that is written as text; None if there is none, or NaN."""
        value = self._object().get(key)
        if value is None or value == "" or value != value:  # noqa: PLR0124  (NaN, as WhisperX writes an unknown time)
            return None
        try:
            found = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            found = math.nan
        if not math.isfinite(found):
            raise self.at(key).wrong(f"is {self.at(key)._shown}, not a number")
        return found

    def seconds(self, key: str, unit: float = 1.0) -> float | None:
        """Return the time from the beginning under a key, in seconds, of which `unit` make one of the source's."""
        found = self.number(key)
        if found is None:
            return None
        if not 0 <= found * unit <= _LAST:
            side = "before the beginning" if found < 0 else "beyond all calendars"
            raise self.at(key).wrong(f"is {found:g}, a time {side}")
        return round(found * unit, 3)

    def duration(self, key: str) -> float | None:
        """Return the seconds of a duration such as "1.250s" or "PT1M2.5S" under a key; None if there is none.

        Examples
        --------
        >>> JsonPlace({"a": "1.250s", "b": "PT1M2.5S"}, "a.json").duration("b")
        62.5
        """
        said = self.text(key)
        if not said:
            return None
        found = _DURATION.fullmatch(said)
        if not found:
            raise self.at(key).wrong(f"is {self.at(key)._shown}, not a duration such as 1.5s or PT1.5S")
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
        return round(3600 * hours + 60 * minutes + seconds, 3)

    def date(self, key: str) -> str:
        """Return the ISO 8601 date under a key; "" if there is none."""
        said = self.text(key)
        try:
            return said and datetime.fromisoformat(said).isoformat()
        except ValueError:
            raise self.at(key).wrong(f"is {self.at(key)._shown}, not a date of ISO 8601") from None

    def wrong(self, what: str) -> InputError:
        """Return the error for this place."""
        place = self.path or "the document"
        return InputError(f"{self.where}: {place} {what}", hint="export it again, or leave this file out")

    @property
    def _shown(self) -> str:
        if self.value is None:
            return "null"
        kind = _KINDS[type(self.value)]
        return kind if isinstance(self.value, dict | list) else f"{kind} {shortened_repr(self.value)}"

    def _object(self) -> dict[str, object]:
        if isinstance(self.value, dict):
            return self.value
        raise self.wrong(f"is {self._shown}, not an object")


def date_of_epoch(seconds: float) -> str:
    """Return a time since 1970 as ISO 8601, in UTC.

    Examples
    --------
    >>> date_of_epoch(1_767_225_600)
    '2026-01-01T00:00:00+00:00'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def known_outcomes(**outcomes: str | float | None) -> dict[str, str | float]:
    """Return those outcomes that a source tells.

    Examples
    --------
    >>> known_outcomes(queue="orders", rating=0.0, tags="", wait=None)
    {'queue': 'orders', 'rating': 0.0}
    """
    return {name: value for name, value in outcomes.items() if value is not None and value != ""}


def filled_keys(document: object) -> frozenset[str]:
    """Return the keys of an object that hold anything; none for any other value."""
    return frozenset(k for k, v in document.items() if v is not None) if isinstance(document, dict) else frozenset()


def objects_in(document: object, key: str) -> Iterator[dict[str, object]]:
    """Yield the objects in a list under a key of a document, whatever the document is."""
    values = document.get(key) if isinstance(document, dict) else None
    yield from (value for value in values if isinstance(value, dict)) if isinstance(values, list) else ()


def object_in(document: object, key: str) -> dict[str, object]:
    """Return the object under a key of a document, whatever the document is; {} if there is none."""
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, dict) else {}
