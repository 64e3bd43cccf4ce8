"""Assigns new utterances to the intents of a finished run, with its decision function."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from dialin.arrays import Matrix
from dialin.discover.assign import Pieces
from dialin.discover.connect import Connections
from dialin.discover.only import needs_alone
from dialin.facts.headline import summary_of
from dialin.read.corpus import Corpus, corpus_of
from dialin.review.apply import is_edited
from dialin.review.pieces import Pins, pins_of
from dialin.runs.run import Run, data_of


def predict_table(run: Run, table: pa.Table, opened: Connections) -> pa.Table:
    """Return ``row, text, intent_id, name, p_intent`` for each row of `table`, in its order.

    Parameters
    ----------
    run : Run
        Run that is complete or capped.
    table : pyarrow.Table
        Table from `dialin.read.table.read_table`; a row without text gets intent −1.
    opened : Connections
        Connections with the embedder of the run.

    Notes
    -----
    The sentences of the run itself get the intents that they have in the run, or that its review gave them.
    """
    summary_of(run)  # raises if the run has no result yet
    names = {intent["intent_id"]: intent["name"] for intent in run.intents.to_pylist()}
    corpus = corpus_of(table)
    roles = corpus.roles if corpus.roles and run.manifest.settings.roles == "auto" else [""] * len(corpus.texts)
    pieces = run.pieces
    found, p_found = pieces.assign(vectors_of(run, corpus, opened), roles)
    if run.manifest.settings.only == "needs":
        kinds = opened.kinds(corpus.texts, corpus.roles or [""] * len(roles))
        found, p_found = needs_alone(kinds, found, p_found)
    found, p_found = pins(run, pieces).apply(corpus.texts, corpus.roles or [""] * len(roles), found, p_found)
    labels, p_intent = np.full(table.num_rows, -1), np.zeros(table.num_rows)
    sentence = corpus.occurrences["sentence_id"].to_numpy()
    rows = corpus.occurrences["row"].to_numpy()
    labels[rows], p_intent[rows] = found[sentence], p_found[sentence]
    return pa.table(
        {
            "row": table["row"],
            "text": table["text"],
            "intent_id": pa.array(labels, pa.int64()),
            "name": pa.array([names.get(int(label), "") for label in labels], pa.string()),
            "p_intent": pa.array(p_intent, pa.float64()),
        }
    )


def vectors_of(run: Run, corpus: Corpus, opened: Connections) -> Matrix:
    """Return the vectors of new sentences as the run's own were made: with what is said next, if it took that up."""
    context = run.manifest.settings.context
    new = data_of(corpus, opened.embed(corpus.texts), run.manifest.embedder).in_context(context)
    return new.with_vectors_of(run.data if context == "next" and run.corpus.has_dialogues else None).X


def pins(run: Run, pieces: Pieces) -> Pins:
    """Return the sentences that people put elsewhere than the pieces would, in the review of this or a pinned run."""
    is_decided = is_edited(run.review) or run.manifest.pinned
    data = run.data if is_decided else None
    if data is None:
        return Pins({})
    by_pieces, _ = pieces.assign(data.X, run.assignment_roles)
    return pins_of(data.texts, data.roles, run.review.labels, by_pieces)
