"""Reads JSON that is never in memory whole: the items of an array, and an object of columns, column by column."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from dialin.bounded import most_bytes

_TRIES = 4
"""Commas of a piece, from its end on, of which each may stand between two items; no result depends on it."""
PIECE = 1 << 20
"""Characters of an array that are read at once; no result depends on it."""


class WholeNeededError(ValueError):
    """Only the whole of a source tells how to read it: it is no JSON array, an item is large, or rows differ."""


def array_items(read: Callable[[int], str]) -> Iterator[object]:
    """Yield the items of a JSON array, of which a part is in memory at a time.

    Parameters
    ----------
    read : callable
        Returns at most so many more characters of the text; "" at its end.

    Raises
    ------
    WholeNeededError
        The text is no JSON array, or an item of it has more characters than `dialin.bounded.most_bytes`.
    """
    text = JsonText(read)
    text.skip("[")
    yield from text.items()
    text.check_ended()


class JsonText:
    """A JSON text that is read from its beginning on, of which a part is in memory at a time.

    Parameters
    ----------
    read : callable
        As for `array_items`.
    """

    def __init__(self, read: Callable[[int], str]) -> None:
        self._read, self._text, self._at, self._is_new = read, "", 0, True

    def skip(self, mark: str) -> None:
        """Go behind a mark and the space before it; raise WholeNeededError if it is not there."""
        if not self.skips(mark):
            raise WholeNeededError

    def skips(self, mark: str) -> bool:
        """Go behind a mark and the space before it, if it is there, and return whether it is."""
        while (at := _end_of_space(self._text, self._at)) == len(self._text) and self._has_more():
            pass
        is_there = self._text.startswith(mark, at)
        self._at = at + is_there * len(mark)
        return is_there

    def items(self) -> Iterator[object]:
        """Yield the values up to the end of an array, of which at least one is there, and go behind it."""
        mark = ","
        while mark == ",":
            yield from self._many()
            value, mark = self.value(",]")
            yield value

    def _many(self) -> list[object]:
        """Return most items of what has just been read, parsed at once, which is much faster, and go behind them.

        None of them if the array ends there, as what follows is none of its items, or if that cannot be told.
        """
        if not self._is_new:
            return []
        self._is_new, end = False, len(self._text)
        last = "}," if self._text.startswith("{", _end_of_space(self._text, self._at)) else ","
        for _ in range(_TRIES):
            end = self._text.rfind(last, self._at, end)
            values = _values(self._text[self._at : end + len(last) - 1]) if end >= 0 else []
            if values:
                self._at = end + len(last)
                return values
        return []

    def value(self, marks: str) -> tuple[object, str]:
        """Return the value that comes next, and the mark behind it, one of `marks`, and go behind that."""
        while True:
            try:
                value, self._at, mark = _item(self._text, self._at, marks)
            except (ValueError, RecursionError) as error:
                if not self._has_more() or len(self._text) > most_bytes():
                    raise WholeNeededError from error
            else:
                return value, mark

    def check_ended(self) -> None:
        """Raise WholeNeededError if anything but space follows."""
        self.skips("")
        if self._at < len(self._text):
            raise WholeNeededError

    def _has_more(self) -> bool:
        """Read on, as much again, so that a long value is not tried often; return whether there was anything."""
        more = self._read(max(PIECE, len(self._text) - self._at))
        if more:
            self._text, self._at, self._is_new = self._text[self._at :] + more, 0, True
        return bool(more)


_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def _item(text: str, at: int, marks: str) -> tuple[object, int, str]:
    """Return the value at a place, the place behind its mark, and the mark; raise ValueError if one is not there."""
    value, end = _DECODER.raw_decode(text, _end_of_space(text, at))
    end = _end_of_space(text, end)
    mark = text[end : end + 1]
    if not mark or mark not in marks:
        raise ValueError
    return value, end + 1, mark


def _values(text: str) -> list[object]:
    """Return values with commas between them; none if it is not such a text, as the last one ends in its middle."""
    try:
        return list(json.loads(f"[{text}]"))
    except (ValueError, RecursionError):
        return []


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
