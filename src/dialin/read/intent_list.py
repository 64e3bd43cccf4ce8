"""Reads a list of known intents: a table, JSON or YAML with a name and, where there are any, texts that explain it."""

from __future__ import annotations

import re
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

FIELDS = ("name", "description", "examples", "parent")
IMPLIED = "must_not_merge"
"""A column that other tools write: here no listed intent is ever merged with another, whatever it says."""
MIN_LISTED = 2
"""Fewest intents of a list: how near a wrong one lies to a cluster is measured with the others."""
MAX_NAME = 80
"""Most characters of a name."""
_BETWEEN = re.compile(r"\s*(?:\||\r?\n)\s*")
"""What separates the examples in a cell of a table."""
_SPELLED = re.compile(r"[_/.\-]+|(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True)
class ListedIntent:
    """An intent that somebody knows of before the run.

    Parameters
    ----------
    name : str
        Its name, which a run keeps.
    description : str
        What it is about; "" where nobody says.
    examples : tuple of str
        Sentences of it.
    parent : str
        Name of the group that it belongs to; "" for none.
    """

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()
    parent: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is said of it: the name as words, the description, the examples.

        Examples
        --------
        >>> ListedIntent("card_notArrived", examples=("where is my card",)).texts
        ('card not Arrived', 'where is my card')
        """
        spelled = " ".join(_SPELLED.sub(" ", self.name).split())
        return tuple(filter(None, (spelled, self.description, *self.examples)))


def read_intent_list(path: Path) -> tuple[ListedIntent, ...]:
    """Return the intents in a CSV, TSV, JSON, JSON lines, YAML, Excel or Parquet file, in its order.

    Raises
    ------
    InputError
        The file cannot be read, has a column of an unknown name, fewer than `MIN_LISTED` intents, one without a name,
        or two of one name.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}", hint="give a file with a column name, such as intents.csv")
    listed = tuple(_listed(record, f"entry {n} of {path}") for n, record in enumerate(_records(path), 1))
    if len(listed) < MIN_LISTED:
        raise InputError(
            f"{path} lists {len(listed)} intent{'s' * (len(listed) != 1)}, at least {MIN_LISTED} are needed",
            hint="add the others that you know, or leave out --intents",
        )
    return checked_names(listed, str(path))


def checked_names(listed: tuple[ListedIntent, ...], where: str) -> tuple[ListedIntent, ...]:
    """Return the intents; raise InputError if two have one name, in whatever case."""
    first: dict[str, int] = {}
    for n, intent in enumerate(listed, 1):
        if (before := first.setdefault(intent.name.casefold(), n)) != n:
            raise InputError(
                f"{where} lists {intent.name!r} twice, as entries {before} and {n}", hint="give each intent one entry"
            )
    return listed


def _records(path: Path) -> Sequence[Mapping[str, Any]]:
    records = _of_yaml(path) if path.suffix.lower() in {".yaml", ".yml"} else _of_table(path)
    unknown = sorted({str(name) for record in records for name in record} - {*FIELDS, IMPLIED})
    if unknown:
        raise InputError(
            f"{path} has an unknown column {unknown[0]!r}", hint=f"the columns are {', '.join((*FIELDS, IMPLIED))}"
        )
    return records


def _of_table(path: Path) -> list[dict[str, Any]]:
    raw = load_raw(str(path), lambda _name: True)
    columns = {name: column.to_pylist() for name, column in raw.columns.items()}
    if "name" not in columns:
        raise InputError(f"{path} has no column name, but {', '.join(raw.names)}", hint="name the intents in it")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _of_yaml(path: Path) -> list[dict[str, Any]]:
    try:
        found = yaml.safe_load(to_utf8(read_path(path, str(path)), str(path)).decode())
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"{path} is not readable YAML: {error_line(error)}", hint="check its indentation") from error
    if not isinstance(found, list) or not all(isinstance(one, dict | str) for one in found):
        raise InputError(f"{path} does not hold a list of intents", hint="begin each with: - name: cancel-order")
    return [{"name": one} if isinstance(one, str) else one for one in found]


def _listed(record: Mapping[str, Any], where: str) -> ListedIntent:
    texts = {name: _text(record.get(name), name, where) for name in ("name", "description", "parent")}
    if not texts["name"]:
        raise InputError(f"{where} has no name", hint="give each intent a name")
    if len(texts["name"]) > MAX_NAME:
        raise InputError(
            f"{where} has a name of {len(texts['name'])} characters, more than {MAX_NAME}",
            hint="shorten it; put the rest into description",
        )
    return ListedIntent(**texts, examples=_examples(record.get("examples"), where))


def _text(value: Any, name: str, where: str) -> str:
    if value is None or isinstance(value, str):
        return plain_name(value or "")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{where} has a {name} that is not text, got {shortened_repr(value)}", hint="give one text")
    return str(value)


def _examples(value: Any, where: str) -> tuple[str, ...]:
    parts = _BETWEEN.split(value) if isinstance(value, str) else [] if value is None else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise InputError(
            f"{where} has examples that are not texts, got {shortened_repr(value)}", hint="give a list of sentences"
        )
    return tuple(dict.fromkeys(filter(None, (" ".join(part.split()) for part in parts))))
