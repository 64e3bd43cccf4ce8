"""Reads back the files that dialin has written, with clear errors for what is damaged; `dialin.files` writes them."""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from tokenize import TokenError
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dialin.bounded_parquet import BROKEN_PARQUET, parquet_table
from dialin.errors import InputError
from dialin.files import FORMAT

_FIRST_WRITER = "0.1.0"
_CHECKED_ROWS = 1 << 14
_BROKEN_ARRAY = (
    *(OSError, ValueError, EOFError, KeyError, TypeError, SyntaxError, RuntimeError, MemoryError),
    *(NotImplementedError, OverflowError, BadZipFile, TokenError, struct.error, zlib.error),
)
"""What numpy and zipfile raise for files that somebody has cut short or changed."""


def check_format(found: object, what: str, writer: str = "") -> None:
    """Raise InputError if a part of a run folder has a format that this version of dialin cannot read.

    Parameters
    ----------
    found : object
        Recorded format number; None if no number is recorded, which means format 1.
    what : str
        Name of the part, for the error.
    writer : str, optional
        Version of dialin that wrote it; "" if it is not recorded.

    Examples
    --------
    >>> check_format(FORMAT, "the run in RUN")
    >>> check_format(None, "the run in RUN")
    Traceback (most recent call last):
    ...
    dialin.errors.InputError: the run in RUN has format 1, written by dialin 0.1.0; this dialin reads format 2 \
(open it with dialin 0.1.0, or make the run again)
    """
    number = 1 if found is None else found
    if number == FORMAT:
        return
    known = writer or (_FIRST_WRITER if number == 1 else "")
    by = f"dialin {known}" if known else "another version of dialin"
    raise InputError(
        f"{what} has format {number}, written by {by}; this dialin reads format {FORMAT}",
        hint=f"open it with {by}, or make the run again",
    )


def read_json(path: Path) -> Any:
    """Return the JSON value of a file; raise InputError if it cannot be read."""
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: {error}", hint="dialin writes this file as JSON") from error


def read_json_lines(path: Path) -> list[Any]:
    """Return the JSON value of each line of a file; raise InputError if one cannot be read."""
    try:
        return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path} is damaged: {error}", hint="dialin writes this file with one JSON value per line"
        ) from error


def damaged(path: Path, what: str) -> InputError:
    """Return the error for a file of a run folder that dialin did not write as it is now."""
    hint = "take the file from a backup or from whoever sent the run, or make the run again"
    return InputError(f"{path} is damaged: {what}", hint=hint)


def read_table_of(
    path: Path, schema: pa.Schema, optional: Sequence[str] = (), *, also: Sequence[pa.DataType] = ()
) -> pa.Table:
    """Return the columns of `schema` that the table in a Parquet file of a run folder has.

    Parameters
    ----------
    path : Path
        The file.
    schema : pyarrow.Schema
        Names and types; a column that may hold no null says so.
    optional : sequence of str
        Names of columns that runs of older versions lack.
    also : sequence of pyarrow.DataType
        Types of further columns, which are read whatever their names are; those of other types are not.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, or a column has another type or nulls where there may be none.
    """
    if not path.is_file():
        raise damaged(path, "it is missing")
    try:
        found = pq.read_schema(path)
        missing = [name for name in schema.names if name not in found.names and name not in optional]
        if missing:
            raise damaged(path, f"column {missing[0]!r} is missing")
        fields = [field for field in schema if field.name in found.names]
        for field in fields:
            if not _is_same_type(found.field(field.name).type, field.type):
                got = found.field(field.name).type
                raise damaged(path, f"column {field.name!r} holds {got}, expected {field.type}")
        more = [field.name for field in found if field.name not in schema.names and field.type in also]
        table = parquet_table(path, str(path), [field.name for field in fields] + more)
    except BROKEN_PARQUET as error:
        raise damaged(path, (str(error).splitlines() or ["it cannot be read"])[0]) from error
    for field in fields:
        if not field.nullable and table[field.name].null_count:
            raise damaged(path, f"column {field.name!r} holds nulls")
    return table


def _is_same_type(got: pa.DataType, wanted: pa.DataType) -> bool:
    """Return whether two types are equal; one may write texts with the larger offsets that the other lacks."""
    if pa.types.is_list(got) and pa.types.is_list(wanted):  # the name of their elements says nothing
        return _is_same_type(got.value_type, wanted.value_type)
    return bool(got == wanted) or {got, wanted} == {pa.string(), pa.large_string()}


def read_array(path: Path, n_rows: int) -> NDArray[np.float32] | None:
    """Return the 2-D array of `n_rows` finite rows in a file; None if the file is missing.

    The array is read-only and stays in the file: the system reads what is looked at, and takes that memory back when it
    needs it.

    Raises
    ------
    InputError
        The file holds anything else.
    """
    if not path.exists():
        return None
    if not path.is_file():
        raise damaged(path, "it is no file")
    if not path.stat().st_size:
        raise damaged(path, "it is empty")
    try:
        X: NDArray[np.float32] = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except _BROKEN_ARRAY as error:
        raise damaged(path, _first_line(error)) from error
    if X.ndim != 2 or len(X) != n_rows or X.dtype != np.float32:
        shape = " x ".join(map(str, X.shape))
        raise damaged(path, f"it holds {shape} numbers of type {X.dtype}, expected {n_rows} rows of float32")
    if not all(np.isfinite(X[first : first + _CHECKED_ROWS]).all() for first in range(0, n_rows, _CHECKED_ROWS)):
        raise damaged(path, "it holds numbers that are not finite")
    return X


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of an ``.npz`` file by name.

    Raises
    ------
    InputError
        They cannot be read, or hold numbers that are not finite. No more memory is taken than the file is long.
    """
    if not path.is_file():
        raise damaged(path, "it is missing")
    if not path.stat().st_size:
        raise damaged(path, "it is empty")
    try:
        with ZipFile(path) as packed:
            _check_sizes(packed, path)
        with np.load(path, allow_pickle=False) as data:
            found: dict[str, NDArray[Any]] = dict(data)
    except _BROKEN_ARRAY as error:
        raise damaged(path, _first_line(error)) from error
    for name, values in found.items():
        if not (values.dtype.kind in "iubU" or (values.dtype.kind == "f" and np.isfinite(values).all())):
            raise damaged(path, f"{name!r} holds numbers that are not finite")
    return found


def read_arrays_by_owner(path: Path) -> dict[str, dict[str, NDArray[Any]]]:
    """Return the arrays of an ``.npz`` file named ``OWNER:PART``, by owner, in alphabetical order, and part.

    Raises
    ------
    InputError
        As for `read_arrays`.
    """
    found = dict[str, dict[str, NDArray[Any]]]()
    for key, values in sorted(read_arrays(path).items()):
        owner, _, part = key.partition(":")
        found.setdefault(owner, {})[part] = values
    return found


def _check_sizes(packed: ZipFile, path: Path) -> None:
    """Raise if a packed file is larger than it says, or an array than its file: both would take memory for nothing."""
    for member in packed.infolist():
        if member.compress_type != ZIP_STORED:
            raise damaged(path, f"{member.filename!r} is compressed, which dialin never does")
        with packed.open(member) as stream:
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(stream)
            if dtype.hasobject or math.prod(shape) * dtype.itemsize != member.file_size - stream.tell():
                raise damaged(path, f"{member.filename!r} has another size than it says")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
