"""Compute the tables of a run after a review: pure functions of the original tables and the review state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dialin.cluster.partition import rows_by
from dialin.errors import InputError
from dialin.name.kinds import needs_and_frequent_first, prevailing
from dialin.review.log import DECISIONS, check_result, read_log
from dialin.review.replay import ReviewState, replay, start_of
from dialin.review.verdicts import JUDGES

N_EXAMPLES = 5
BY_PERSON = "person"
"""Reason for a sentence that a person removed from every intent."""


def state_of(sentences: pa.Table, intents: pa.Table) -> ReviewState:
    """Return the review state of a run before any edit."""
    names = dict(zip(intents["intent_id"].to_pylist(), intents["name"].to_pylist(), strict=True))
    return start_of(sentences["intent_id"].to_numpy(), names)


def reviewed(folder: Path, sentences: pa.Table, intents: pa.Table, result: str = "") -> ReviewState:
    """Return the review state of a run after all edits in its log.

    Parameters
    ----------
    folder : Path
        Folder of the log.
    sentences, intents : pyarrow.Table
        The tables that the run wrote.
    result : str
        Id of this result; "" if it is not known.

    Raises
    ------
    InputError
        The log is damaged or about another result, or an edit names an intent that never existed in this run.
    """
    check_result(folder / DECISIONS, result)
    entries = read_log(folder / DECISIONS)
    state = replay(state_of(sentences, intents), entries)
    foreign = sorted(i for e in entries if (i := getattr(e.edit, "intent", -1)) not in state.used and i >= 0)
    if foreign:
        raise InputError(
            f"{folder / DECISIONS}: the run has no intent {foreign[0]}; it has {intents.num_rows}",
            hint="the log belongs to another run",
        )
    return state


def is_edited(state: ReviewState) -> bool:
    """Return whether at least one edit takes effect."""
    return len(state.active) > len(state.void)


def edited_sentences(sentences: pa.Table, state: ReviewState) -> pa.Table:
    """Return ``sentences.parquet`` after a review; P(intent) is 1 for each sentence that a person placed."""
    before, after = sentences["intent_id"].to_numpy(), state.labels
    p = np.where(after < 0, 0.0, np.where(state.pinned, 1.0, sentences["p_intent"].to_numpy()))
    reasons = np.array(sentences["reason"].to_pylist(), dtype=object)
    reasons[(after < 0) & ((before >= 0) | state.pinned)] = BY_PERSON
    reasons[after >= 0] = ""
    columns = {
        "intent_id": pa.array(after, pa.int64()),
        "p_intent": pa.array(p, pa.float64()),
        "reason": pa.array(reasons.tolist(), pa.string()),
    }
    for name, values in columns.items():
        sentences = sentences.set_column(sentences.column_names.index(name), name, values)
    return sentences


def edited_intents(sentences: pa.Table, intents: pa.Table, state: ReviewState) -> pa.Table:
    """Return ``intents.parquet`` after a review, ordered as the run orders it; intents without sentences are left out.

    Parameters
    ----------
    sentences : pyarrow.Table
        The result of `edited_sentences`.
    intents : pyarrow.Table
        The table that the run wrote.
    state : ReviewState
        The state after all edits.
    """
    old = {row["intent_id"]: row for row in intents.to_pylist()}
    rows, own = rows_by(state.labels), _columns(sentences)
    made = [
        old[intent] | _said(intent, state, old)
        if intent in old and intent not in state.touched
        else _intent(intent, rows[intent], own, old.get(intent)) | _said(intent, state, old)
        for intent in state.intents
        if intent in rows
    ]
    made.sort(
        key=lambda row: (*needs_and_frequent_first(row.get("kind") or "", row["n_occurrences"]), row["intent_id"])
    )
    return pa.Table.from_pylist(made, intents.schema)


@dataclass(frozen=True)
class _Columns:
    """Columns of the sentence table, converted once because thousands of intents read them."""

    texts: list[str]
    roles: list[str | None]
    counts: NDArray[np.int64]
    p: NDArray[np.float64]
    kinds: list[str]


def _columns(sentences: pa.Table) -> _Columns:
    texts, roles = (sentences[name].to_pylist() for name in ("text", "role"))
    counts, p = sentences["count"].to_numpy(), sentences["p_intent"].to_numpy()
    return _Columns(texts, roles, counts, p, kinds_in(sentences))


def kinds_in(sentences: pa.Table) -> list[str]:
    """Return the kind of each sentence of ``sentences.parquet``; "" in a run of dialin 0.2.0, which knows none."""
    known = "kind" in sentences.column_names
    return [kind or "" for kind in sentences["kind"].to_pylist()] if known else [""] * sentences.num_rows


def _said(intent: int, state: ReviewState, old: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    """Return the columns of an intent that a person decides: its name and P(good)."""
    return {"name": state.intents[intent].name, "p_good": _p_good(intent, state, old)}


def _intent(intent: int, rows: NDArray[np.int64], own: _Columns, found: dict[str, Any] | None) -> dict[str, Any]:
    """Return the columns of an intent that follow from its sentences."""
    before = found or {"role": None, "examples": []}
    kind, p_kind = prevailing([own.kinds[row] for row in rows], own.counts[rows])
    return {
        "intent_id": intent,
        "size": len(rows),
        "n_occurrences": int(own.counts[rows].sum()),
        "role": before["role"] or _shared_role(own, rows),
        "kind": kind or None,
        "p_kind": p_kind,
        "examples": _examples(own, rows, before["examples"]),
        "description": "",  # it was written about other sentences
    }


def _p_good(intent: int, state: ReviewState, old: Mapping[int, dict[str, Any]]) -> float:
    """Return P(good): a person's decision, else the run's verdict, else 0.5 for a part that nobody has judged."""
    known = state.intents[intent]
    if known.confirmed or known.wants_split:
        return float(not known.wants_split)
    if state.judged.decision(JUDGES, intent):
        return 1.0
    is_part = intent not in old or any(parted.intent == intent for parted in state.parted)
    return 0.5 if is_part else float(old[intent]["p_good"])


def _shared_role(own: _Columns, rows: NDArray[np.int64]) -> str | None:
    """Return the role that all sentences share; None if they have several."""
    roles = {own.roles[row] for row in rows}
    return roles.pop() if len(roles) == 1 else None


def _examples(own: _Columns, rows: NDArray[np.int64], before: list[str]) -> list[str]:
    """Return the examples that are still in the intent, then its sentences of highest P(intent) and frequency."""
    known = [own.texts[row] for row in rows]  # a list, since a set would hash every text for five look-ups
    kept = [text for text in before if text in known]
    n = max(N_EXAMPLES, len(kept))
    best = rows[np.lexsort((rows, -own.counts[rows], -own.p[rows]))[: n + len(kept)]]
    return list(dict.fromkeys([*kept, *(own.texts[row] for row in best)]))[:n]
