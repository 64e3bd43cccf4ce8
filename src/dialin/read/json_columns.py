"""Reads a JSON object of columns part by part: each column has its own place in the text, from which it is read."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from dialin.read.json_records import column_array, unequal_columns
from dialin.read.json_text import JsonText, WholeNeededError
from dialin.read.source import ColumnFilter, RawTable

_BEGINS = re.compile(rb'\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\[\s*(?:["\[\]\d-]|null|true|false)')


def may_be_columns(begins: bytes) -> bool:
    """Return whether a text begins as an object does whose first value is a list, and not one of objects."""
    return _BEGINS.match(begins) is not None


@dataclass(frozen=True)
class JsonColumns:
    """A JSON text that holds an object of columns.

    Parameters
    ----------
    where : str
        Name of it in messages.
    opened : callable
        Opens it.
    """

    where: str
    opened: Callable[[], io.TextIOWrapper]

    def parts(self, wanted: ColumnFilter, n_rows: int) -> Iterator[RawTable]:
        """Yield what `dialin.read.json_records.of_object` returns, so many rows at a time.

        The text is read once to count, and once for each wanted column, up to its end.

        Raises
        ------
        WholeNeededError
            The text holds anything else.
        InputError
            The columns differ in length.
        """
        names = [name for name in self._names if wanted(name)]
        with ExitStack() as files:
            columns = {name: self._cells(files.enter_context(self.opened()), name) for name in names}
            while part := {name: cells for name, of in columns.items() if (cells := list(islice(of, n_rows)))}:
                arrays = {name: column_array(cells, name, self.where) for name, cells in part.items()}
                yield RawTable(self.where, self._names, arrays)

    @cached_property
    def _names(self) -> list[str]:
        """The columns, once it is known that they are equally long."""
        lengths = dict[str, int]()
        with self.opened() as file:
            for name, cells in _columns(file):
                if name in lengths:
                    raise WholeNeededError
                lengths[name] = _length(cells)
        if len(set(lengths.values())) > 1:
            raise unequal_columns(lengths, self.where)
        return list(lengths)

    def _cells(self, file: io.TextIOWrapper, wanted: str) -> Iterator[object]:
        for name, cells in _columns(file):
            if name == wanted:
                yield from cells
                return
            _length(cells)


def _columns(file: io.TextIOWrapper) -> Iterator[tuple[str, Iterator[object]]]:
    """Yield the name of each column and its cells, which have to be read before the next one."""
    text, mark = JsonText(file.read), ","
    text.skip("{")
    while mark == ",":
        name, _ = text.value(":")
        text.skip("[")
        yield str(name), iter(()) if text.skips("]") else text.items()
        mark = "," if text.skips(",") else ""
    text.skip("}")
    text.check_ended()


def _length(cells: Iterator[object]) -> int:
    """Return the number of cells; raise WholeNeededError if the first one is an object: these are no columns."""
    n = 0
    for n, cell in enumerate(cells, start=1):
        if n == 1 and isinstance(cell, dict):
            raise WholeNeededError
    return n
