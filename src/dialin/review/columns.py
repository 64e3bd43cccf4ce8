"""The columns of ``sentences.parquet`` that a review reads, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dialin.name.kinds import KINDS, Kinds
from dialin.read.cells import one_array
from dialin.read.codes import Coded, codes_of


@dataclass(frozen=True)
class SentenceColumns:
    """The sentence table, converted once because thousands of intents read its columns.

    Only `p`, P(intent), depends on the review.
    """

    texts: pa.Array
    roles: Coded
    counts: NDArray[np.int64]
    p: NDArray[np.float64]
    kinds: Kinds


def sentence_columns(sentences: pa.Table) -> SentenceColumns:
    """Return the columns of ``sentences.parquet``."""
    counts, p = sentences["count"].to_numpy(), sentences["p_intent"].to_numpy()
    return SentenceColumns(one_array(sentences["text"]), codes_of(sentences["role"]), counts, p, kinds_told(sentences))


def kinds_in(sentences: pa.Table) -> Coded:
    """Return the kind of each sentence of ``sentences.parquet``; "" in a run of dialin 0.2.0, which knows none."""
    known = "kind" in sentences.column_names
    return codes_of(sentences["kind"] if known else pa.nulls(sentences.num_rows, pa.string()))


def kinds_told(sentences: pa.Table) -> Kinds:
    """Return what ``sentences.parquet`` tells of the kinds: the likeliest one of each sentence, and P(need)."""
    coded = kinds_in(sentences)
    places = np.array([KINDS.index(name) if name in KINDS else -1 for name in coded.names], dtype=np.int64)
    known = "p_kind" in sentences.column_names
    p = sentences["p_kind"].to_numpy() if known else np.ones(len(sentences))
    p_need = sentences["p_need"].to_numpy() if "p_need" in sentences.column_names else None
    return Kinds.of_likeliest(places[coded.codes], p, p_need)
