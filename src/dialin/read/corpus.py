"""Reduces a table to its unique sentences, with their counts and the way back to every row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dialin.read.cells import one_array

_FIRST = ("row", "sentence_id")


@dataclass(frozen=True)
class Corpus:
    """The unique sentences of a source and the way back to every place where they occur.

    A sentence is a distinct pair of text and role: the same words said by both roles are two sentences.

    Parameters
    ----------
    texts : list of str, n sentences
        Sorted by text, then role (by code point), so that the order of the input does not matter.
    counts : ndarray of int64, shape (n,)
        How often each sentence occurs.
    roles : list of str, n roles, or None
        "customer", "agent", another role as in the input, or "" for a sentence without one;
        None if no row has a role.
    occurrences : pyarrow.Table
        One row for each input row that is not blank, in input order: ``row`` int64 (from 0, blank rows
        counted), ``sentence_id`` int64 (index into `texts`), and ``dialogue_id`` string, ``turn`` int64,
        ``role`` string, ``date`` timestamp (ms), all four of which may be null; then what an export carries, as in
        `dialin.read.table.read_table`.
    n_blank : int
        Number of input rows without text.
    """

    texts: list[str]
    counts: NDArray[np.int64]
    roles: list[str] | None
    occurrences: pa.Table
    n_blank: int = 0

    @property
    def has_dialogues(self) -> bool:
        """Whether any utterance belongs to a dialogue."""
        dialogues = self.occurrences["dialogue_id"]
        return bool(dialogues.null_count < len(dialogues))


def corpus_of(table: pa.Table) -> Corpus:
    """Return the corpus of a table from `dialin.read.table.read_table`; rows with null text are only counted."""
    full = table.filter(pc.is_valid(table["text"]))
    texts, text_codes = _sorted_codes(full["text"])
    roles, role_codes = _sorted_codes(pc.fill_null(full["role"], ""))
    # one number per pair, ordered by (text, role)
    pairs, ids, counts = np.unique(
        text_codes * max(len(roles), 1) + role_codes, return_inverse=True, return_counts=True
    )
    text_of, role_of = np.divmod(pairs, max(len(roles), 1))
    has_roles = full["role"].null_count < full.num_rows
    names = list(dict.fromkeys((*_FIRST, *(name for name in full.column_names if name != "text"))))
    occurrences = full.append_column("sentence_id", pa.array(ids.astype(np.int64))).select(names)
    return Corpus(
        texts=texts.take(pa.array(text_of)).to_pylist(),
        counts=counts.astype(np.int64),
        roles=roles.take(pa.array(role_of)).to_pylist() if has_roles else None,
        occurrences=occurrences,
        n_blank=table.num_rows - full.num_rows,
    )


def _sorted_codes(column: pa.ChunkedArray) -> tuple[pa.Array, NDArray[np.int64]]:
    """Return the unique values, sorted by code point, and for each row the index of its value."""
    encoded = one_array(column.cast(pa.large_string())).dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return encoded.dictionary.take(pa.array(order)), rank[encoded.indices.to_numpy()]
