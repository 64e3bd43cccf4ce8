"""Reads the columns that tell what came of a dialogue: those that the user names, as numbers or as words."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from dialin.errors import InputError
from dialin.read.cells import is_list, strings, trimmed
from dialin.read.columns import Columns, pick
from dialin.read.source import RawTable

CUSTOMER = re.compile(r"(customer|requester|客户)([\W_]*(id|number|no|编号|号))?", re.IGNORECASE)
"""Names of a column that tells whose dialogue it is; its values are words, whatever they look like."""
INTENTS = "intents"
"""Column with the intents that an utterance states, if they were asked for."""
OWN = ("row", "text", "sentence_id", "dialogue_id", "turn", "role", "date", "start", "end", "speaker", INTENTS)
"""Names that have another meaning in the occurrences of a run."""


def outcome_columns(raw: RawTable, columns: Columns) -> dict[str, pa.Array]:
    """Return the outcomes that the user names, and those that an export carries, by the names of their columns.

    Parameters
    ----------
    raw : RawTable
        The source.
    columns : Columns
        What the user said of it.

    Returns
    -------
    dict of str to pyarrow.Array
        float64 where every value is a number, else string.

    Raises
    ------
    InputError
        A named column does not exist, has a name with another meaning, or holds objects or lists.
    """
    names = [pick(raw.names, given, (), raw.where, "outcome") for given in columns.outcomes]
    named = [name for name in dict.fromkeys(names) if name is not None and name not in raw.carried]
    carried = {name: raw.columns[name] for name in raw.carried}
    return carried | {name: _outcome(raw, name) for name in named}


def _outcome(raw: RawTable, name: str) -> pa.Array:
    column = raw.columns[name]
    check_outcome(name, is_plain=not (is_list(column) or pa.types.is_struct(column.type)), where=raw.where)
    texts = outcome_texts(column, name, raw.where)
    return texts if CUSTOMER.fullmatch(name) else as_numbers(texts)


def check_outcome(name: str, *, is_plain: bool, where: str) -> None:
    """Raise InputError if a column cannot be an outcome: by its name, or as it holds objects or lists."""
    if name in OWN:
        raise InputError(f"column {name!r} of {where} cannot be an outcome", hint="rename the column")
    if not is_plain:
        raise InputError(f"column {name!r} of {where} holds objects", hint="name a column of numbers or words")


def outcome_texts(column: pa.ChunkedArray | pa.Array, name: str, where: str) -> pa.Array:
    """Return an outcome as texts, null where there is none."""
    return trimmed(strings(column, name, where)).cast(pa.string())


def as_numbers(texts: pa.Array) -> pa.Array:
    """Return texts as float64 if each of them is a number, else as they are.

    Examples
    --------
    >>> as_numbers(pa.array(["1", "2.5", None])).to_pylist(), as_numbers(pa.array(["1", "phone"])).to_pylist()
    ([1.0, 2.5, None], ['1', 'phone'])
    """
    if texts.null_count == len(texts):
        return texts
    try:
        return pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        return texts
