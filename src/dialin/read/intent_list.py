"""Reads a list of known intents: a table, JSON or YAML with a name and, where there are any, texts that explain it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialin.errors import InputError
from dialin.read.short_list import ListForm, entries_of, text_of_entry
from dialin.read.source import shortened_repr

FIELDS = ("name", "description", "examples", "parent")
IMPLIED = "must_not_merge"
"""A column that other tools write: here no listed intent is ever merged with another, whatever it says."""
INTENTS_LIST = ListForm("intents", (*FIELDS, IMPLIED), "- name: cancel-order")
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
    listed = tuple(_listed(entry, f"entry {n} of {path}") for n, entry in enumerate(entries_of(path, INTENTS_LIST), 1))
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


def _listed(record: Mapping[str, Any], where: str) -> ListedIntent:
    texts = {name: text_of_entry(record.get(name), name, where) for name in ("name", "description", "parent")}
    if not texts["name"]:
        raise InputError(f"{where} has no name", hint="give each intent a name")
    if len(texts["name"]) > MAX_NAME:
        raise InputError(
            f"{where} has a name of {len(texts['name'])} characters, more than {MAX_NAME}",
            hint="shorten it; put the rest into description",
        )
    return ListedIntent(**texts, examples=_examples(record.get("examples"), where))


def _examples(value: Any, where: str) -> tuple[str, ...]:
    parts = _BETWEEN.split(value) if isinstance(value, str) else [] if value is None else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise InputError(
            f"{where} has examples that are not texts, got {shortened_repr(value)}", hint="give a list of sentences"
        )
    return tuple(dict.fromkeys(filter(None, (" ".join(part.split()) for part in parts))))
