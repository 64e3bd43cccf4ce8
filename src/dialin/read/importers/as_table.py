"""Collects dialogues as the columns of a table: a row a turn, with the outcomes of its dialogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dialin.arrays import Ints
from dialin.read.importers.base import Dialogue
from dialin.read.importers.documents import SourceDocument
from dialin.read.json_records import mended
from dialin.read.source import RawTable

USUAL = ("text", "dialogue_id", "turn", "role", "date")
TIMES = ("start", "end")
TURN = ("text", "role", "speaker", "date", *TIMES)


@dataclass
class DialogueRows:
    """The turns of dialogues, in the order in which they were added.

    They are kept as columns: many small objects would cost more time than reading them does.

    Parameters
    ----------
    turns : dict of str to list
        The values of all turns, by the names of `SourceTurn`.
    lengths, ids, dates, outcomes : list
        Of each dialogue: the number of its turns, its id, its date and what the source says of it.
    n_renamed : int
        Dialogues whose id was taken.
    """

    turns: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in TURN})
    lengths: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    outcomes: list[Mapping[str, str | float]] = field(default_factory=list)
    n_renamed: int = 0
    _taken: set[str] = field(default_factory=set)

    @property
    def n_dialogues(self) -> int:
        """The number of dialogues."""
        return len(self.ids)

    def add(self, dialogue: Dialogue, document: SourceDocument) -> None:
        """Add a dialogue with at least one turn; its id becomes unique."""
        for name, values in self.turns.items():
            values.extend(map(attrgetter(name), dialogue.turns))
        self.lengths.append(len(dialogue.turns))
        self.dates.append(dialogue.date)
        self.outcomes.append(dialogue.outcomes)
        self.ids.append(self._unique(dialogue.id, document))

    def _unique(self, own: str, document: SourceDocument) -> str:
        """Return the id of a dialogue, else the name of its file; with the path of the file if that is taken."""
        number = f"#{document.number}" if document.number else ""
        file = f"{document.file}{number}"
        wanted = own or f"{document.file.rpartition('/')[2]}{number}"
        self.n_renamed += bool(own) and wanted in self._taken
        last = f"{own} ({file})" if own else file
        names = chain((wanted, last), (f"{last} {n}" for n in count(2)))
        free = next(name for name in names if name not in self._taken)
        self._taken.add(free)
        return free

    def raw_table(self, where: str) -> RawTable:
        """Return the turns as columns under their usual names; times and outcomes only where any is known."""
        of = np.repeat(np.arange(self.n_dialogues), self.lengths)
        columns = self._usual(of) | self._more(of)
        return RawTable(where, list(columns), columns, carried=tuple(name for name in columns if name not in USUAL))

    def _usual(self, of: Ints) -> dict[str, pa.ChunkedArray]:
        first = np.cumsum(self.lengths) - self.lengths
        arrays = (
            _texts(self.turns["text"]),
            _texts(self.ids).take(pa.array(of)),
            pa.array(np.arange(len(of)) - first[of]),
            _texts(self.turns["role"]),
            pc.coalesce(_texts(self.turns["date"]), _texts(self.dates).take(pa.array(of))),
        )
        return {name: pa.chunked_array([array]) for name, array in zip(USUAL, arrays, strict=True)}

    def _more(self, of: Ints) -> dict[str, pa.ChunkedArray]:
        """Return the times, the labels of speakers if some have no role, and the outcomes."""
        found = {name: pa.array(self.turns[name], pa.float64()) for name in TIMES}
        if any(speaker and not role for speaker, role in zip(self.turns["speaker"], self.turns["role"], strict=True)):
            found["speaker"] = _texts(self.turns["speaker"])
        for name in dict.fromkeys(name for told in self.outcomes for name in told):
            found[name] = _values([told.get(name) for told in self.outcomes]).take(pa.array(of))
        return {name: pa.chunked_array([array]) for name, array in found.items() if array.null_count < len(array)}


def _texts(values: Sequence[str]) -> pa.Array:
    """Return texts, of which blank ones are null; lone surrogates, which JSON can express, are mended."""
    said = [value or None for value in values]
    try:
        return pa.array(said, pa.large_string())
    except UnicodeEncodeError:
        return pa.array(list(map(mended, said)), pa.large_string())


def _values(values: list[str | float | None]) -> pa.Array:
    """Return outcomes as numbers, or as text if any is text."""
    if any(isinstance(value, str) for value in values):
        return _texts(["" if value is None else str(value) for value in values])
    return pa.array(values, pa.float64())
