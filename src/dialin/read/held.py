"""Keeps tables in files that the system reads where it is looked at, and takes back from memory where it needs room."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import pyarrow as pa

from dialin.errors import InputError
from dialin.files import cannot_write


def held_table(parts: Iterable[pa.Table], path: Path) -> pa.Table:
    """Return a table that comes in parts, at least one; that of several parts stays in a file.

    The folder of the file may be deleted while the table is used.

    Parameters
    ----------
    parts : iterable of pyarrow.Table
        The parts, of one schema.
    path : Path
        Where the file is made.

    Raises
    ------
    InputError
        The file cannot be written, or what reading the parts raises.
    """
    coming = iter(parts)
    first, second = next(coming), next(coming, None)
    if second is None:
        return first
    write_parts(chain([first, second], coming), path)
    return held_in(str(path))


def write_parts(parts: Iterable[pa.Table], path: Path) -> None:
    """Write a table that comes in parts, at least one, as an Arrow file; raise InputError as `held_table`."""
    coming = iter(parts)
    first = next(coming)
    try:
        with pa.ipc.new_file(str(path), first.schema) as file:
            for part in chain([first], coming):
                file.write_table(part)
    except OSError as error:
        if isinstance(error, InputError):
            raise
        raise cannot_write(path, error) from error


def held_in(path: str) -> pa.Table:
    """Return the table in an Arrow file; it is read at once where the system deletes no file that is in use."""
    if os.name == "nt":
        with pa.OSFile(path) as file:
            return pa.ipc.open_file(file).read_all()
    return pa.ipc.open_file(pa.memory_map(path)).read_all()
