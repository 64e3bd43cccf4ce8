"""Compute the tables of a run after a review: pure functions of the original tables and the review state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dialin.cluster.labels import rows_by, rows_labelled
from dialin.discover.intent_tree import IntentTree
from dialin.discover.uids import uids_of_parts
from dialin.errors import InputError
from dialin.name.kinds import needs_and_frequent_first, prevailing
from dialin.review.columns import SentenceColumns, sentence_columns
from dialin.review.effects import touched_labels
from dialin.review.log import DECISIONS, check_result, read_log
from dialin.review.replay import replay
from dialin.review.state import ReviewState, start_of
from dialin.review.verdicts import JUDGES

Row = dict[str, Any]
N_EXAMPLES = 5
IN_PLACE = "in_place"
"""Column of an intent that is not stored: its utterances, each times P(intent | sentence)."""
BY_PERSON = "person"
"""Reason for a sentence that a person removed from every intent."""


def state_of(sentences: pa.Table, intents: pa.Table, tree: IntentTree | None = None) -> ReviewState:
    """Return the review state of a run before any edit."""
    ids = intents["intent_id"].to_pylist()
    names = dict(zip(ids, intents["name"].to_pylist(), strict=True))
    waits = intents["candidate"].to_pylist() if "candidate" in intents.column_names else [False] * len(ids)
    candidates = {i for i, is_one in zip(ids, waits, strict=True) if is_one}
    return start_of(sentences["intent_id"].to_numpy(), names, candidates, tree)


def reviewed(
    folder: Path, sentences: pa.Table, intents: pa.Table, result: str = "", tree: IntentTree | None = None
) -> ReviewState:
    """Return the review state of a run after all edits in its log.

    Parameters
    ----------
    folder : Path
        Folder of the log.
    sentences, intents : pyarrow.Table
        The tables that the run wrote.
    result : str
        Id of this result; "" if it is not known.
    tree : IntentTree, optional
        The branches that the run made.

    Raises
    ------
    InputError
        The log is damaged or about another result, or an edit names an intent that never existed in this run.
    """
    check_result(folder / DECISIONS, result)
    entries = read_log(folder / DECISIONS)
    state = replay(state_of(sentences, intents, tree), entries)
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
    p = p_after(sentences["p_intent"].to_numpy(), state)
    is_removed = pa.array((after < 0) & ((before >= 0) | state.pinned))
    reasons = pc.if_else(is_removed, BY_PERSON, sentences["reason"].cast(pa.string()))
    columns = {
        "intent_id": pa.array(after, pa.int64()),
        "p_intent": pa.array(p, pa.float64()),
        "reason": pc.if_else(pa.array(after >= 0), "", reasons),
    }
    for name, values in columns.items():
        sentences = sentences.set_column(sentences.column_names.index(name), name, values)
    return sentences


def p_after(p: NDArray[np.float64], state: ReviewState) -> NDArray[np.float64]:
    """Return P(intent) of each sentence after a review, given what it was before."""
    after = p.copy()
    after[state.pinned] = 1.0
    after[state.labels < 0] = 0.0
    return after


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
    found = {row["intent_id"]: row for row in intents.to_pylist()}
    rows = edited_rows(sentence_columns(sentences), found, state)
    return pa.Table.from_pylist(sorted(rows, key=_place), intents.schema)


def _place(row: Row) -> tuple[bool, int, int]:
    return *needs_and_frequent_first(row.get("kind") or "", row["n_occurrences"]), row["intent_id"]


def rows_with_place(own: SentenceColumns, labels: NDArray[np.int64], intents: pa.Table) -> dict[int, Row]:
    """Return the rows of ``intents.parquet`` by intent, each with its `IN_PLACE`; `labels` are the run's."""
    ids = intents["intent_id"].to_numpy()
    in_place = np.bincount(labels + 1, weights=own.counts * own.p, minlength=int(ids.max(initial=-1)) + 2)[1:]
    return {row["intent_id"]: row | {IN_PLACE: float(in_place[row["intent_id"]])} for row in intents.to_pylist()}


@dataclass(frozen=True)
class Earlier:
    """A state of the review that is known already, and the rows of its intents by id."""

    state: ReviewState
    rows: Mapping[int, Row]

    def is_known(self, state: ReviewState) -> frozenset[int]:
        """Return the intents that hold the same sentences in a later state, put there by the same: run or person."""
        before = self.state
        return frozenset(self.rows) - touched_labels(before.labels, state.labels, before.pinned != state.pinned)


def edited_rows(
    own: SentenceColumns, found: Mapping[int, Row], state: ReviewState, earlier: Earlier | None = None
) -> list[Row]:
    """Return the rows of ``intents.parquet`` after a review, in any order.

    Parameters
    ----------
    own : SentenceColumns
        The columns of the result of `edited_sentences`.
    found : mapping of int to dict
        The rows that the run wrote, by intent.
    state : ReviewState
        The state after all edits.
    earlier : Earlier, optional
        Any other state, which saves the work for the intents that hold the same sentences in both; where people say
        the same of them, too, the rows are the same objects.
    """
    said, known = _Said(state, found), found
    same = said_before = frozenset[int]()
    if earlier:
        same, said_before = earlier.is_known(state), said.shared(_Said(earlier.state, found))
        known = {**found, **{intent: earlier.rows[intent] for intent in same}}
    touched = (state.touched & state.intents.keys()) - same
    at = rows_labelled(state.labels, np.fromiter(touched, dtype=np.int64, count=len(touched)))
    rows = {intent: at[own] for intent, own in rows_by(state.labels[at]).items()}
    made = [
        _intent(intent, rows[intent], own, found.get(intent)) if intent in rows else known[intent]
        for intent in state.intents
        if intent in rows or (intent in known and intent not in touched)
    ]
    as_before = same & said_before
    return [row if (intent := row["intent_id"]) in as_before else row | said.columns(intent) for row in made]


class _Said:
    """What people say of an intent, whatever its sentences are; what that needs of all intents is looked up once."""

    def __init__(self, state: ReviewState, found: Mapping[int, Row]) -> None:
        self.state, self.found = state, found
        self.parted = {parted.intent for parted in state.parted}
        heard = {intent for group, intent, _ in state.judged.heard if group == JUDGES}
        self.judged_good = {intent for intent in heard if state.judged.decision(JUDGES, intent)}

    @cached_property
    def uid_of_part(self) -> Callable[[int], str]:
        return uids_of_parts(row.get("uid") or "" for row in self.found.values())

    def shared(self, other: _Said) -> frozenset[int]:
        """Return intents of which people say the same in another state; perhaps not all of them."""
        now, then = self.state, other.state
        differ = (self.parted ^ other.parted) | (self.judged_good ^ other.judged_good)
        told = [intent for intent, known in now.intents.items() if then.intents.get(intent) is known]
        if now.tree != then.tree:
            told = [intent for intent in told if now.tree.path(intent) == then.tree.path(intent)]
        return frozenset(told) - differ

    def columns(self, intent: int) -> Row:
        """Return the columns of an intent that a person decides, and the uid of one that is new."""
        known = self.state.intents[intent]
        return {
            "name": known.name,
            "p_good": self._p_good(intent),
            "candidate": known.candidate and intent not in self.judged_good,
            "path": list(self.state.tree.path(intent)),
            "uid": self.found[intent].get("uid") if intent in self.found else self.uid_of_part(intent),
        }

    def _p_good(self, intent: int) -> float:
        """Return P(good): a person's decision, else the run's verdict, else 0.5 for a part that nobody has judged."""
        known = self.state.intents[intent]
        if known.confirmed or known.wants_split:
            return float(not known.wants_split)
        if intent in self.judged_good:
            return 1.0
        is_part = intent not in self.found or intent in self.parted
        return 0.5 if is_part else float(self.found[intent]["p_good"])


def _intent(intent: int, rows: NDArray[np.int64], own: SentenceColumns, found: dict[str, Any] | None) -> dict[str, Any]:
    """Return the columns of an intent that follow from its sentences."""
    before = found or {"role": None, "examples": []}
    kind, p_kind = prevailing(own.kinds.at(rows), own.counts[rows])
    return {
        "intent_id": intent,
        "size": len(rows),
        "n_occurrences": int(own.counts[rows].sum()),
        IN_PLACE: float(own.counts[rows] @ own.p[rows]),
        "role": before["role"] or _shared_role(own, rows),
        "kind": kind or None,
        "p_kind": p_kind,
        "examples": _examples(own, rows, before["examples"]),
        "description": "",  # it was written about other sentences
    }


def _shared_role(own: SentenceColumns, rows: NDArray[np.int64]) -> str | None:
    """Return the role that all sentences share; None if they have several."""
    codes = np.unique(own.roles.codes[rows])
    return own.roles.names[codes[0]] or None if len(codes) == 1 else None


def _examples(own: SentenceColumns, rows: NDArray[np.int64], before: list[str]) -> list[str]:
    """Return the examples that are still in the intent, then its sentences of highest P(intent) and frequency."""
    known = own.texts.take(pa.array(rows))
    wanted = pa.array(before, known.type)
    kept = wanted.filter(pc.is_in(wanted, known.filter(pc.is_in(known, wanted)))).to_pylist()
    n = max(N_EXAMPLES, len(kept))
    best = rows[np.lexsort((rows, -own.counts[rows], -own.p[rows]))[: n + len(kept)]]
    return list(dict.fromkeys([*kept, *own.texts.take(pa.array(best)).to_pylist()]))[:n]
