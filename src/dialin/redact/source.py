"""Reads a source, and replaces what must not be seen in its sentences before anybody else gets them."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dialin.errors import InputError, InputWarning
from dialin.read.cells import is_string
from dialin.read.columns import Columns
from dialin.read.corpus import Corpus, corpus_of
from dialin.read.distinct import Check
from dialin.read.parts import read_large
from dialin.read.table import read_table
from dialin.redact.engine import Finder, RuleFinder, finder_of
from dialin.redact.finding import Finding
from dialin.redact.placeholders import Numbering

_OWN = frozenset({"row", "text", "dialogue_id", "turn", "role", "date"})
"""The columns of every table; an export of a contact centre adds what came of a call."""


@dataclass(frozen=True)
class Redaction:
    """What was replaced in a source.

    Parameters
    ----------
    engine : str
        Who found it.
    versions : dict of str to str
        Versions of what decides what is found.
    n_utterances : int
        Utterances in which something was replaced.
    replaced : dict of str to int
        Places that were replaced, by type, the most frequent first.
    """

    engine: str
    versions: dict[str, str]
    n_utterances: int
    replaced: dict[str, int]

    @property
    def line(self) -> str:
        """What was replaced, in one line.

        Examples
        --------
        >>> Redaction("rules", {}, 2, {"PHONE": 2, "CARD": 1}).line
        'redacted by rules: 2 utterances (PHONE 2, CARD 1)'
        """
        counts = ", ".join(f"{kind} {n:,}" for kind, n in self.replaced.items())
        n = f"{self.n_utterances:,} utterance{'' if self.n_utterances == 1 else 's'}"
        return f"redacted by {self.engine}: {n}{f' ({counts})' if counts else ''}"


@dataclass(frozen=True)
class RedactedCorpus:
    """The sentences of a source, and what was replaced in them; None: nothing was looked for."""

    corpus: Corpus
    redaction: Redaction | None


def read_redacted(
    source: object, columns: Columns | None, engine: str, check_number: Check = lambda _n: None
) -> RedactedCorpus:
    """Read sentences as `dialin.read.table.read` does, with placeholders for what must not be seen.

    Parameters
    ----------
    source, columns
        As for `dialin.read.table.read`.
    engine : str
        One of `dialin.redact.choice.ENGINES`.
    check_number : callable
        As for `dialin.read.parts.read_large`, which reads what needs no placeholders.

    Raises
    ------
    InputError
        As for `read`; neither its message nor a warning repeats a value that the rules find.
    """
    finder = finder_of(engine)
    if finder is None:
        return RedactedCorpus(read_large(source, columns, check_number), None)
    with messages_redacted():
        table = read_table(source, columns)
    found = redacted_table(table, finder)
    about = Redaction(finder.name, finder.versions, found.n_utterances, dict(found.counts.most_common()))
    return RedactedCorpus(corpus_of(found.table), about)


def redacted_parts(parts: Iterator[pa.Table], engine: str) -> Iterator[pa.Table]:
    """Yield the parts of `dialin.read.parts.read_parts` with placeholders for what must not be seen.

    Parameters
    ----------
    parts : iterator of pyarrow.Table
        The parts, none of which ends within a dialogue: as they come if dialogues count.
    engine : str
        One of `dialin.redact.choice.ENGINES`.

    Raises
    ------
    InputError
        As for `read_parts`; its message does not repeat a value that the rules find.
    """
    finder = finder_of(engine)
    if finder is None:
        yield from parts
        return
    while True:
        with messages_redacted():
            part = next(parts, None)
        if part is None:
            return
        yield redacted_table(part, finder).table


@contextmanager
def messages_redacted() -> Iterator[None]:
    """Replace what the rules find in the errors and warnings of a block, which may quote cells of a source."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", InputWarning)
        try:
            yield
        except InputError as error:
            raise InputError(redacted_text(error.message), hint=redacted_text(error.hint)) from None
    for one in told:
        if issubclass(one.category, InputWarning):
            warnings.warn(redacted_text(str(one.message)), one.category, stacklevel=3)
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


def redacted_text(text: str) -> str:
    """Return a text that stands alone with placeholders for what the rules find.

    Examples
    --------
    >>> redacted_text("card 4111 1111 1111 1111, mail ana@example.com")
    'card <CARD_1>, mail <EMAIL_1>'
    """
    return Numbering.after([text]).replaced(text, *RuleFinder().find_all([text]))


@dataclass(frozen=True)
class RedactedTable:
    """A table with placeholders, how many utterances have new ones, and how many places of each type were replaced."""

    table: pa.Table
    n_utterances: int
    counts: Counter[str]


def redacted_table(table: pa.Table, finder: Finder) -> RedactedTable:
    """Return the table of `dialin.read.table.read_table` with placeholders for what must not be seen.

    The same value gets the same placeholder within a dialogue, whose turns are numbered as they were said; a row
    without a dialogue is one of its own. So nothing outside a dialogue changes its placeholders.
    """
    table = _with_redacted_outcomes(table)
    rows, texts = _rows_to_read(table["text"], finder.may_hold)
    distinct = list(dict.fromkeys(texts))
    found = dict(zip(distinct, finder.find_all(distinct), strict=True))
    new = _replaced(table, rows, texts, found)
    counts = Counter(one.type for text in texts for one in found[text])
    if not new:
        return RedactedTable(table, 0, counts)
    changed = np.zeros(table.num_rows, dtype=bool)
    changed[list(new)] = True
    replacements = pa.array([new[row] for row in sorted(new)], table["text"].type)
    whole = pc.replace_with_mask(table["text"].combine_chunks(), pa.array(changed), replacements)
    return RedactedTable(table.set_column(table.schema.get_field_index("text"), "text", whole), len(new), counts)


def _with_redacted_outcomes(table: pa.Table) -> pa.Table:
    """Return a table whose other columns of text, which an export adds, have placeholders, each cell for itself."""
    for name in table.column_names:
        if name not in _OWN and is_string(table[name].type):
            cells = table[name].to_pylist()
            new = {cell: redacted_text(cell) for cell in set(cells) if cell}
            column = pa.array([new.get(cell, cell) for cell in cells], table[name].type)
            table = table.set_column(table.schema.get_field_index(name), name, column)
    return table


def _rows_to_read(column: pa.ChunkedArray, pattern: str) -> tuple[list[int], list[str]]:
    """Return the rows whose text may hold something, ascending, and their texts."""
    may = pc.fill_null(pc.match_substring_regex(column, pattern), False)
    rows = np.flatnonzero(may.to_numpy())
    return rows.tolist(), column.take(pa.array(rows)).to_pylist()


def _replaced(table: pa.Table, rows: list[int], texts: list[str], found: dict[str, list[Finding]]) -> dict[int, str]:
    """Return the new text of each row in which something was found."""
    numbers = pa.array(rows, pa.int64())
    dialogues = table["dialogue_id"].take(numbers).to_pylist()
    turns = table["turn"].take(numbers).to_pylist()
    said = dict[object, list[int]]()
    for i, (row, dialogue) in enumerate(zip(rows, dialogues, strict=True)):
        said.setdefault(("row", row) if dialogue is None else ("dialogue", dialogue), []).append(i)
    new = dict[int, str]()
    for places in said.values():
        if any(found[texts[i]] for i in places):
            numbering = Numbering.after([texts[i] for i in places])
            in_order = sorted(places, key=lambda i: (turns[i] is None, turns[i] or 0, rows[i]))
            new |= {rows[i]: numbering.replaced(texts[i], found[texts[i]]) for i in in_order if found[texts[i]]}
    return new
