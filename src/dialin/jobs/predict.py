"""The intents of new sentences, by the decision function of a finished run."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from dialin.discover.assign import Pieces
from dialin.discover.connect import Connections
from dialin.facts.headline import summary_of
from dialin.read.corpus import corpus_of
from dialin.review.apply import is_edited
from dialin.review.pieces import Pins, pins_of
from dialin.runs.run import Run


def predict_table(run: Run, table: pa.Table, opened: Connections) -> pa.Table:
    """Return ``row, text, intent_id, name, p_intent`` for each row of `table`, in its order.

    Parameters
    ----------
    run : Run
        Complete or capped.
    table : pyarrow.Table
        As `dialin.read.table.read_table` makes it; a row without text has intent −1.
    opened : Connections
        The embedder of the run.

    Notes
    -----
    On the sentences of the run this gives the intents that the run gave them, or that a review did since.
    """
    summary_of(run)  # it must have ended
    names = {intent["intent_id"]: intent["name"] for intent in run.intents.to_pylist()}
    corpus = corpus_of(table)
    roles = corpus.roles if corpus.roles and run.manifest.settings.roles == "auto" else [""] * len(corpus.texts)
    pieces = run.pieces
    found, p_found = pieces.assign(opened.embed(corpus.texts), roles)
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


def pins(run: Run, pieces: Pieces) -> Pins:
    """Return the sentences that a person put where the pieces would not, in the review of this run or of another."""
    is_decided = is_edited(run.review) or run.manifest.pinned
    data = run.data if is_decided else None
    if data is None:
        return Pins({})
    by_pieces, _ = pieces.assign(data.X, run.assignment_roles)
    return pins_of(data.texts, data.roles, run.review.labels, by_pieces)
