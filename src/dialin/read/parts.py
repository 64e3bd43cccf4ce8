"""Reads utterances some rows at a time, so that the memory does not grow with the input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dialin.bounded import BROKEN_PARQUET, parquet_batches
from dialin.errors import InputError
from dialin.read.cells import is_list, is_string, strings
from dialin.read.columns import Columns, wanted_of
from dialin.read.formats import PARQUET
from dialin.read.roles import RoleNames, distinct_values, role_names
from dialin.read.source import check_distinct, error_line
from dialin.read.split import split_rows
from dialin.read.table import cleaned_table, flat_columns, read_table
from dialin.read.words import all_blank, has_numbers, has_words, no_rows, only_numbers

PART_ROWS = 1 << 16
"""Rows of a part; no result depends on it."""
PART_BYTES = 1 << 26
"""Bytes of a part whose texts are long, which then has fewer rows."""


def read_parts(
    source: object, columns: Columns | None = None, *, in_dialogues: bool, n_rows: int = PART_ROWS
) -> Iterator[pa.Table]:
    """Yield the table of `dialin.read.table.read_table` in parts, in input order.

    A Parquet file with a sentence in each row is read in parts, whatever its size. Any other source is read whole, as a
    CSV may change its encoding or its quotes at the end, and then cut.

    Parameters
    ----------
    source, columns
        As for `read_table`.
    in_dialogues : bool
        Whether dialogues count: a source that has them comes in one part. If not, the parts of a Parquet file have
        neither dialogues, nor turns, nor dates.
    n_rows : int
        Rows of a part, about.

    Raises
    ------
    InputError
        As for `read_table`; what is wrong in the middle of a file is raised when it is reached.
    """
    flat = FlatParquet.of(source, columns or Columns())
    if flat and not (in_dialogues and flat.columns.dialogue):
        yield from flat.tables(n_rows)
        return
    table = read_table(source, columns)
    if in_dialogues and table["dialogue_id"].null_count < table.num_rows:
        yield table
        return
    yield from (table.slice(first, n_rows) for first in range(0, table.num_rows, n_rows))


@dataclass(frozen=True)
class FlatParquet:
    """A Parquet file with a sentence in each row, whose sentences and roles are text.

    Parameters
    ----------
    path : Path
        The file.
    columns : Columns
        The columns that it has.
    given : Columns
        Those that the user named.
    """

    path: Path
    columns: Columns
    given: Columns

    @classmethod
    def of(cls, source: object, given: Columns) -> FlatParquet | None:
        """Return a source as such a file; None if it is anything else, or broken: then `read_table` says how."""
        is_path = isinstance(source, str | Path) and str(source) != "-" and given.format is None
        path = Path(str(source)) if is_path else None
        schema = _schema(path) if path else None
        if path is None or schema is None:
            return None
        lists = [field.name for field in schema if is_list(pa.chunked_array([], field.type))]
        wanted = wanted_of(given)
        check_distinct([name for name in schema.names if wanted(name)], str(path))
        if any(map(wanted, lists)):
            return None
        columns = flat_columns(schema.names, lists, given, str(path))
        used = [schema.field(name).type for name in (columns.text, columns.role) if name]
        return cls(path, columns, given) if all(map(_is_text, used)) else None

    def tables(self, n_rows: int) -> Iterator[pa.Table]:
        """Yield the rows as `read_table` gives them, at most `n_rows` at a time, without dialogues and dates."""
        self._check_words(n_rows)
        roles = self._role_names(n_rows)
        n = n_said = 0
        for text, *role in self._arrays([self._text, *([self.columns.role] if roles else [])], n_rows):
            table = cleaned_table(text=text, speakers=None if roles is None else roles.speakers(*role))
            n_said += table.num_rows - table["text"].null_count
            table = table.set_column(0, "row", pa.array(np.arange(n, n + table.num_rows, dtype=np.int64)))
            n += table.num_rows
            yield split_rows(table, text) if self.given.split else table
        if not n:
            raise no_rows(self._where)
        if not n_said:
            raise all_blank(n, self._where)

    @property
    def _where(self) -> str:
        return str(self.path)

    @property
    def _text(self) -> str:
        return self.columns.text or ""

    def _check_words(self, n_rows: int) -> None:
        """Raise InputError if the texts are numbers, which ends with the first word."""
        number = None
        for (text,) in self._arrays([self._text], n_rows) if self.given.text is None else ():
            if has_words(text):
                return
            number = text if number is None and has_numbers(text) else number
        if number is not None:
            raise only_numbers(number, self._text, self._where)

    def _role_names(self, n_rows: int) -> RoleNames | None:
        """Return what the roles mean, which all rows together tell; None if there are none."""
        if self.columns.role is None:
            return None
        values = dict[str, None]()
        for (role,) in self._arrays([self.columns.role], n_rows):
            values |= dict.fromkeys(distinct_values(role))
        return role_names(list(values), self.columns.role, self._where, is_given=self.given.role is not None)

    def _arrays(self, names: Sequence[str | None], n_rows: int) -> Iterator[list[pa.Array]]:
        """Yield some columns as text, about `n_rows` rows at a time."""
        wanted, n = [name for name in names if name], 0
        try:
            for batch in gathered(parquet_batches(self.path, self._where, wanted, n_rows), n_rows):
                check_text(batch, n, self._where)
                n += batch.num_rows
                yield [strings(batch[name], name, self._where) for name in wanted]
        except BROKEN_PARQUET as error:
            told = f"{self._where} is not readable Parquet from row {n:,} on: {error_line(error)}"
            raise InputError(told, hint="write it again") from error


def gathered(batches: Iterable[pa.RecordBatch], n_rows: int) -> Iterator[pa.Table]:
    """Yield tables of at least `n_rows` rows, of batches that may be small; the last one has the rest."""
    kept, n = list[pa.RecordBatch](), 0
    for batch in batches:
        kept.append(batch)
        n += batch.num_rows
        if n >= n_rows or sum(each.nbytes for each in kept) >= PART_BYTES:
            yield pa.Table.from_batches(kept)
            kept, n = [], 0
    if n:
        yield pa.Table.from_batches(kept)


def check_text(part: pa.Table, first: int, where: str) -> None:
    """Raise InputError if a text is not UTF-8, with its row in the whole file; `first` is that of the part."""
    for name in part.column_names:
        try:
            part[name].validate(full=True)
        except pa.ArrowInvalid as error:
            cells = part[name].cast(pa.large_binary()).to_pylist()
            row = first + next(i for i, cell in enumerate(cells) if cell is not None and not _is_utf8(cell))
            raise InputError(
                f"row {row:,} of {where} is not UTF-8 in column {name!r}", hint="write the file again as UTF-8"
            ) from error


def _is_utf8(cell: bytes) -> bool:
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True


def _schema(path: Path) -> pa.Schema | None:
    """Return the columns of a Parquet file; None if it is anything else."""
    try:
        with path.open("rb") as file:
            return pq.read_schema(path) if file.read(len(PARQUET)) == PARQUET else None
    except (*BROKEN_PARQUET, ValueError):  # no such file, or a path with a NUL
        return None


def _is_text(kind: pa.DataType) -> bool:
    return is_string(kind.value_type if pa.types.is_dictionary(kind) else kind)
