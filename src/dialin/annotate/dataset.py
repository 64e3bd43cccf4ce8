"""Build the data set of an annotation: one row for each row of its input, with a label if it has one."""

from __future__ import annotations

import pyarrow as pa

from dialin.review.stages import Stage, standing_of
from dialin.review.state import ReviewState
from dialin.runs.run import Run

LABELLED_STAGES = (Stage.VERIFY, Stage.VERIFIED)
"""Stages of an intent whose name labels its sentences: it is named, and the verifiers have not rejected it."""
OPTIONAL_COLUMNS = ("dialogue_id", "turn", "role", "date")


def labels_in(state: ReviewState) -> list[str | None]:
    """Return the label of each sentence: the name of its intent, or None without a named, unrejected intent."""
    standing = standing_of(state)
    labels: list[str | None] = [None] * len(state.labels)
    for intent in standing.at(*LABELLED_STAGES):
        for row in standing.rows[intent].tolist():
            labels[row] = state.intents[intent].name
    return labels


def data_set(run: Run) -> pa.Table:
    """Return the data set of an annotated run.

    Returns
    -------
    pyarrow.Table
        One row for each row of the input (for each turn if its rows are dialogues), in the same order. Columns:
        ``text``; ``dialogue_id``, ``turn``, ``role`` and ``date`` if the input has them; ``label``, null for an
        unlabelled row. A blank row has neither text nor label.
    """
    occurrences, labels = run.corpus.occurrences, labels_in(run.review)
    rows, sentences = (occurrences[name].to_pylist() for name in ("row", "sentence_id"))
    n = max(len(rows) + run.manifest.source.n_blank, max(rows) + 1)
    place: list[int | None] = [None] * n
    for at, row in enumerate(rows):
        place[row] = at
    known = [name for name in OPTIONAL_COLUMNS if occurrences[name].null_count < occurrences.num_rows]
    columns = {name: occurrences[name].combine_chunks() for name in known}
    texts = pa.array([run.corpus.texts[i] for i in sentences], pa.large_string())
    own = pa.array([labels[i] for i in sentences], pa.string())
    return pa.table({"text": texts, **columns, "label": own}).take(pa.array(place, pa.int64()))
