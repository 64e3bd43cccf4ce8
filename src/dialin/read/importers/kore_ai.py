"""Kore.ai: the CSV of the messages between people and a bot.

Shape: developer.kore.ai, export of chat history.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from dialin.errors import InputError
from dialin.read.columns import matching_columns, pick
from dialin.read.csv_tsv import delimiter_of, header_of, of_csv
from dialin.read.dates import dates
from dialin.read.importers.base import Dialogue
from dialin.read.importers.desk import BOTS, EVENTS, Message, dialogue_of, message
from dialin.read.importers.html_text import own_words
from dialin.read.source import RawTable, shortened_repr

_COLUMNS = ("Sender ID", "Other Party ID", "Direction", "Message", "Message Type", "Created on")


@dataclass(frozen=True)
class _Row:
    """A message, as the columns have it."""

    sender: str
    other: str
    way: str
    text: str
    kind: str
    date: str

    @property
    def person(self) -> str:
        """Who talks with the bot."""
        return self.sender if self.way == "in" else self.other


class KoreAi:
    """Messages of bots that were made with Kore.ai."""

    name, one, many = "kore-ai", "Kore.ai dialogue", "Kore.ai dialogues"

    def recognises(self, document: object) -> bool:
        """Return whether a document is a table with the columns of the export."""
        if not isinstance(document, str):
            return False
        head = document[:4096].encode()
        names = header_of(head, delimiter_of(head, _is_column))
        return all(matching_columns(names, name) for name in _COLUMNS)

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield a dialogue for each person: what goes in is the customer's, and what the bot says is left out."""
        of: dict[str, list[_Row]] = {}
        for row in _rows(document, where):
            of.setdefault(row.person, []).append(row)
        for person, rows in of.items():
            yield dialogue_of(person, map(_message, rows), "", {})


def _message(row: _Row) -> Message:
    if row.way == "out":
        return BOTS
    if row.kind.casefold() not in {"", "text"}:
        return EVENTS
    return message(own_words(row.text), "customer", row.person, row.date)


def _rows(document: object, where: str) -> Iterator[_Row]:
    if not isinstance(document, str):
        raise InputError(f"{where} is JSON, not the CSV of Kore.ai", hint="leave --format out")
    text = document.encode()
    raw = of_csv(text, delimiter_of(text, _is_column), where, lambda _: True)
    names = [pick(raw.names, name, (), where, name) or "" for name in _COLUMNS]
    *cells, created = (raw.columns[name] for name in names)
    columns = [*(column.to_pylist() for column in cells), _dates(created, names[-1], raw)]
    for n, (sender, other, way, *rest) in enumerate(zip(*columns, strict=True), start=1):
        yield _Row(sender, other, _checked_way(way, n, where), *rest)


def _checked_way(way: str, n: int, where: str) -> str:
    found = way.strip().casefold()
    if found in {"in", "out"}:
        return found
    told = "'Direction' is neither 'in' nor 'out'"
    raise InputError(f"record {n} of {where}: {told}: {shortened_repr(way)}", hint="export it again")


def _dates(column: pa.ChunkedArray, name: str, raw: RawTable) -> Sequence[str]:
    found = dates(column, name, raw.where, is_given=False)
    return [date.isoformat() if date else "" for date in found.to_pylist()] if found is not None else [""] * len(column)


def _is_column(name: str) -> bool:
    return any(matching_columns([name], known) for known in _COLUMNS)
