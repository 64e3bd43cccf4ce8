"""Reads columns beside the text, one value per input row: gold labels for `evaluate`, cluster labels for `judge`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dialin.errors import InputError
from dialin.read.columns import DEFAULT, Columns, wanted_of
from dialin.read.formats import load_raw
from dialin.read.parts import flat_rows
from dialin.read.source import RawTable
from dialin.read.stored import PART_ROWS

TextLabels = list[str | None]


def column_of(path: str, name: str, columns: Columns = DEFAULT) -> TextLabels:
    """Return one column of a file, in the row order of `dialin.read.table.read_table`.

    If a row of the file is a dialogue, the column is a field of its turns, and each turn is a row.

    Raises
    ------
    InputError
        If the file has no such column.
    """
    said = replace(columns, text=name, outcomes=())
    with flat_rows(path, said) as flat:
        if flat and flat.columns.text == name:
            return [label for part in flat.stored.column(name, PART_ROWS) for label in texts_of(part)]
    raw = load_raw(path, wanted_of(replace(columns, outcomes=(name,))), columns)
    if name in raw.columns and not pa.types.is_nested(raw.columns[name].type):
        return texts_of(raw.columns[name])
    for column in raw.columns.values():
        turns = _turns(column)
        if turns is not None and turns.type.get_field_index(name) >= 0:
            return texts_of(pc.struct_field(turns, name))
    raise InputError(f"{raw.where} has no column {name!r}; it has {', '.join(raw.names)}", hint="name one of these")


def _turns(column: pa.ChunkedArray) -> pa.Array | None:
    if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)):
        return None
    flat = pc.list_flatten(column.combine_chunks())
    return flat if pa.types.is_struct(flat.type) else None


def texts_of(column: pa.Array | pa.ChunkedArray) -> TextLabels:
    """Return the values as text; missing, blank and NaN values become None."""
    return [_text(value) for value in column.to_pylist()]


def _text(value: Any) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a column of whole numbers with gaps arrives as floats
    text = "" if value is None or value != value else str(value).strip()  # noqa: PLR0124  (NaN)
    return text or None


@dataclass(frozen=True)
class Position:
    """Position of an utterance: its row, or its dialogue and turn."""

    row: int
    dialogue_id: str | None
    turn: int | None


def join(path: str, name: str, places: list[Position]) -> TextLabels:
    """Return the labels in a separate file, joined on ``dialogue_id`` and ``turn``, or on ``row``.

    Raises
    ------
    InputError
        If the file lacks these columns, or matches no position.
    """
    raw = load_raw(path, {name, "dialogue_id", "turn", "row"}.__contains__)
    if name not in raw.columns:
        raise InputError(f"{raw.where} has no column {name!r}; it has {', '.join(raw.names)}", hint="name one of these")
    labels = texts_of(raw.columns[name])
    if {"dialogue_id", "turn"} <= set(raw.columns):
        found = _by_turn(raw, labels, places)
    elif "row" in raw.columns:
        known = dict(zip(texts_of(raw.columns["row"]), labels, strict=True))
        found = [known.get(str(place.row)) for place in places]
    else:
        raise InputError(
            f"{raw.where} cannot be joined: it has {', '.join(raw.names)}", hint="it needs dialogue_id and turn, or row"
        )
    if not any(found):
        raise InputError(f"no row of {raw.where} matches a row of the run", hint="is it about the same input?")
    return found


def _by_turn(raw: RawTable, labels: TextLabels, places: list[Position]) -> TextLabels:
    keys = zip(texts_of(raw.columns["dialogue_id"]), texts_of(raw.columns["turn"]), strict=True)
    known = dict(zip(keys, labels, strict=True))
    return [known.get((place.dialogue_id, None if place.turn is None else str(place.turn))) for place in places]
