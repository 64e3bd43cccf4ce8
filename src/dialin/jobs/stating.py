"""Finds the utterances of a run that state several intents, for ``occurrences.parquet``."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pyarrow as pa

from dialin.arrays import Bools, Matrix
from dialin.discover.connections import Connections
from dialin.discover.part_intents import PartAssigner
from dialin.discover.several import whole_stated
from dialin.discover.state import Result
from dialin.name.kinds import may_be_need
from dialin.review.apply import BY_PERSON
from dialin.runs.run import Run
from dialin.runs.tables import STATED, with_stated


def stating(run: Run, X: Matrix, result: Result, opened: Connections) -> Run:
    """Return a run whose utterances have the intents that each states, by the decision function of its result.

    A sentence that people put elsewhere than its pieces would states that intent alone.

    Parameters
    ----------
    run : Run
        The run.
    X : ndarray of shape (n, d)
        The vectors of its sentences, as its pieces read them.
    result : Result
        Its result.
    opened : Connections
        Connections with its embedder; `on_note` is told how many utterances state several.
    """
    not_needs = frozenset(intent.intent_id for intent in result.intents if not may_be_need(intent.kind))
    assigner = PartAssigner(result.pieces, opened.embed, opened.kinds, not_needs)
    texts, speakers = run.corpus.texts, run.corpus.roles or [""] * len(run.corpus.texts)
    rows = np.flatnonzero(~_is_decided(run, X, result)).tolist()
    several = assigner.stated(*([values[row] for row in rows] for values in (texts, run.assignment_roles, speakers)))
    stated = whole_stated(texts, result.labels.tolist(), result.p_intent.tolist())
    for row, parts in zip(rows, several, strict=True):
        stated[row] = parts or stated[row]
    n = sum(run.corpus.counts[row] for row, own in enumerate(stated) if len(own) > 1)
    opened.on_note(f"{n:,} of {run.corpus.occurrences.num_rows:,} utterances state several intents")
    column = pa.array([[asdict(one) for one in own] for own in stated], STATED)
    return replace(run, corpus=with_stated(run.corpus, column))


def _is_decided(run: Run, X: Matrix, result: Result) -> Bools:
    """Return whether people put each sentence elsewhere than its piece would, shape (n,)."""
    if not run.manifest.since:
        return np.zeros(len(result.labels), dtype=bool)
    by_pieces, _ = result.pieces.assign(X, run.assignment_roles)
    is_out = np.array([reason == BY_PERSON for reason in result.reasons])
    return np.asarray(is_out | ((result.labels >= 0) & (result.labels != by_pieces)))
