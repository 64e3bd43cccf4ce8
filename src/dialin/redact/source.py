"""Reads a source, and replaces what must not be seen in its sentences before anybody else gets them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from dialin.errors import InputError, InputWarning
from dialin.read.columns import DEFAULT, Columns
from dialin.read.corpus import Corpus, corpus_of
from dialin.read.distinct import corpus_of_parts
from dialin.read.held import held_table, write_parts
from dialin.read.input_file import at_hand
from dialin.read.limits import NO_LIMITS, ReadLimits
from dialin.read.parts import LargeTables, check_whole, flat_rows, large_tables, read_large, read_parts
from dialin.read.table import read_table
from dialin.redact.engine import finder_of
from dialin.redact.table import Cutter, redacted_table, redacted_text
from dialin.room import temporary_folder


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
    source: object, columns: Columns | None, engine: str, limits: ReadLimits = NO_LIMITS
) -> RedactedCorpus:
    """Read sentences as `dialin.read.table.read` does, with placeholders for what must not be seen.

    Parameters
    ----------
    source, columns
        As for `dialin.read.table.read`.
    engine : str
        One of `dialin.redact.choice.ENGINES`.
    limits : ReadLimits
        As for `dialin.read.parts.read_large`, which reads what needs no placeholders.

    Raises
    ------
    InputError
        As for `read`; neither its message nor a warning repeats a value that the rules find.
    """
    finder = finder_of(engine)
    if finder is None:
        return RedactedCorpus(read_large(source, columns, limits), None)
    cutter = Cutter(finder)
    corpus = _read_cut(source, columns or DEFAULT, cutter, limits)
    counts = dict(cutter.counts.most_common())
    return RedactedCorpus(corpus, Redaction(finder.name, finder.versions, cutter.n_utterances, counts))


def _read_cut(source: object, columns: Columns, cutter: Cutter, limits: ReadLimits) -> Corpus:
    with ExitStack() as opened:
        with messages_redacted():
            held = opened.enter_context(at_hand(source, may_copy=False))
            large = opened.enter_context(large_tables(held, columns, may_copy=False, n_rows=limits.n_rows))
        if large:
            limits.check_number(0, large.n_rows)
            return corpus_of_parts(_filled(large, cutter), limits)
        with messages_redacted():
            check_whole(held, limits)
            table = read_table(held, columns)
    (filled,) = cutter.filled([cutter.cut(table)])
    return corpus_of(filled)


def _tables_in(path: Path) -> Iterator[pa.Table]:
    with pa.OSFile(str(path)) as file:
        stored = pa.ipc.open_file(file)
        for i in range(stored.num_record_batches):
            yield pa.Table.from_batches([stored.get_batch(i)])


def read_redacted_parts(
    source: object, columns: Columns, engine: str, *, in_dialogues: bool, limits: ReadLimits = NO_LIMITS
) -> Iterator[pa.Table]:
    """Yield the parts of `dialin.read.parts.read_parts` with placeholders for what must not be seen.

    Where the rows are in dialogues, values are cut out of all parts, which go to a file without them, before the first
    part is yielded: only the last turn of a dialogue tells the numbers of its placeholders, and it may be anywhere.

    Parameters
    ----------
    source, columns, in_dialogues, limits
        As for `read_parts`.
    engine : str
        One of `dialin.redact.choice.ENGINES`.

    Raises
    ------
    InputError
        As for `read_parts`; neither its message nor a warning repeats a value that the rules find.
    """
    finder = finder_of(engine)
    if finder is None:
        yield from read_parts(source, columns, in_dialogues=in_dialogues, limits=limits)
        return
    with ExitStack() as opened:
        with messages_redacted():
            held = opened.enter_context(at_hand(source, may_copy=False))
            flat = opened.enter_context(flat_rows(held, columns, may_copy=False, n_rows=limits.n_rows))
        if flat and not flat.columns.dialogue:
            yield from (redacted_table(part, finder) for part in _told_redacted(flat.said(limits.n_rows)))
        elif flat and flat.can_be_told:
            limits.check_number(0, flat.stored.n_rows)
            large = LargeTables(flat, opened.enter_context(temporary_folder()), limits.n_rows)
            filled = _filled(large, Cutter(finder))
            yield from [held_table(filled, large.folder / "filled.arrow")] if in_dialogues else filled
        else:
            whole = read_parts(held, columns, in_dialogues=True, may_copy=False, limits=limits)
            yield from _cut_up((redacted_table(part, finder) for part in _told_redacted(whole)), limits, in_dialogues)


def _filled(large: LargeTables, cutter: Cutter) -> Iterator[pa.Table]:
    cut = large.folder / "cut.arrow"
    write_parts(map(cutter.cut, _told_redacted(large.tables())), cut)
    return cutter.filled(_tables_in(cut))


def _cut_up(parts: Iterator[pa.Table], limits: ReadLimits, in_dialogues: bool) -> Iterator[pa.Table]:
    """Yield parts as they come where dialogues count, else in smaller ones."""
    for part in parts:
        n = part.num_rows if in_dialogues else limits.n_rows
        yield from (part.slice(first, n) for first in range(0, part.num_rows, n))


def _told_redacted(parts: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Yield tables whose errors and warnings do not repeat what the rules find."""
    while True:
        with messages_redacted():
            part = next(parts, None)
        if part is None:
            return
        yield part


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
