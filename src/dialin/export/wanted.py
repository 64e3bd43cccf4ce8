"""Says what a user wants exported, and which intents of a run that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from dialin.errors import InputError
from dialin.export.tally import Tally
from dialin.name.actions import AGENT
from dialin.name.kinds import may_be_need
from dialin.review.stages import Stage, stage_of
from dialin.review.state import ReviewState
from dialin.runs.run import Run
from dialin.runs.shown_tree import shown_tree
from dialin.runs.withheld import intent_dialogues
from dialin.taxonomy.snapshot import as_places, numbered_from_zero

ExportRoles = Literal["customer", "agent", "all"]
IN_FEW = "in too few dialogues"
ACCEPTED_STAGES = (Stage.VERIFY, Stage.VERIFIED)
"""Stages of an intent that a person confirmed and that no verifiers rejected."""


@dataclass(frozen=True)
class Wanted:
    """What a user wants exported.

    Parameters
    ----------
    max_phrases : int, optional
        Most phrases of an intent in each language, at least 1; None: what is usual for the format.
    all_kinds : bool
        Whether intents that are no needs are exported, too.
    reviewed : bool
        Whether only intents are that a person accepted.
    min_p_good : float
        Least P(good) of an intent, in [0, 1].
    role : {"customer", "agent", "all"}
        Whose intents and phrases are exported; whoever is no agent counts as a customer.
    with_none : bool
        Whether sentences without an intent are exported as examples of what belongs to none.
    language : str
        Code of the language of what is not Chinese.
    min_dialogues : int
        Least number of dialogues of an intent.
    """

    max_phrases: int | None = None
    all_kinds: bool = False
    reviewed: bool = False
    min_p_good: float = 0.0
    role: ExportRoles = "customer"
    with_none: bool = False
    language: str = "en"
    min_dialogues: int = 0

    def says(self, role: str | None) -> bool:
        """Return whether what somebody with this role says is wanted; None and "" are an unknown role."""
        return self.role == "all" or not role or (role == AGENT) == (self.role == "agent")


def wanted_intents(run: Run, wanted: Wanted, tally: Tally) -> list[dict[str, Any]]:
    """Return the wanted rows of ``intents.parquet``, in their order; the tally gets the reasons of the others.

    Their `path` has no branch whose name may tell of an intent of too few dialogues.

    Raises
    ------
    InputError
        Sentences without an intent are wanted, which few people said, but only intents of many dialogues.
    """
    check_with_none(wanted)
    found, few = [], in_few_dialogues(run, wanted.min_dialogues)
    tree = shown_tree(run.tree, few)
    for row in run.intents.to_pylist():
        reason = IN_FEW if row["intent_id"] in few else why_not(row, run.review, wanted)
        if reason:
            tally.leave_intent(row["intent_id"], reason)
        else:
            found.append(row | {"path": list(tree.path(row["intent_id"]))} if few else row)
    return found


def check_with_none(wanted: Wanted) -> None:
    """Raise InputError if sentences without an intent are wanted, but only intents of many dialogues."""
    if wanted.with_none and wanted.min_dialogues > 1:
        raise InputError(
            "--with-none exports what has no intent, which few people said, but --min-dialogues withholds that",
            hint="leave one of them out",
        )


def in_few_dialogues(run: Run, min_dialogues: int) -> set[int]:
    """Return the ids of the intents of fewer than `min_dialogues` dialogues."""
    if min_dialogues <= 1:
        return set()
    ids = run.intents["intent_id"].to_numpy()
    labels = as_places(run.sentences["intent_id"].to_numpy(), numbered_from_zero(ids.tolist()))
    occurrences = run.corpus.occurrences
    found = intent_dialogues(occurrences, labels[occurrences["sentence_id"].to_numpy()], len(ids))
    return set(ids[found.n < min_dialogues].tolist())


def why_not(row: dict[str, Any], state: ReviewState, wanted: Wanted) -> str:
    """Return the reason why an intent is not wanted; "" if it is."""
    if not wanted.says(row["role"]):
        return "said by an agent" if wanted.role == "customer" else "said by a customer"
    if not wanted.all_kinds and not may_be_need(row.get("kind") or ""):
        return "not a need (--all takes it)"
    if row["p_good"] < wanted.min_p_good:
        return f"P(good) below {wanted.min_p_good:g}"
    if wanted.reviewed and stage_of(state, row["intent_id"]) not in ACCEPTED_STAGES:
        return "not accepted in a review"
    return ""
