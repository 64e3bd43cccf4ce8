"""Reads a large source whose rows are dialogues, each with a list of turns, as rows that are turns, part by part.

What dialogues and turns have of their own is told apart by how the columns begin: a dialogue has an id, and a turn may
have one, too. Which of them are used is known when all parts have been seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from dialin.errors import InputError
from dialin.read.cells import is_list, is_string, one_array
from dialin.read.columns import DATE, DIALOGUE_OF_TURNS, ROLE, TEXT, TURN, Columns, pick
from dialin.read.flat import FlatRows
from dialin.read.json_text import WholeNeededError
from dialin.read.nested import Nesting, turn_fields, unnested
from dialin.read.source import ColumnFilter, RawTable
from dialin.read.stored import Column, PartTable
from dialin.read.table import is_role_of_turns, turns_column

ReadParts: TypeAlias = Callable[[ColumnFilter], Iterator[RawTable]]
"""The wanted columns -> the source, part by part, always in the same parts."""
OF_DIALOGUE, OF_TURN, LISTS = "dialogue ", "turn ", "turns "
NUMBER, PLACE = "#dialogue", "#turn"
"""Columns of every turn: ``#`` and the number of its dialogue, and its own number there, both from 0."""


@dataclass(frozen=True)
class TurnParts:
    """The turns of a source whose rows are dialogues.

    Parameters
    ----------
    read : callable
        What reads the dialogues.
    wanted : callable
        Tells whether a column of a dialogue or a turn with this name may be needed.
    """

    read: ReadParts
    wanted: ColumnFilter

    def __call__(self, wanted: ColumnFilter) -> Iterator[RawTable]:
        """Yield the turns, part by part, in columns whose names say whose they are; `wanted` is asked for those.

        Raises
        ------
        WholeNeededError
            Not all rows have their turns in the same column, or not all turns are alike.
        """
        n, shapes = 0, _Shapes()
        for part in self.read(self.wanted):
            if not part.columns:
                raise WholeNeededError
            name = shapes.turns_in(part)
            columns = _of_turns(part, name, n, shapes) if name else {}
            n += len(next(iter(part.columns.values())))
            if columns:
                names = [f"{LISTS if other == name else OF_DIALOGUE}{other}" for other in part.names]
                names += [column for column in columns if column.startswith(OF_TURN)]
                yield RawTable(part.where, names, {key: columns[key] for key in columns if wanted(key)})


@dataclass(frozen=True)
class DialogueParts:
    """What dialogues have of their own, and their numbers: the rows are dialogues, also those without turns.

    Parameters
    ----------
    read, wanted
        As for `TurnParts`.
    """

    read: ReadParts
    wanted: ColumnFilter

    def __call__(self, wanted: ColumnFilter) -> Iterator[RawTable]:
        """Yield the dialogues, part by part, under the names that `TurnParts` gives these columns."""
        n = 0
        for part in self.read(self.wanted):
            own = {f"{OF_DIALOGUE}{name}": cells for name, cells in part.columns.items() if not is_list(cells)}
            n_rows = len(next(iter(part.columns.values())))
            own[NUMBER] = pa.chunked_array([as_numbers_of(pa.array(range(n, n + n_rows), pa.int64()))])
            n += n_rows
            names = [f"{OF_DIALOGUE}{name}" for name in part.names]
            yield RawTable(part.where, names, {name: cells for name, cells in own.items() if wanted(name)})


class _Shapes:
    """What the parts seen so far hold: where the turns are, what else is text, and whether turns are objects."""

    def __init__(self) -> None:
        self._lists, self._texts, self._kinds = set[str](), set[str](), set[bool]()

    def turns_in(self, part: RawTable) -> str | None:
        """Return the column with the turns; None if no dialogue of the part has any."""
        lists = {name for name, column in part.columns.items() if is_list(column)}
        self._lists |= lists
        self._texts |= {name for name, column in part.columns.items() if column.null_count < len(column)} - lists
        if len(self._lists) > 1 or self._lists & self._texts:
            raise WholeNeededError
        return next(iter(lists), None)

    def check_turns(self, turns: pa.Array) -> None:
        """Raise WholeNeededError if some turns are objects, and others text."""
        self._kinds.add(pa.types.is_struct(turns.type))
        if len(self._kinds) > 1:
            raise WholeNeededError


def _of_turns(part: RawTable, name: str, n: int, shapes: _Shapes) -> dict[str, Column]:
    """Return the columns of the turns in a part, before which there are n dialogues."""
    turns, parent, place = unnested(part.columns[name])
    columns = {NUMBER: as_numbers_of(pc.add(parent.cast(pa.int64()), n)), PLACE: place.cast(pa.large_string())}
    others = {other: column for other, column in part.columns.items() if other != name}
    columns |= {f"{OF_DIALOGUE}{other}": one_array(column).take(parent) for other, column in others.items()}
    if not pa.types.is_null(turns.type):  # else all lists are empty, or hold nothing
        shapes.check_turns(turns)
        columns |= {f"{OF_TURN}{key}": _as_text(cells) for key, cells in turn_fields(turns, name).items()}
    return columns


def as_numbers_of(numbers: pa.Array) -> pa.Array:
    """Return whole numbers as the texts ``#0``, ``#1`` and so on."""
    return pc.replace_substring_regex(numbers.cast(pa.large_string()), "^", "#")


def _as_text(cells: pa.Array) -> pa.Array:
    return cells.cast(pa.large_string()) if is_string(cells.type) or pa.types.is_null(cells.type) else cells


# --- which columns are used -----------------------------------------------------------------------


@dataclass(frozen=True)
class NestedTables:
    """The turns of a source and its dialogues, as tables.

    Parameters
    ----------
    turns, dialogues : PartTable
        What `TurnParts` and `DialogueParts` read.
    names, of_dialogues : sequence of str
        All columns that they name.
    """

    turns: PartTable
    dialogues: PartTable
    names: Sequence[str]
    of_dialogues: Sequence[str]


def turn_rows(tables: NestedTables, given: Columns) -> FlatRows | None:
    """Return the turns of a source as rows with a sentence each.

    Parameters
    ----------
    tables : NestedTables
        The turns, and the dialogues.
    given : Columns
        What the user said of the source.

    Returns
    -------
    FlatRows or None
        None if they lack a column, or it is not clear which: `dialin.read.table.read_table` says so. Or if dialogues
        without turns have columns that no other has.
    """
    of = _Levels.of(tables.names)
    if len(of.lists) != 1 or {*_Levels.of(tables.of_dialogues).dialogues} - {*of.dialogues, *of.lists}:
        return None
    try:
        found = of.used(tables.turns.where, given)
    except InputError:
        return None
    return found.rows(tables, of, given) if found else None


@dataclass(frozen=True)
class _Levels:
    """The columns of dialogues, those of turns, and the one with the turns."""

    dialogues: list[str]
    turns: list[str]
    lists: list[str]

    @classmethod
    def of(cls, names: Sequence[str]) -> _Levels:
        beginning_with = (OF_DIALOGUE, OF_TURN, LISTS)
        dialogues, turns, lists = (
            [name.removeprefix(start) for name in names if name.startswith(start)] for start in beginning_with
        )
        return cls([name for name in dialogues if name not in lists], turns, lists)

    def used(self, where: str, given: Columns) -> _Used | None:
        """Return which columns are used, as `read_table` chooses them; None if the rows are no dialogues after all."""
        text, lists = pa.chunked_array([], pa.large_string()), pa.chunked_array([], pa.list_(pa.null()))
        columns = dict.fromkeys(self.dialogues, text) | dict.fromkeys(self.lists, lists)
        name = turns_column(RawTable(where, list(columns), columns), given)
        said = pick(self.turns, None if given.text == name else given.text, TEXT, where, "text") if name else None
        if said is None:
            return None
        of_turns = is_role_of_turns(self.turns, given.role)
        return _Used(
            text=said,
            role=pick(self.turns if of_turns else [*self.dialogues, *self.turns], given.role, ROLE, where, "role"),
            turn=pick(self.turns, given.turn, TURN, where, "turn") if given.turn else None,
            dialogue=pick(self.dialogues, given.dialogue, DIALOGUE_OF_TURNS, where, "dialogue"),
            dates=self._dates(where, given.date),
            outcomes=[pick(self.dialogues, one, (), where, "outcome") for one in given.outcomes],
        )

    def _dates(self, where: str, given: str | None) -> list[str]:
        beside = [name for name in self.dialogues if name not in self.turns]
        places = [self.turns, beside] if given is None else [[*self.turns, *beside]]
        found = [pick(names, given, DATE, where, "date") for names in places]
        return [name for name in found if name is not None]


@dataclass(frozen=True)
class _Used:
    """The columns that are used."""

    text: str
    role: str | None
    turn: str | None
    dialogue: str | None
    dates: list[str]
    outcomes: list[str | None]

    def rows(self, tables: NestedTables, of: _Levels, given: Columns) -> FlatRows | None:
        """Return the turns as rows; None if a dialogue and its turns use columns of one name."""
        own = {name for name in (self.text, self.role, self.turn, *self.dates) if name in of.turns}
        beside = {name for name in (self.role, self.dialogue, *self.dates, *self.outcomes) if name in of.dialogues}
        beside -= {self.role, *self.dates} & own
        if own & beside:
            return None
        where = tables.turns.where
        of_dialogues = {name: f"{OF_DIALOGUE}{name}" for name in sorted(beside)}
        of_turns = {name: f"{OF_TURN}{name}" for name in sorted(own)} | {NUMBER: NUMBER, PLACE: PLACE}
        named = NamedTable(where, tables.turns, of_turns | of_dialogues)
        columns = Columns(self.text, self.dialogue or NUMBER, self.role, self.turn or PLACE)
        nesting = Nesting(
            NUMBER, f"the turns {of.lists[0]!r} of {where}", NamedTable(where, tables.dialogues, of_dialogues)
        )
        rows = FlatRows(named, columns, given, tuple(of.dialogues), has_header=False, dates=tuple(self.dates))
        return replace(rows, nesting=nesting)


@dataclass(frozen=True)
class NamedTable(PartTable):
    """Some columns of a table under other names.

    Parameters
    ----------
    where : str
        Name of the source in messages.
    table : PartTable
        The table.
    stored : dict of str to str
        The names that its columns have, by the others.
    """

    table: PartTable
    stored: Mapping[str, str]

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        return pa.schema([(name, self.table.schema.field(stored).type) for name, stored in self.stored.items()])

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return self.table.n_rows

    @property
    def is_text(self) -> bool:
        """Whether the source is a text file."""
        return self.table.is_text

    def parts(self, names: Sequence[str], n_rows: int) -> Iterator[list[Column]]:
        """Yield some columns, as the table does."""
        return self.table.parts([self.stored[name] for name in names], n_rows)
