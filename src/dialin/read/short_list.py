"""Reads the entries of a short list that a user wrote: a table, JSON or YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dialin.bounded import read_path
from dialin.errors import InputError
from dialin.read.encoding import to_utf8
from dialin.read.formats import load_raw
from dialin.read.source import error_line, shortened_repr
from dialin.text.unseen import plain_name

Entries = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class ListForm:
    """What a list holds.

    Parameters
    ----------
    of : str
        What its entries are, such as "intents".
    fields : tuple of str
        Its columns; the first is needed, and alone in an entry of YAML that is a text.
    example : str
        How an entry begins, for a message.
    """

    of: str
    fields: tuple[str, ...]
    example: str


def entries_of(path: Path, form: ListForm) -> Entries:
    """Return the entries in a CSV, TSV, JSON, JSON lines, YAML, Excel or Parquet file, in its order.

    Raises
    ------
    InputError
        The file cannot be read, lacks the first column, or has a column of an unknown name.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}", hint=f"give a file with a column {form.fields[0]}")
    entries = _of_yaml(path, form) if path.suffix.lower() in {".yaml", ".yml"} else _of_table(path, form)
    unknown = sorted({str(name) for entry in entries for name in entry} - set(form.fields))
    if unknown:
        raise InputError(
            f"{path} has an unknown column {unknown[0]!r}", hint=f"the columns are {', '.join(form.fields)}"
        )
    return entries


def _of_table(path: Path, form: ListForm) -> list[dict[str, Any]]:
    raw, first = load_raw(str(path), lambda _name: True), form.fields[0]
    columns = {name: column.to_pylist() for name, column in raw.columns.items()}
    if first not in columns:
        raise InputError(f"{path} has no column {first}, but {', '.join(raw.names)}", hint=f"name the {form.of} in it")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _of_yaml(path: Path, form: ListForm) -> list[dict[str, Any]]:
    try:
        found = yaml.safe_load(to_utf8(read_path(path, str(path)), str(path)).decode())
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"{path} is not readable YAML: {error_line(error)}", hint="check its indentation") from error
    if not isinstance(found, list) or not all(isinstance(one, dict | str) for one in found):
        raise InputError(f"{path} does not hold a list of {form.of}", hint=f"begin each with: {form.example}")
    return [{form.fields[0]: one} if isinstance(one, str) else one for one in found]


def text_of_entry(value: Any, name: str, where: str) -> str:
    """Return a value of an entry as plain text, a number as it is written; raise InputError for anything else."""
    if value is None or isinstance(value, str):
        return plain_name(value or "")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{where} has a {name} that is not text, got {shortened_repr(value)}", hint="give one text")
    return str(value)
