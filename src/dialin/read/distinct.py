"""Finds the distinct sentences of more rows than fit into memory: the parts of a table are sorted, then merged.

What has been read lies in files meanwhile, and of the sorted parts, some rows of each are in memory.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from dialin.arrays import Ints
from dialin.errors import InputError
from dialin.files import cannot_write
from dialin.read.corpus import Corpus, corpus_of
from dialin.read.held import held_in
from dialin.read.limits import NO_LIMITS, Check, ReadLimits
from dialin.read.stored import PART_ROWS
from dialin.room import temporary_folder

MERGED_ROWS = 512
"""Sentences of each sorted part that are in memory at once, of a part of `PART_ROWS`; no result depends on it."""
_SORTED = pa.schema([("text", pa.large_string()), ("role", pa.string()), ("count", pa.int64())])
CHECKED = 1 << 12
_PLACE = "sentence_id"
_Sentence = tuple[str, str, int, int]
"""Text, role, place among those of all parts, and count."""


def corpus_of_parts(tables: Iterable[pa.Table], limits: ReadLimits = NO_LIMITS) -> Corpus:
    """Return what `dialin.read.corpus.corpus_of` returns for the whole of a table that comes in parts.

    Parameters
    ----------
    tables : iterable of pyarrow.Table
        The parts, in order, each as `dialin.read.table.read_table` gives the whole; at least one.
    limits : ReadLimits
        What reading may take; `check_number` is asked from time to time.

    Returns
    -------
    Corpus
        Its texts, roles and counts are in memory. Its occurrences are in a file that no folder shows any more, from
        which the system reads what is looked at; on Windows, they are in memory, too.

    Raises
    ------
    InputError
        The folder for temporary files cannot be written or is full, or the limits raise it.
    """
    with temporary_folder() as folder:
        try:
            n_merged = max(1, MERGED_ROWS * limits.n_rows // PART_ROWS)  # smaller parts are more parts
            with closing(_SortedParts(folder, n_merged)) as parts:
                for table in tables:
                    parts.add(corpus_of(table))
                return parts.corpus(limits.check_number)
        except OSError as error:
            if isinstance(error, InputError):
                raise
            raise cannot_write(folder, error) from error


@dataclass(frozen=True, eq=False)
class _Merged:
    """The distinct sentences of all parts, and which of them each sentence of a part is."""

    texts: list[str]
    roles: list[str]
    counts: Ints
    ids: Ints


class _SortedParts:
    """The sentences of each part, sorted, and the places where they occur, in two files of a folder."""

    def __init__(self, folder: Path, n_merged: int) -> None:
        self._folder, self._n_merged = folder, n_merged
        self._sorted = pa.ipc.new_file(self._path("sorted"), _SORTED)
        self._rows: pa.RecordBatchFileWriter | None = None
        self._n_batches, self._n_places, self._n_blank = [0], [0], 0
        self._n_rows, self._has_roles = 0, False

    def add(self, part: Corpus) -> None:
        n, roles = len(part.texts), part.roles or [""] * len(part.texts)
        columns = pa.array(part.texts, pa.large_string()), pa.array(roles, pa.string()), pa.array(part.counts)
        self._sorted.write_table(pa.table(columns, schema=_SORTED), self._n_merged)
        occurrences = part.occurrences
        places = pa.array(occurrences[_PLACE].to_numpy() + self._n_places[-1])
        occurrences = occurrences.set_column(occurrences.column_names.index(_PLACE), _PLACE, places)
        self._rows = self._rows or pa.ipc.new_file(self._path("rows"), occurrences.schema)
        self._rows.write_table(occurrences)
        self._n_rows += occurrences.num_rows
        self._n_batches.append(self._n_batches[-1] + -(-n // self._n_merged))
        self._n_places.append(self._n_places[-1] + n)
        self._n_blank += part.n_blank
        self._has_roles = self._has_roles or part.roles is not None

    def corpus(self, check_number: Check) -> Corpus:
        self.close()
        found = self._merged(check_number)
        rows = held_in(self._path("rows"))
        occurrences = rows.set_column(rows.column_names.index(_PLACE), _PLACE, self._ids(rows[_PLACE], found.ids))
        roles = found.roles if self._has_roles else None
        return Corpus(found.texts, found.counts, roles, occurrences, self._n_blank)

    def close(self) -> None:
        self._sorted.close()
        if self._rows is not None:
            self._rows.close()

    def _path(self, name: str) -> str:
        return str(self._folder / f"{name}.arrow")

    def _merged(self, check_number: Check) -> _Merged:
        texts, roles, counts = list[str](), list[str](), array("q")
        ids, known = np.empty(self._n_places[-1], dtype=np.int64), dict[str, str]()
        with pa.OSFile(self._path("sorted")) as file:
            sentences = pa.ipc.open_file(file)
            last: tuple[str, str] | None = None
            for text, role, place, count in heapq.merge(*(self._part(sentences, i) for i in range(self._n_parts))):
                if (text, role) != last:
                    last = text, role
                    texts.append(text)
                    roles.append(known.setdefault(role, role))
                    counts.append(0)
                    if len(texts) % CHECKED == 0:
                        check_number(len(texts), self._n_rows)
                counts[-1] += count
                ids[place] = len(texts) - 1
        return _Merged(texts, roles, np.array(counts, dtype=np.int64), ids)

    @property
    def _n_parts(self) -> int:
        return len(self._n_places) - 1

    def _part(self, sentences: Any, part: int) -> Iterator[_Sentence]:
        """Yield the sentences of a part, which are sorted."""
        place = self._n_places[part]
        for i in range(self._n_batches[part], self._n_batches[part + 1]):
            batch = sentences.get_batch(i)
            texts, roles, counts = (column.to_pylist() for column in batch.columns)
            yield from zip(texts, roles, range(place, place + len(texts)), counts, strict=True)
            place += len(texts)

    def _ids(self, places: pa.ChunkedArray, ids: Ints) -> pa.ChunkedArray:
        """Return the number of the sentence of each row, also in a file."""
        schema = pa.schema([(_PLACE, pa.int64())])
        with pa.ipc.new_file(self._path("ids"), schema) as file:
            for chunk in places.chunks:
                file.write_batch(pa.record_batch([pa.array(ids[chunk.to_numpy()])], schema=schema))
        return held_in(self._path("ids"))[_PLACE]
