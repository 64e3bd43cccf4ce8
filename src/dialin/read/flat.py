"""Reads a table on disk with a sentence in each row, some rows at a time; what a whole column tells is known first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dialin.arrays import Ints
from dialin.read.cells import as_integers, integers, is_list, strings, trimmed
from dialin.read.columns import Columns, pick, wanted_of
from dialin.read.dates import DATE, DateColumn, read_dates
from dialin.read.nested import Nesting
from dialin.read.outcomes import CUSTOMER, as_numbers, check_outcome, outcome_texts
from dialin.read.roles import RoleNames, distinct_values, role_names
from dialin.read.source import check_distinct
from dialin.read.split import split_rows
from dialin.read.stored import Column, PartTable, is_text
from dialin.read.table import cleaned_table, flat_columns
from dialin.read.words import all_blank, has_numbers, has_words, no_rows, only_numbers

_Columns = dict[str, Column]
_Arrays = dict[str, pa.Array]
_Read = Callable[[int, _Columns], tuple[_Arrays, _Arrays]]
"""First row of a part and its columns -> what `cleaned_table` takes beside the text, and the outcomes."""


@dataclass(frozen=True)
class FlatRows:
    """A table on disk with a sentence in each row, whose sentences and roles are text.

    Parameters
    ----------
    stored : PartTable
        Where it is.
    columns : Columns
        The columns that it has.
    given : Columns
        Those that the user named.
    names : tuple of str
        All columns of the source.
    has_header : bool
        Whether the source itself names its columns.
    dates : tuple of str
        The columns of dates: the first one that holds any is taken.
    nesting : Nesting, optional
        The dialogues, if the rows of the source are dialogues, and these rows are their turns.
    """

    stored: PartTable
    columns: Columns
    given: Columns
    names: tuple[str, ...]
    has_header: bool = True
    dates: tuple[str, ...] = ()
    nesting: Nesting | None = None

    @classmethod
    def of(cls, stored: PartTable, names: Sequence[str], given: Columns, *, has_header: bool = True) -> FlatRows | None:
        """Return a stored table as such rows; None if its rows are dialogues, or its texts are no texts.

        Parameters
        ----------
        stored : PartTable
            The table, with all columns that `given` or a usual name may want.
        names : sequence of str
            All columns of the source.
        given, has_header
            As for `FlatRows`.
        """
        schema, where, wanted = stored.schema, stored.where, wanted_of(given)
        check_distinct([name for name in names if wanted(name)], where)
        lists = [field.name for field in schema if is_list(pa.chunked_array([], field.type))]
        if any(map(wanted, lists)):
            return None
        found = flat_columns(names, lists, given, where)
        if not all(is_text(schema.field(name).type) for name in (found.text, found.role) if name):
            return None
        return cls(stored, found, given, tuple(names), has_header, (found.date,) if found.date else ())

    # --- what is said -----------------------------------------------------------------------------

    def said(self, n_rows: int) -> Iterator[pa.Table]:
        """Yield the rows as `read_table` gives them, at most `n_rows` at a time, without dialogues, dates, outcomes."""
        self._check_words(n_rows)
        roles = self._role_names(n_rows)
        yield from self._tables([], roles, n_rows, lambda _first, _at: ({}, {}))

    def _tables(self, beside: Sequence[str], roles: RoleNames | None, n_rows: int, read: _Read) -> Iterator[pa.Table]:
        """Yield the rows; `read` tells of a part what the columns `beside` hold."""
        role = self.columns.role if roles else None
        names = list(dict.fromkeys([self._text, *filter(None, [role]), *beside]))
        n = n_said = 0
        for columns in self.stored.parts(names, n_rows):
            at = dict(zip(names, columns, strict=True))
            text = self._strings(at[self._text], self._text)
            speakers = roles.speakers(self._strings(at[role], role)) if roles and role else None
            told, outcomes = read(n, at)
            table = cleaned_table(text=text, speakers=speakers, **told)
            for name, values in outcomes.items():
                table = table.append_column(name, values)
            n_said += table.num_rows - table["text"].null_count
            table = table.set_column(0, "row", pa.array(np.arange(n, n + table.num_rows, dtype=np.int64)))
            n += table.num_rows
            yield split_rows(table, text) if self.given.split else table
        if not n:
            raise no_rows(self.stored.where)
        if not n_said:
            raise all_blank(n, self.stored.where)

    def _strings(self, column: Column, name: str) -> pa.Array:
        return strings(column, name, self.stored.where)

    @property
    def _text(self) -> str:
        return self.columns.text or ""

    def _check_words(self, n_rows: int) -> None:
        """Raise InputError if the texts are numbers, which ends with the first word."""
        number = None
        for column in self.stored.column(self._text, n_rows) if self.has_header and self.given.text is None else ():
            text = self._strings(column, self._text)
            if has_words(text):
                return
            number = text if number is None and has_numbers(text) else number
        if number is not None:
            raise only_numbers(number, self._text, self.stored.where)

    def _role_names(self, n_rows: int) -> RoleNames | None:
        """Return what the roles mean, which all rows together tell; None if there are none."""
        if self.columns.role is None:
            return None
        values = dict[str, None]()
        for column in self.stored.column(self.columns.role, n_rows):
            values |= dict.fromkeys(distinct_values(self._strings(column, self.columns.role)))
        return role_names(list(values), self.columns.role, self.stored.where, is_given=self.given.role is not None)

    # --- all that is told -------------------------------------------------------------------------

    @property
    def can_be_told(self) -> bool:
        """Whether the columns beside the texts have types that no row far away changes the meaning of.

        Dialogues that are numbers with a fraction do: all of them are whole numbers, or none is read as one.
        """
        kinds = {name: _plain(self.stored.schema.field(name).type) for name in self._beside()}
        kinds |= {name: _plain(self._of(name).schema.field(name).type) for name in self.dates}
        words = [name for name in (self.columns.dialogue, *self.dates) if name]
        words += [name for name in self._outcomes() if CUSTOMER.fullmatch(name)]
        has_fractions = any(pa.types.is_floating(kinds[name]) for name in words)
        return not has_fractions and not any(map(pa.types.is_nested, kinds.values()))

    def tables(self, n_rows: int, folder: Path) -> Iterator[pa.Table]:
        """Yield the rows as `read_table` gives them, at most `n_rows` at a time.

        Parameters
        ----------
        n_rows : int
            Rows of a part, about.
        folder : Path
            Where the dates are kept until they are needed: only all of them tell how to read them.
        """
        self._check_words(n_rows)
        facts, beside = self._facts(n_rows, folder), self._beside()
        yield from self._tables(beside, facts.roles, n_rows, partial(self._told, facts))

    def _beside(self) -> list[str]:
        of, number = self.columns, self.nesting.number if self.nesting else None
        return list(dict.fromkeys(filter(None, (of.dialogue, number, of.turn, *self._outcomes()))))

    def _of(self, name: str) -> PartTable:
        """Return the table that tells what a whole column is: that of the dialogues, if it is theirs."""
        of = self.nesting.dialogues if self.nesting else self.stored
        return of if name in of.schema.names else self.stored

    def _outcomes(self) -> list[str]:
        found = [pick(self.names, given, (), self.stored.where, "outcome") for given in self.given.outcomes]
        return [name for name in dict.fromkeys(found) if name is not None]

    def _facts(self, n_rows: int, folder: Path) -> _Facts:
        return _Facts(
            self._has_turns(n_rows),
            self._role_names(n_rows),
            *self._first_dates(n_rows, folder / "dates.i8"),
            frozenset(name for name in self._outcomes() if self._are_numbers(name, n_rows)),
        )

    def _has_turns(self, n_rows: int) -> bool:
        """Return whether the column of turns holds whole numbers; if not, `integers` says so."""
        name, is_given = self.columns.turn, self.given.turn is not None
        where = self.nesting.turns if self.nesting else self.stored.where
        try:
            for column in self.stored.column(name, n_rows) if name else ():
                as_integers(trimmed(self._strings(column, name or "")))
        except pa.ArrowInvalid:
            return integers(self.stored.whole_column(name or ""), name or "", where, is_given=is_given) is not None
        return name is not None

    def _first_dates(self, n_rows: int, path: Path) -> tuple[Ints | None, bool]:
        """Return the dates of the first column that holds any, and whether these are one for each dialogue."""
        for name in self.dates:
            found = self._dates(name, n_rows, path)
            if found is not None:
                return found, self._of(name) is not self.stored
        return None, False

    def _dates(self, name: str, n_rows: int, path: Path) -> Ints | None:
        """Return the dates of a column in milliseconds, which stay in a file; None if there are none."""
        about = DateColumn(name, self.stored.where, self.given.date is not None)
        with path.open("wb") as file:
            is_date = read_dates(
                lambda: self._of(name).column(name, n_rows), about, lambda found: file.write(_milliseconds(found))
            )
        return np.memmap(path, np.int64, "r") if is_date and path.stat().st_size else None

    def _are_numbers(self, name: str, n_rows: int) -> bool:
        """Return whether each value of an outcome is a number, and there is one."""
        check_outcome(name, is_plain=True, where=self.stored.where)
        if CUSTOMER.fullmatch(name):
            return False
        n = 0
        for column in self._of(name).column(name, n_rows):
            texts = outcome_texts(column, name, self.stored.where)
            if texts.null_count < len(texts) and pa.types.is_string(as_numbers(texts).type):
                return False
            n += len(texts) - texts.null_count
        return n > 0

    def _told(self, facts: _Facts, first: int, at: _Columns) -> tuple[_Arrays, _Arrays]:
        """Return what is told of some rows beside their texts: where and when they were said, and the outcomes."""
        of, told, outcomes = self.columns, _Arrays(), _Arrays()
        if of.dialogue:
            told["dialogue"] = self._ids(at, of.dialogue)
        if of.turn and facts.has_turns:
            told["turn"] = as_integers(trimmed(self._strings(at[of.turn], of.turn)))
        if facts.dates is not None and facts.is_of_dialogues and self.nesting:
            told["date"] = _as_dates(facts.dates[self.nesting.numbers(at[self.nesting.number])])
        elif facts.dates is not None:
            told["date"] = _as_dates(facts.dates[first : first + len(at[self._text])])
        for name in self._outcomes():
            texts = outcome_texts(at[name], name, self.stored.where)
            outcomes[name] = pc.cast(texts, pa.float64()) if name in facts.numbers else texts
        return told, outcomes

    def _ids(self, at: _Columns, name: str) -> pa.Array:
        """Return the dialogue of each row."""
        found = trimmed(self._strings(at[name], name))
        return pc.coalesce(found, at[self.nesting.number]) if self.nesting else found


@dataclass(frozen=True, eq=False)
class _Facts:
    """What whole columns tell: whether turns are numbers, the roles, dates and whose, and what outcomes are numbers."""

    has_turns: bool
    roles: RoleNames | None
    dates: Ints | None
    is_of_dialogues: bool
    numbers: frozenset[str]


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


_NO_DATE = np.iinfo(np.int64).min


def _milliseconds(dates: pa.Array) -> bytes:
    return np.asarray(pc.fill_null(dates.cast(pa.int64()), int(_NO_DATE)).to_numpy()).tobytes()


def _as_dates(milliseconds: Ints) -> pa.Array:
    return pa.array(milliseconds, mask=milliseconds == _NO_DATE).cast(DATE)
