"""Collects dialogues as the columns of a table: a row a turn, with the outcomes of its dialogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from dialin.read.importers.base import Dialogue, SourceTurn
from dialin.read.importers.documents import SourceDocument
from dialin.read.json_records import mended
from dialin.read.source import RawTable

USUAL = ("text", "dialogue_id", "turn", "role", "date")
TIMES = ("start", "end")


@dataclass
class DialogueRows:
    """The turns of dialogues, in the order in which they were added.

    Parameters
    ----------
    turns : list of SourceTurn
        All turns.
    lengths, ids, dates, outcomes : list
        Of each dialogue: the number of its turns, its id, its date and what the source says of it.
    n_renamed : int
        Dialogues whose id was taken.
    """

    turns: list[SourceTurn] = field(default_factory=list)
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
        self.turns += dialogue.turns
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
        names = [wanted, f"{own} ({file})" if own else file]
        free = next((name for name in names if name not in self._taken), "")
        n = 2
        while not free:
            free = "" if f"{names[-1]} {n}" in self._taken else f"{names[-1]} {n}"
            n += 1
        self._taken.add(free)
        return free

    def raw_table(self, where: str) -> RawTable:
        """Return the turns as columns under their usual names; times and outcomes only where any is known."""
        of = np.repeat(np.arange(self.n_dialogues), self.lengths)
        columns = self._usual(of) | self._more(of)
        return RawTable(where, list(columns), columns, carried=tuple(name for name in columns if name not in USUAL))

    def _usual(self, of: np.ndarray) -> dict[str, pa.ChunkedArray]:
        first = np.cumsum(self.lengths) - self.lengths
        dates = [turn.date or self.dates[i] for turn, i in zip(self.turns, of.tolist(), strict=True)]
        arrays = (
            _texts([turn.text for turn in self.turns]),
            _texts(self.ids).take(pa.array(of)),
            pa.array(np.arange(len(of)) - first[of]),
            _texts([turn.role for turn in self.turns]),
            _texts(dates),
        )
        return {name: pa.chunked_array([array]) for name, array in zip(USUAL, arrays, strict=True)}

    def _more(self, of: np.ndarray) -> dict[str, pa.ChunkedArray]:
        """Return the times, the labels of speakers if some have no role, and the outcomes."""
        found = {name: pa.array([getattr(turn, name) for turn in self.turns], pa.float64()) for name in TIMES}
        if any(turn.speaker and not turn.role for turn in self.turns):
            found["speaker"] = _texts([turn.speaker for turn in self.turns])
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
