"""Tells of each utterance every intent that it states, with the place of each: an utterance may state several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dialin.arrays import Bools
from dialin.discover.part_intents import PartAssigner
from dialin.discover.several import Stated, whole_stated
from dialin.jobs.decided import Decided, Decisions
from dialin.jobs.predict import Answers
from dialin.name.kinds import may_be_need
from dialin.read.corpus import Corpus
from dialin.read.outcomes import INTENTS

NAMED = pa.struct(
    [
        pa.field("start", pa.int64()),
        pa.field("end", pa.int64()),
        pa.field("intent_id", pa.int64()),
        pa.field("name", pa.string()),
        pa.field("p_intent", pa.float64()),
    ]
)
"""An intent of an utterance: the characters that state it, its number and name, and P(it | these characters)."""


def multi_table(answers: Answers, part: pa.Table, decided: Decided) -> pa.Table:
    """Return what `Answers.told` returns, and the intents that each row states.

    Parameters
    ----------
    answers : Answers
        The decision function.
    part : pyarrow.Table
        Rows from `dialin.read.table.read_table`.
    decided : (Corpus, Decisions)
        Their sentences, and what is decided about each.

    Returns
    -------
    pyarrow.Table
        With one more column, ``intents``: a list of `NAMED` in the order of the text. Where an utterance states one
        intent, it is that of ``intent_id`` with the whole text; where it has none, the list is empty.
    """
    column = intents_column(answers, part, decided, np.ones(part.num_rows, dtype=bool))
    return answers.told(part, decided).append_column(INTENTS, column)


def intents_column(answers: Answers, part: pa.Table, decided: Decided, is_asked: Bools) -> pa.Array:
    """Return the intents that each row states, as a list of `NAMED`; null for a row about which nobody asked.

    Parameters
    ----------
    answers : Answers
        The decision function.
    part : pyarrow.Table
        Rows from `dialin.read.table.read_table`.
    decided : (Corpus, Decisions)
        Their sentences, and what is decided about each.
    is_asked : ndarray of shape (n_rows,), bool
        Whether somebody asked about the row: the parts of no other sentence are assigned.
    """
    corpus, found = decided
    has_text = pc.is_valid(part["text"]).to_numpy()
    sentence = corpus.occurrences["sentence_id"].to_numpy()
    is_wanted = np.zeros(len(corpus.texts), dtype=bool)
    is_wanted[sentence[is_asked[has_text]]] = True
    stated = intents_stated(answers, corpus, found, is_wanted)
    of = np.full(part.num_rows, len(stated))
    of[has_text] = sentence
    return _named(answers, [*stated, ()]).take(pa.array(of, mask=~is_asked))


def intents_stated(answers: Answers, corpus: Corpus, found: Decisions, is_wanted: Bools) -> list[tuple[Stated, ...]]:
    """Return the intents that each sentence states, in order; one that people put somewhere states that alone.

    A sentence that is not wanted is not cut.
    """
    said = corpus.roles or [""] * len(corpus.texts)
    limits = said if answers.run.manifest.settings.roles == "auto" else [""] * len(said)
    kinds = dict(zip(*(answers.run.intents[name].to_pylist() for name in ("intent_id", "kind")), strict=True))
    not_needs = frozenset(intent for intent, kind in kinds.items() if not may_be_need(kind or ""))
    assigner = PartAssigner(answers.pieces, answers.opened.embed, answers.opened.kinds, not_needs)
    rows = np.flatnonzero(is_wanted & ~found.is_pinned).tolist()
    several = assigner.stated(*([values[row] for row in rows] for values in (corpus.texts, limits, said)))
    stated = whole_stated(corpus.texts, found.labels.tolist(), found.p_intent.tolist())
    for row, parts in zip(rows, several, strict=True):
        stated[row] = parts or stated[row]
    return stated


def _named(answers: Answers, stated: Sequence[Sequence[Stated]]) -> pa.Array:
    """Return the intents of each sentence with their names, as lists of `NAMED`."""
    flat = [one for own in stated for one in own]
    ids = np.array([one.intent_id for one in flat], dtype=np.int64)
    columns = [
        pa.array([one.start for one in flat], pa.int64()),
        pa.array([one.end for one in flat], pa.int64()),
        pa.array(ids),
        answers.names_of(ids),
        pa.array([one.p_intent for one in flat], pa.float64()),
    ]
    offsets = np.cumsum([0, *map(len, stated)])
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.StructArray.from_arrays(columns, fields=list(NAMED))
    )
