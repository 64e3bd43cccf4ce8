"""Reads a source, and replaces what must not be seen in its sentences before anybody else gets them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pyarrow as pa

from dialin.errors import InputError, InputWarning
from dialin.files import cannot_write
from dialin.read.columns import DEFAULT, Columns
from dialin.read.corpus import Corpus, corpus_of
from dialin.read.distinct import Check, corpus_of_parts, no_check
from dialin.read.parts import LargeTables, large_tables, read_large
from dialin.read.table import read_table
from dialin.redact.engine import finder_of
from dialin.redact.table import Cutter, redacted_table, redacted_text


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
    source: object, columns: Columns | None, engine: str, check_number: Check = no_check
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
    cutter = Cutter(finder)
    corpus = _read_cut(source, columns or DEFAULT, cutter, check_number)
    counts = dict(cutter.counts.most_common())
    return RedactedCorpus(corpus, Redaction(finder.name, finder.versions, cutter.n_utterances, counts))


def _read_cut(source: object, columns: Columns, cutter: Cutter, check_number: Check) -> Corpus:
    with ExitStack() as opened:
        with messages_redacted():
            large = opened.enter_context(large_tables(source, columns, may_copy=False))
        if large:
            check_number(0, large.n_rows)
            cut = large.folder / "cut.arrow"
            _write_cut(large, cutter, cut)
            return corpus_of_parts(cutter.filled(_tables_in(cut)), check_number)
    with messages_redacted():
        table = read_table(source, columns)
    (filled,) = cutter.filled([cutter.cut(table)])
    return corpus_of(filled)


def _write_cut(large: LargeTables, cutter: Cutter, path: Path) -> None:
    """Write the rows of a large file without what must not be seen."""
    parts = map(cutter.cut, _told_redacted(large.tables()))
    first = next(parts)
    try:
        with pa.ipc.new_file(str(path), first.schema) as file:
            for part in chain([first], parts):
                file.write_table(part)
    except OSError as error:
        if isinstance(error, InputError):
            raise
        raise cannot_write(path, error) from error


def _tables_in(path: Path) -> Iterator[pa.Table]:
    with pa.OSFile(str(path)) as file:
        stored = pa.ipc.open_file(file)
        for i in range(stored.num_record_batches):
            yield pa.Table.from_batches([stored.get_batch(i)])


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
    for part in _told_redacted(parts):
        yield redacted_table(part, finder)


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
