"""Takes turns out of the lists that dialogues hold them in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dialin.arrays import Ints
from dialin.errors import InputError
from dialin.read.cells import is_string, one_array
from dialin.read.stored import Column, PartTable


def unnested(column: pa.ChunkedArray | pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Return the items of a column of lists, the row that each is of, and its number there from 0."""
    lists = one_array(column)
    items, parent = pc.list_flatten(lists), pc.list_parent_indices(lists)
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int64)
    first = np.cumsum(lengths) - lengths
    return items, parent, pa.array(np.arange(len(items), dtype=np.int64) - first[parent.to_numpy()])


def turn_fields(turns: pa.Array, where: str) -> dict[str, pa.Array]:
    """Return the columns of some turns; those that are only text are the column ``text``.

    Raises
    ------
    InputError
        They are neither text nor objects; `where` names them in the message.
    """
    if pa.types.is_struct(turns.type):
        return {turns.type.field(i).name: pc.struct_field(turns, [i]) for i in range(turns.type.num_fields)}
    inner = turns.type.value_type if pa.types.is_dictionary(turns.type) else turns.type
    if is_string(inner) or pa.types.is_null(inner):
        return {"text": turns}
    raise InputError(f"the turns in {where} are {turns.type}, not text", hint="give lists of str or of objects")


@dataclass(frozen=True)
class Nesting:
    """What the dialogues are whose turns are rows.

    Parameters
    ----------
    number : str
        The column of a row with ``#`` and the number of its dialogue from 0, which names one that has no id.
    turns : str
        What the turns are called in messages.
    dialogues : PartTable
        The columns that dialogues have, of all of them: also of one without turns.
    """

    number: str
    turns: str
    dialogues: PartTable

    def numbers(self, column: Column) -> Ints:
        """Return the number of the dialogue of each row."""
        digits = pc.utf8_slice_codeunits(column, 1)
        return np.asarray(pc.cast(digits, pa.int64()).to_numpy())
