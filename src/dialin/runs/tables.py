"""Builds the tables of a run folder from a corpus and the result of the method, and reads them back, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dialin import files, saved
from dialin.arrays import Labels
from dialin.cluster.labels import rows_by
from dialin.discover.intent_tree import IntentTree
from dialin.discover.state import Result
from dialin.discover.uids import uid_of
from dialin.read.corpus import Corpus
from dialin.read.dates import in_calendar
from dialin.read.outcomes import INTENTS
from dialin.search.iterate import Round

OCCURRENCES_SCHEMA = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("sentence_id", pa.int64(), nullable=False),
        pa.field("dialogue_id", pa.string()),
        pa.field("turn", pa.int64()),
        pa.field("role", pa.string()),
        pa.field("date", pa.timestamp("ms")),
    ]
)
STATED = pa.list_(
    pa.struct(
        [
            pa.field("start", pa.int64()),
            pa.field("end", pa.int64()),
            pa.field("intent_id", pa.int64()),
            pa.field("p_intent", pa.float64()),
        ]
    )
)
"""Type of the column `INTENTS` of the occurrences: the intents that an utterance states, and the characters that do."""
CARRIED_TYPES = (pa.float64(), pa.string(), pa.large_string(), STATED)
"""Types of the columns that an export of a contact centre adds to the occurrences, whatever their names are; `STATED`
is that of `INTENTS`."""
SENTENCES_SCHEMA = pa.schema(
    [
        pa.field("sentence_id", pa.int64(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("count", pa.int64(), nullable=False),
        pa.field("role", pa.string()),
        pa.field("intent_id", pa.int64(), nullable=False),
        pa.field("p_intent", pa.float64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("kind", pa.string()),
        pa.field("p_kind", pa.float64()),
        pa.field("p_need", pa.float64()),
    ]
)
INTENTS_SCHEMA = pa.schema(
    [
        pa.field("intent_id", pa.int64(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("description", pa.string()),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("n_occurrences", pa.int64(), nullable=False),
        pa.field("p_good", pa.float64(), nullable=False),
        pa.field("role", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("p_kind", pa.float64()),
        pa.field("examples", pa.list_(pa.large_string()), nullable=False),
        pa.field("uid", pa.string()),
        pa.field("candidate", pa.bool_()),
        pa.field("path", pa.list_(pa.string())),
    ]
)
LATER = ("description", "kind", "p_kind", "p_need", "uid", "candidate", "path")
"""Columns that runs of older versions lack."""


def read_sentences(folder: Path) -> pa.Table:
    """Return the table of sentences of a run; raise InputError if a column or a value is not as dialin writes it."""
    path = folder / files.SENTENCES
    table = saved.read_table_of(path, SENTENCES_SCHEMA, LATER)
    _check_ids(path, table["sentence_id"].to_numpy())
    if (table["count"].to_numpy() < 1).any():
        raise saved.damaged(path, "column 'count' holds a number below 1")
    if (table["intent_id"].to_numpy() < -1).any():
        raise saved.damaged(path, "column 'intent_id' holds a number below -1")
    _check_shares(path, table, "p_intent")
    return table


def read_found_intents(folder: Path, sentences: pa.Table) -> pa.Table:
    """Return the table of intents of a run; raise InputError if it is damaged or does not fit the sentences."""
    path = folder / files.INTENTS
    table = saved.read_table_of(path, INTENTS_SCHEMA, LATER)
    ids = table["intent_id"].to_numpy()
    if len(set(ids.tolist())) < len(ids) or (ids < 0).any():
        raise saved.damaged(path, "column 'intent_id' holds a number twice or below 0")
    _check_shares(path, table, "p_good")
    labels = sentences["intent_id"].to_numpy()
    found, counts = np.unique(labels[labels >= 0], return_counts=True)
    sizes = dict(zip(found.tolist(), counts.tolist(), strict=True))
    told = dict(zip(ids.tolist(), table["size"].to_pylist(), strict=True))
    if sizes != told:
        other = min(intent for intent in sizes.keys() | told if sizes.get(intent) != told.get(intent))
        said = f"{told.get(other, 'no')} sentences, {files.SENTENCES} has {sizes.get(other, 0)}"
        raise saved.damaged(path, f"it gives intent {other} {said}")
    return table


def read_occurrences(folder: Path, n_sentences: int) -> pa.Table:
    """Return the table of occurrences of a run; raise InputError if it does not fit its `n_sentences` sentences."""
    path = folder / files.OCCURRENCES
    table = saved.read_table_of(path, OCCURRENCES_SCHEMA, also=CARRIED_TYPES)
    of = table["sentence_id"].to_numpy()
    if pc.any(pc.invert(in_calendar(table["date"]))).as_py():
        raise saved.damaged(path, "column 'date' holds a time outside the years 1 to 9999")
    if len(of) and not 0 <= of.min() <= of.max() < n_sentences:
        raise saved.damaged(path, f"column 'sentence_id' holds a number that is not one of 0 … {n_sentences - 1}")
    return table


def asked_for_several(corpus: Corpus) -> bool:
    """Return whether the utterances of a run that state several intents are found: then they have the column."""
    occurrences = corpus.occurrences
    return INTENTS in occurrences.column_names and occurrences[INTENTS].type == STATED


def with_stated(corpus: Corpus, stated: pa.Array | None) -> Corpus:
    """Return a corpus with the intents that each sentence states, n lists; None: they are not known yet."""
    said = pa.array(corpus.occurrences["sentence_id"].to_numpy())
    column = pa.nulls(len(said), STATED) if stated is None else stated.take(said)
    kept = corpus.occurrences.drop_columns([INTENTS]) if asked_for_several(corpus) else corpus.occurrences
    return replace(corpus, occurrences=kept.append_column(INTENTS, column))


def _check_ids(path: Path, ids: NDArray[np.int64]) -> None:
    if not np.array_equal(ids, np.arange(len(ids))):
        raise saved.damaged(path, "column 'sentence_id' does not count 0, 1, 2, …")


def _check_shares(path: Path, table: pa.Table, name: str) -> None:
    values = table[name].to_numpy()
    if not ((values >= 0) & (values <= 1)).all():  # nan is not either
        raise saved.damaged(path, f"column {name!r} holds a number that is not in [0, 1]")


def sentences_table(corpus: Corpus, result: Result | None) -> pa.Table:
    """Return the table of ``sentences.parquet``; without a result, no sentence has an intent yet."""
    n = len(corpus.texts)
    roles = result.roles if result else corpus.roles or [""] * n
    kinds = result.kinds if result else None
    return pa.table(
        {
            "sentence_id": pa.array(np.arange(n, dtype=np.int64)),
            "text": pa.array(corpus.texts, pa.large_string()),
            "count": pa.array(corpus.counts, pa.int64()),
            "role": pa.array([role or None for role in roles], pa.string()),
            "intent_id": pa.array(result.labels if result else np.full(n, -1), pa.int64()),
            "p_intent": pa.array(result.p_intent if result else np.zeros(n), pa.float64()),
            "reason": pa.array(result.reasons if result else [""] * n, pa.string()),
            "kind": pa.array([kind or None for kind in kinds.names] if kinds else [None] * n, pa.string()),
            "p_kind": pa.array(kinds.p if kinds else np.full(n, np.nan), pa.float64(), from_pandas=True),
            "p_need": pa.array(kinds.P[:, 0] if kinds else np.full(n, np.nan), pa.float64(), from_pandas=True),
        }
    )


def intents_table(result: Result) -> pa.Table:
    """Return the table of ``intents.parquet``."""
    intents = result.intents
    return pa.table(
        {
            "intent_id": pa.array([i.intent_id for i in intents], pa.int64()),
            "name": pa.array([i.name for i in intents], pa.string()),
            "description": pa.array([i.description for i in intents], pa.string()),
            "size": pa.array([i.size for i in intents], pa.int64()),
            "n_occurrences": pa.array([i.n_occurrences for i in intents], pa.int64()),
            "p_good": pa.array([i.p_good for i in intents], pa.float64()),
            "role": pa.array([i.role or None for i in intents], pa.string()),
            "kind": pa.array([i.kind or None for i in intents], pa.string()),
            "p_kind": pa.array([i.p_kind for i in intents], pa.float64()),
            "examples": pa.array([list(i.examples) for i in intents], pa.list_(pa.large_string())),
            "uid": pa.array([i.uid for i in intents], pa.string()),
            "candidate": pa.array([i.candidate for i in intents], pa.bool_()),
            "path": paths_array([result.tree.path(i.intent_id) for i in intents]),
        }
    )


def paths_array(paths: Sequence[tuple[str, ...]]) -> pa.Array:
    """Return the column `path`: the names of the branches of each intent, from the top."""
    return pa.array([list(path) for path in paths], pa.list_(pa.string()))


def with_paths(intents: pa.Table, tree: IntentTree) -> pa.Table:
    """Return the table of intents with the column `path` as a tree has it; runs of older versions have no tree."""
    paths = paths_array([tree.path(intent) for intent in intents["intent_id"].to_pylist()])
    if "path" not in intents.column_names:
        return intents.append_column("path", paths)
    return intents.set_column(intents.column_names.index("path"), "path", paths)


def with_uids(intents: pa.Table, keys: Sequence[tuple[str, str]], labels: Labels) -> pa.Table:
    """Return the table of intents of an older version, which lacks the column `uid`, with that column.

    Parameters
    ----------
    intents : pyarrow.Table
        The table as the run wrote it, without the column.
    keys : sequence of (str, str), n
        Text and role of each sentence.
    labels : ndarray of shape (n,), int64
        Its intent, −1 for none.
    """
    rows = rows_by(labels)
    uids = [uid_of(keys[row] for row in rows[intent].tolist()) for intent in intents["intent_id"].to_pylist()]
    return intents.append_column("uid", pa.array(uids, pa.string()))


def rounds_json(result: Result) -> list[dict[str, object]]:
    """Return the lines of ``rounds.jsonl``; they name the script where there are several."""
    scripts = ("other scripts", "Chinese") if any(part.is_chinese for part, _ in result.rounds) else ("", "")
    return [
        {"role": part.role, "script": scripts[part.is_chinese], **_round_json(round_)} for part, round_ in result.rounds
    ]


def _round_json(round_: Round) -> dict[str, object]:
    kept = zip(round_.clusters, round_.verdicts, strict=True)
    return {
        "n_rest": round_.n_rest,
        "best_k": round_.best_k,
        "n_kept": len(round_.clusters),
        "n_kept_sentences": sum(map(len, round_.clusters)),
        "trials": [asdict(trial) | {"ratio": trial.ratio} for trial in round_.trials],
        "clusters": [{"size": len(rows)} | asdict(verdict) for rows, verdict in kept],
    }
