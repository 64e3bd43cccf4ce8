"""Reads the turns of a Parquet file whose rows are dialogues, each with a list of turns, part by part.

A dialogue is in one part, whatever its number of turns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dialin.read.cells import is_list, is_string, one_array
from dialin.read.columns import Columns, wanted_of
from dialin.read.flat import FlatRows
from dialin.read.nested import turn_fields, unnested
from dialin.read.stored import PART_ROWS, Column, PartTable, StoredTable, is_text
from dialin.read.turns import (
    LISTS,
    NUMBER,
    OF_DIALOGUE,
    OF_TURN,
    PLACE,
    NamedTable,
    NestedTables,
    as_numbers_of,
    turn_rows,
)


def stored_turn_rows(stored: StoredTable, given: Columns) -> FlatRows | None:
    """Return the turns of a stored table whose rows are dialogues as rows with a sentence each.

    Parameters
    ----------
    stored : StoredTable
        The table.
    given : Columns
        What the user said of it.

    Returns
    -------
    FlatRows or None
        None if not one column has turns, or texts and roles are no text: `dialin.read.table.read_table` reads those.
    """
    wanted = wanted_of(given)
    lists = [name for name in stored.schema.names if wanted(name) and _holds_lists(stored.schema.field(name).type)]
    if len(lists) != 1 or not _may_be_turns(stored.schema.field(lists[0]).type.value_type):
        return None
    others = [name for name in stored.schema.names if name != lists[0]]
    dialogues = NamedTable(stored.where, stored, {f"{OF_DIALOGUE}{name}": name for name in others})
    turns = StoredTurns(stored.where, stored, lists[0])
    names = [f"{LISTS if name == lists[0] else OF_DIALOGUE}{name}" for name in stored.schema.names]
    of_turns = [name for name in turns.schema.names if name.startswith(OF_TURN)]
    rows = turn_rows(NestedTables(turns, dialogues, [*names, *of_turns], names), given)
    return rows if rows and all(map(is_text, _kinds_of_words(rows))) else None


def _holds_lists(kind: pa.DataType) -> bool:
    return is_list(pa.chunked_array([], kind))


def _may_be_turns(kind: pa.DataType) -> bool:
    return bool(pa.types.is_struct(kind)) or is_string(kind)


def _kinds_of_words(rows: FlatRows) -> list[pa.DataType]:
    return [rows.stored.schema.field(name).type for name in (rows.columns.text, rows.columns.role) if name]


@dataclass(frozen=True)
class StoredTurns(PartTable):
    """The turns of a stored table, in columns whose names say whose they are, as in `dialin.read.turns.TurnParts`.

    Parameters
    ----------
    where : str
        Name of the source in messages.
    stored : StoredTable
        The dialogues.
    turns : str
        The column with their turns.
    """

    stored: StoredTable
    turns: str

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns of the turns, those of their dialogues, and the numbers of both."""
        of_turns = turn_fields(pa.array([], self._lists.value_type), self.turns)
        fields = [(f"{OF_TURN}{name}", cells.type) for name, cells in of_turns.items()]
        others = [(f"{OF_DIALOGUE}{one.name}", one.type) for one in self.stored.schema if one.name != self.turns]
        return pa.schema([*fields, *others, (NUMBER, pa.large_string()), (PLACE, pa.large_string())])

    @cached_property
    def n_rows(self) -> int:
        """How many turns there are, which is counted; raises as `StoredTable.parts`."""
        parts = self.stored.parts([self.turns], self._n_dialogues(PART_ROWS))
        return sum(pc.sum(pc.list_value_length(lists)).as_py() or 0 for (lists,) in parts)

    @property
    def is_text(self) -> bool:
        """Whether the source is a text file."""
        return self.stored.is_text

    def parts(self, names: Sequence[str], n_rows: int) -> Iterator[list[Column]]:
        """Yield some columns, about `n_rows` turns at a time, where dialogues are about equally long."""
        of_dialogues = [name for name in names if name.startswith(OF_DIALOGUE)]
        stored = [self.turns, *(name.removeprefix(OF_DIALOGUE) for name in of_dialogues)]
        n = 0
        for lists, *others in self.stored.parts(stored, self._n_dialogues(n_rows)):
            turns, parent, place = unnested(lists)
            columns = dict(zip(of_dialogues, (one_array(column).take(parent) for column in others), strict=True))
            columns |= {f"{OF_TURN}{key}": cells for key, cells in turn_fields(turns, self.turns).items()}
            columns |= {NUMBER: as_numbers_of(pc.add(parent.cast(pa.int64()), n)), PLACE: place.cast(pa.large_string())}
            n += len(lists)
            yield [columns[name] for name in names]

    @property
    def _lists(self) -> pa.DataType:
        return self.stored.schema.field(self.turns).type

    def _n_dialogues(self, n_rows: int) -> int:
        """Return how many dialogues have about so many turns, on average."""
        return max(1, int(n_rows / max(1.0, self._mean_turns)))

    @cached_property
    def _mean_turns(self) -> float:
        """Turns of a dialogue, of which one without any counts as having one."""
        n, n_turns = 0, 0
        for about in map(pq.read_metadata, self.stored.paths):
            leaves = [i for i in range(about.num_columns) if about.schema.column(i).path.split(".")[0] == self.turns]
            groups = map(about.row_group, range(about.num_row_groups))
            n_turns += sum(min(group.column(i).num_values for i in leaves) for group in groups)
            n += about.num_rows
        return n_turns / max(1, n)
