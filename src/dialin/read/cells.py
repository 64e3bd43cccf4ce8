"""Converts Arrow columns of any type to clean text and whole numbers, with null for missing values."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from dialin.errors import InputError, InputWarning
from dialin.read.source import OBJECT, error_line, shortened_repr
from dialin.text.unseen import INVISIBLE

# control characters other than white space, and invisible characters that only make equal texts differ
_INVISIBLE = rf"[\x00-\x08\x0e-\x1b\x7f-\x{{84}}\x{{86}}-\x{{9f}}{INVISIBLE}]+"
_SPACE = r"[\s\x0b\x1c-\x1f\x{85}\p{Z}]+"
_NO_TEXT = ["", "nan", "NaN", "<NA>", "NULL", r"\N"]  # how pandas and databases write missing values as text


def strings(column: pa.ChunkedArray | pa.Array, name: str, where: str) -> pa.Array:
    """Return a column as one large_string array, with whole floats as whole numbers and NaN as null.

    Raises
    ------
    InputError
        If the column cannot be converted to text.
    """
    if pa.types.is_dictionary(column.type):
        column = _decoded(column)
    if column.type == OBJECT:
        first = next(cell for cell in column.to_pylist() if cell)["object"]
        raise InputError(f"column {name!r} of {where} holds objects: {first[:60]}", hint="name a column of sentences")
    if pa.types.is_floating(column.type):
        column = _whole(pc.if_else(pc.is_nan(column), None, column))
    try:
        return one_array(column.cast(pa.large_string()))
    except pa.ArrowException as error:
        raise InputError(
            f"column {name!r} of {where} is {column.type}, not text", hint="name a column of sentences"
        ) from error


def simple(
    column: pa.ChunkedArray | pa.Array, keys: Sequence[str], label: str, *, is_given: bool
) -> pa.ChunkedArray | pa.Array | None:
    """Return a column of objects as what they hold under the first of some keys; another column unchanged.

    Parameters
    ----------
    column : pyarrow.ChunkedArray or Array
        The column, which is no column of sentences.
    keys : sequence of str
        Likely keys, most likely first.
    label : str
        Column and source, for messages.
    is_given : bool
        Whether the user named the column.

    Returns
    -------
    pyarrow.ChunkedArray, Array or None
        None if the objects have none of the keys, and nobody has named the column: a warning says so.

    Raises
    ------
    InputError
        The user named the column, and its objects have none of the keys.
    """
    if not pa.types.is_struct(column.type):
        return column
    cells = (
        [json.loads(cell["object"]) if cell else None for cell in column.to_pylist()]
        if column.type == OBJECT
        else (column.to_pylist())
    )
    key = next((key for key in keys if any(_has_plain(cell, key) for cell in cells)), None)
    if key is not None:
        values = [cell.get(key) if isinstance(cell, dict) else cell for cell in cells]
        return pa.array([None if isinstance(v, dict | list | None) else str(v) for v in values], pa.large_string())
    first = next((cell for cell in cells if cell), None)
    problem = f"{label} holds objects: {shortened_repr(first)}"
    if is_given:
        raise InputError(problem, hint=f"name a column of text, or of objects with {' or '.join(keys)}")
    warnings.warn(f"{problem}; it is not used", InputWarning, stacklevel=2)
    return None


def _has_plain(cell: object, key: str) -> bool:
    return isinstance(cell, dict) and isinstance(cell.get(key), str | int)


def integers(column: pa.ChunkedArray | pa.Array, name: str, where: str, *, is_given: bool) -> pa.Array | None:
    """Return a column as int64; None if it holds anything else, despite its usual name.

    Raises
    ------
    InputError
        If the user named the column (`is_given`) but it holds anything else.
    """
    try:
        return as_integers(trimmed(strings(column, name, where)))
    except pa.ArrowInvalid as error:
        if not is_given:
            warnings.warn(f"column {name!r} of {where} is not used: {error_line(error)}", InputWarning, stacklevel=2)
            return None
        raise InputError(
            f"column {name!r} of {where} does not hold turn numbers: {error}", hint="name a column of whole numbers"
        ) from error


def as_integers(texts: pa.Array) -> pa.Array:
    """Return texts as int64; raise pyarrow.ArrowInvalid if one of them is no whole number."""
    return pc.cast(pc.cast(texts, pa.float64()), pa.int64())


def trimmed(texts: pa.Array) -> pa.Array:
    """Return texts without surrounding white space; blank texts become null."""
    return pc.utf8_trim_whitespace(pc.if_else(is_blank(texts), None, texts))


def clean(texts: pa.Array) -> pa.Array:
    """Return texts in NFC, without control characters, with single spaces; null if nothing is left."""
    encoded = texts.dictionary_encode()
    words = pc.replace_substring_regex(encoded.dictionary, pattern=_INVISIBLE, replacement="")
    words = pc.replace_substring_regex(words, pattern=_SPACE, replacement=" ")
    words = pc.utf8_normalize(pc.utf8_trim(words, " "), form="NFC")
    return pc.if_else(is_blank(words), None, words).take(encoded.indices)


def is_blank(texts: pa.Array) -> pa.Array:
    """Return for each text whether it is null, white space, or a missing value written as text."""
    known = pc.is_in(pc.utf8_trim_whitespace(texts), value_set=pa.array(_NO_TEXT, pa.large_string()))
    return pc.or_kleene(pc.is_null(texts), known)


def is_list(column: pa.ChunkedArray | None) -> bool:
    """Return whether a column exists and holds lists."""
    types = pa.types
    return column is not None and (
        types.is_list(column.type) or types.is_large_list(column.type) or types.is_fixed_size_list(column.type)
    )


def is_string(kind: pa.DataType) -> bool:
    """Return whether a type is one of Arrow's string types."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def one_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Return a column as one array, without chunks."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array


def _decoded(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    array = one_array(column)
    values = array.dictionary
    # Arrow cannot `take` from a string_view, which polars produces
    return (values.cast(pa.large_string()) if is_string(values.type) else values).take(array.indices)


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:  # a fraction
        return column
