"""Says what a user wants exported, and which intents of a run that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from dialin.export.tally import Tally
from dialin.name.actions import AGENT
from dialin.name.kinds import may_be_need
from dialin.review.replay import ReviewState
from dialin.review.stages import Stage, stage_of

ExportRoles = Literal["customer", "agent", "all"]
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
    """

    max_phrases: int | None = None
    all_kinds: bool = False
    reviewed: bool = False
    min_p_good: float = 0.0
    role: ExportRoles = "customer"
    with_none: bool = False
    language: str = "en"

    def says(self, role: str | None) -> bool:
        """Return whether what somebody with this role says is wanted; None and "" are an unknown role."""
        return self.role == "all" or not role or (role == AGENT) == (self.role == "agent")


def wanted_intents(
    rows: list[dict[str, Any]], state: ReviewState, wanted: Wanted, tally: Tally
) -> list[dict[str, Any]]:
    """Return the wanted rows of ``intents.parquet``, in their order; the tally gets the reasons of the others."""
    found = []
    for row in rows:
        reason = why_not(row, state, wanted)
        if reason:
            tally.leave_intent(row["intent_id"], reason)
        else:
            found.append(row)
    return found


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
