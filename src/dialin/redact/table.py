"""Puts placeholders into a table that may come in parts: values are cut out part by part, and numbered at the end.

A dialogue may go on in any later part, and only all of its turns tell the numbers of its placeholders. What is left of
the texts may lie on a disk meanwhile: nothing that must not be seen is in it.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dialin.read.cells import is_string, one_array
from dialin.redact.engine import Finder, RuleFinder
from dialin.redact.finding import Finding
from dialin.redact.placeholders import Numbering, last_numbers, value_key

_OWN = frozenset({"row", "text", "dialogue_id", "turn", "role", "date"})
"""The columns of every table; an export of a contact centre adds what came of a call."""
_NO_TURN = np.iinfo(np.int64).max
"""Sorts behind every number of a turn."""


def redacted_text(text: str) -> str:
    """Return a text that stands alone with placeholders for what the rules find.

    Examples
    --------
    >>> redacted_text("card 4111 1111 1111 1111, mail ana@example.com")
    'card <CARD_1>, mail <EMAIL_1>'
    """
    return Numbering.after([text]).replaced(text, *RuleFinder().find_all([text]))


def redacted_table(table: pa.Table, finder: Finder) -> pa.Table:
    """Return the table of `dialin.read.table.read_table` with placeholders for what must not be seen.

    The same value gets the same placeholder within a dialogue, whose turns are numbered as they were said; a row
    without a dialogue is one of its own. So nothing outside a dialogue changes its placeholders.
    """
    cutter = Cutter(finder)
    (filled,) = cutter.filled([cutter.cut(table)])
    return filled


@dataclass(frozen=True)
class _TextPlace:
    """Where a text stands: its row among all, its dialogue (below 0 for a row without one) and its turn."""

    row: int
    dialogue: int
    turn: int


@dataclass(frozen=True)
class _Cuts:
    """The values that were cut out of the texts, in the order of the texts: 48 bytes each, and no text.

    Parameters
    ----------
    rows, dialogues, turns : array of int64
        Where each stood.
    places : array of int64
        Its place in what is left of the text.
    values : array of int64
        A hash, equal for equal values of a type.
    types : list of str
        Its type.
    """

    rows: array[int] = field(default_factory=lambda: array("q"))
    dialogues: array[int] = field(default_factory=lambda: array("q"))
    turns: array[int] = field(default_factory=lambda: array("q"))
    places: array[int] = field(default_factory=lambda: array("q"))
    values: array[int] = field(default_factory=lambda: array("q"))
    types: list[str] = field(default_factory=list)

    def add(self, said: _TextPlace, text: str, found: Sequence[Finding]) -> str:
        """Take up what was found in a text, without overlaps and in its order; return what is left of it."""
        left, at = "", 0
        for one in found:
            left += text[at : one.start]
            at = one.end
            self.rows.append(said.row)
            self.dialogues.append(said.dialogue)
            self.turns.append(said.turn)
            self.places.append(len(left))
            self.values.append(hash(value_key(one.type, text[one.start : at])))
            self.types.append(one.type)
        return left + text[at:]


class Cutter:
    """Puts placeholders into a table that comes in parts; all parts are cut, in order, before the first is filled.

    Parameters
    ----------
    finder : Finder
        Who finds what must not be seen.
    """

    def __init__(self, finder: Finder) -> None:
        self._finder, self._cuts, self._n_rows = finder, _Cuts(), 0
        self._dialogues, self._last = dict[str, int](), dict[int, Counter[str]]()

    @property
    def counts(self) -> Counter[str]:
        """Places that were cut out, by type."""
        return Counter(self._cuts.types)

    @property
    def n_utterances(self) -> int:
        """Rows in which something was cut out."""
        return len(np.unique(np.asarray(self._cuts.rows)))

    def cut(self, part: pa.Table) -> pa.Table:
        """Return the next part without what must not be seen: its place in a text is empty."""
        part = _with_redacted_outcomes(part)
        rows, texts = _rows_to_read(part["text"], self._finder.may_hold)
        distinct = list(dict.fromkeys(texts))
        found = dict(zip(distinct, self._finder.find_all(distinct), strict=True))
        dialogues, turns = _of_rows(part, rows)
        new = dict[int, str]()
        for row, text, dialogue, turn in zip(rows, texts, dialogues, turns, strict=True):
            last = last_numbers(text)
            if last or found[text]:
                said = self._said(row, dialogue, turn)
                if last:
                    self._last[said.dialogue] = self._last.get(said.dialogue, Counter()) | last
                if found[text]:
                    new[row] = self._cuts.add(said, text, found[text])
        self._n_rows += part.num_rows
        return _with_texts(part, new)

    def filled(self, parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """Yield all parts with placeholders; they may begin and end elsewhere than those that were cut."""
        first, rows, placeholders = 0, np.asarray(self._cuts.rows, dtype=np.int64), self._placeholders()
        for part in parts:
            begin, end = np.searchsorted(rows, [first, first + part.num_rows]).tolist()
            yield _with_texts(part, self._texts(part, first, range(begin, end), placeholders))
            first += part.num_rows

    def _said(self, row: int, dialogue: str | None, turn: int) -> _TextPlace:
        place = self._n_rows + row
        code = -1 - place if dialogue is None else self._dialogues.setdefault(dialogue, len(self._dialogues))
        return _TextPlace(place, code, turn)

    def _placeholders(self) -> list[str]:
        """Return the placeholder of each value that was cut out: those of a dialogue, in the order of its turns."""
        cuts = self._cuts
        found = [""] * len(cuts.types)
        order = np.lexsort((cuts.turns, cuts.dialogues)).tolist()
        for dialogue, places in groupby(order, key=cuts.dialogues.__getitem__):
            numbering = Numbering(last=Counter(self._last.get(dialogue)))
            for i in places:
                found[i] = numbering.placeholder(cuts.types[i], cuts.values[i])
        return found

    def _texts(self, part: pa.Table, first: int, cuts: range, placeholders: list[str]) -> dict[int, str]:
        """Return the texts of a part, whose first row is given, with placeholders for some cuts, by row of the part."""
        new = dict[int, str]()
        for place, found in groupby(cuts, key=self._cuts.rows.__getitem__):
            row = place - first
            told = [(self._cuts.places[i], placeholders[i]) for i in found]
            new[row] = _with_placeholders(part["text"][row].as_py(), told)
        return new


def _of_rows(part: pa.Table, rows: list[int]) -> tuple[list[str | None], list[int]]:
    """Return the dialogue and the turn of some rows."""
    places = pa.array(rows, pa.int64())
    turns = pc.fill_null(part["turn"].take(places), _NO_TURN)
    return part["dialogue_id"].take(places).to_pylist(), turns.to_pylist()


def _with_placeholders(text: str, told: Sequence[tuple[int, str]]) -> str:
    """Return a text with placeholders at places in it, ascending.

    Examples
    --------
    >>> _with_placeholders("card , mail ", [(5, "<CARD_1>"), (12, "<EMAIL_1>")])
    'card <CARD_1>, mail <EMAIL_1>'
    """
    pieces, at = list[str](), 0
    for place, placeholder in told:
        pieces += [text[at:place], placeholder]
        at = place
    return "".join([*pieces, text[at:]])


def _with_texts(table: pa.Table, new: Mapping[int, str]) -> pa.Table:
    """Return a table with other texts in some rows."""
    if not new:
        return table
    changed = np.zeros(table.num_rows, dtype=bool)
    changed[list(new)] = True
    texts = pa.array([new[row] for row in sorted(new)], table["text"].type)
    whole = pc.replace_with_mask(one_array(table["text"]), pa.array(changed), texts)
    return table.set_column(table.schema.get_field_index("text"), "text", whole)


def _with_redacted_outcomes(table: pa.Table) -> pa.Table:
    """Return a table whose other columns of text, which an export adds, have placeholders, each cell for itself."""
    for name in table.column_names:
        if name not in _OWN and is_string(table[name].type):
            cells = table[name].to_pylist()
            new = {cell: redacted_text(cell) for cell in set(cells) if cell}
            column = pa.array([new.get(cell, cell) for cell in cells], table[name].type)
            table = table.set_column(table.schema.get_field_index(name), name, column)
    return table


def _rows_to_read(column: pa.ChunkedArray, pattern: str) -> tuple[list[int], list[str]]:
    """Return the rows whose text may hold something, ascending, and their texts."""
    may = pc.fill_null(pc.match_substring_regex(column, pattern), False)
    rows = np.flatnonzero(may.to_numpy())
    return rows.tolist(), column.take(pa.array(rows)).to_pylist()
