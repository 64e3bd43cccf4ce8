"""Makes a large text file a table that is read in parts: copied into Parquet, or, where no copy may be, as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dialin.errors import InputError
from dialin.files import cannot_write
from dialin.read.cells import is_list
from dialin.read.columns import Columns, wanted_of
from dialin.read.flat import FlatRows
from dialin.read.json_text import WholeNeededError
from dialin.read.source import ColumnFilter
from dialin.read.stored import Column, PartTable, StoredTable
from dialin.read.text_parts import TextParts
from dialin.read.turns import DialogueParts, NestedTables, ReadParts, TurnParts, turn_rows


def text_rows(text: TextParts, given: Columns, folder: Path | None) -> FlatRows | None:
    """Return a text as a table of the columns that may be wanted; all of it is read once, or twice if it has dialogues.

    Parameters
    ----------
    text : TextParts
        The text.
    given : Columns
        What the user said of it.
    folder : Path, optional
        Folder of its own, for a copy in Parquet; without one, nothing is written, and the file itself is read whenever
        the table is.

    Returns
    -------
    FlatRows or None
        None if only the whole tells how to read it, as it has objects in wanted columns, for example.

    Raises
    ------
    InputError
        The file is broken, as `read_table` says it, or the folder cannot be written.
    """
    try:
        found = _read_once(text.read, wanted_of(given), _keeper(folder, "rows"))
        if found:
            return FlatRows.of(found.table(text), found.names, given, has_header=found.has_header)
        return _turns_of(text, given, folder)
    except WholeNeededError:
        return None
    except OSError as error:
        if isinstance(error, InputError) or folder is None:
            raise
        raise cannot_write(folder, error) from error


def _turns_of(text: TextParts, given: Columns, folder: Path | None) -> FlatRows | None:
    """Return the turns of a text whose rows are dialogues."""
    wanted = wanted_of(given)
    turns, dialogues = TurnParts(text.read, wanted), DialogueParts(text.read, wanted)
    of_turns = _read_once(turns, lambda _: True, _keeper(folder, "turns"))
    of_dialogues = _read_once(dialogues, lambda _: True, _keeper(folder, "dialogues")) if of_turns else None
    if not of_turns or not of_dialogues:
        return None
    tables = of_turns.table(replace(text, read=turns)), of_dialogues.table(replace(text, read=dialogues))
    return turn_rows(NestedTables(*tables, of_turns.names, of_dialogues.names), given)


@dataclass(frozen=True)
class _ReadText:
    """What was read: what has been kept of it, all columns, and whether the source itself names them."""

    kept: ParquetCopy | Survey
    names: list[str]
    has_header: bool

    def table(self, text: TextParts) -> PartTable:
        return self.kept.table(text)


def _keeper(folder: Path | None, name: str) -> ParquetCopy | Survey:
    if folder is None:
        return Survey()
    own = folder / name
    own.mkdir()
    return ParquetCopy(own)


def _read_once(read: ReadParts, wanted: ColumnFilter, kept: ParquetCopy | Survey) -> _ReadText | None:
    """Return what all parts hold, of text; None as soon as one holds lists; raise WholeNeededError for other kinds."""
    names, has_header = dict[str, None](), False
    with closing(kept):
        for part in read(wanted):
            columns = part.columns
            if any(map(is_list, columns.values())):
                return None
            if not columns or not all(pa.types.is_large_string(column.type) for column in columns.values()):
                raise WholeNeededError
            names |= dict.fromkeys(part.names)
            has_header = has_header or part.has_header
            kept.add(columns)
    if not kept.has_rows:
        raise WholeNeededError
    return _ReadText(kept, list(names), has_header)


class ParquetCopy:
    """Columns of text, written part by part; a column that begins late begins another file.

    Parameters
    ----------
    folder : Path
        Where the files are made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._paths = folder, list[Path]()
        self._names, self._files = list[str](), list[pq.ParquetWriter]()

    def add(self, columns: Mapping[str, Column]) -> None:
        """Write a part, with at least one column."""
        later = [name for name in columns if name not in self._names]
        if later:
            self._begin(later)
        n = _n_rows(columns)
        filled = [columns.get(name, pa.nulls(n, pa.large_string())) for name in self._names]
        self._files[-1].write_table(pa.table(dict(zip(self._names, filled, strict=True))))

    def table(self, text: TextParts) -> StoredTable:
        """Return what was written, of a text."""
        return StoredTable(text.where, tuple(self._paths), is_text=True)

    @property
    def has_rows(self) -> bool:
        """Whether any part came."""
        return bool(self._names)

    def close(self) -> None:
        """End the last file."""
        for file in self._files[-1:]:
            file.close()

    def _begin(self, later: Sequence[str]) -> None:
        self.close()
        self._names += later
        self._paths.append(self._folder / f"{len(self._paths)}.parquet")
        schema = pa.schema([(name, pa.large_string()) for name in self._names])
        self._files.append(pq.ParquetWriter(self._paths[-1], schema))


class Survey:
    """What is known of columns of text that come part by part, without a copy of them."""

    def __init__(self) -> None:
        self._names, self._lengths = dict[str, None](), list[int]()

    def add(self, columns: Mapping[str, Column]) -> None:
        """Take up a part, with at least one column."""
        self._names |= dict.fromkeys(columns)
        self._lengths.append(_n_rows(columns))

    def table(self, text: TextParts) -> TextTable:
        """Return a text as a table."""
        return TextTable(text.where, text.read, tuple(self._names), tuple(self._lengths))

    @property
    def has_rows(self) -> bool:
        """Whether any part came."""
        return bool(self._names)

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class TextTable(PartTable):
    """The text file itself as a table, which is parsed whenever it is read.

    Parameters
    ----------
    where : str
        Name of the source in messages.
    read : callable
        What reads its parts.
    names : tuple of str
        The wanted columns that it has, all of them text.
    lengths : tuple of int
        The rows of each part.
    """

    read: ReadParts
    names: tuple[str, ...]
    lengths: tuple[int, ...]

    @property
    def schema(self) -> pa.Schema:
        """All columns, in the order in which they come first."""
        return pa.schema([(name, pa.large_string()) for name in self.names])

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return sum(self.lengths)

    @property
    def is_text(self) -> bool:
        """It is."""
        return True

    def parts(self, names: Sequence[str], n_rows: int) -> Iterator[list[Column]]:
        """Yield some columns, at most `n_rows` rows at a time; a column that a part lacks is null there."""
        for n, part in zip(self.lengths, self.read(frozenset(names).__contains__), strict=True):
            columns = [part.columns.get(name, pa.nulls(n, pa.large_string())) for name in names]
            for first in range(0, n, n_rows):
                yield [column.slice(first, n_rows) for column in columns]


def _n_rows(columns: Mapping[str, Column]) -> int:
    return len(next(iter(columns.values())))
