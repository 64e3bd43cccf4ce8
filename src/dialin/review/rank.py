"""Rank the intents in the order in which people should look at them, and find the nearest intent of each.

New intents and candidates come first, then those that have drifted, then the others; in each group, they come as they
are listed everywhere: needs, leftover groups, and the rest. Among those, the first are those with the most utterances
that, in expectation, belong elsewhere or are in a mixed intent.
Confirmed intents come last, unless they have drifted after that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from dialin.judge.certainty import expected_purity
from dialin.name.sections import LEFTOVER, SECTIONS, section_of
from dialin.review.apply import IN_PLACE, Row
from dialin.review.nearness import IntentNearness
from dialin.review.state import ReviewState


@dataclass(frozen=True)
class Since:
    """What has happened since an earlier run.

    Parameters
    ----------
    new, drifted : frozenset of str
        Uids of the intents that the earlier run did not have, and of those that have changed.
    looked_at : frozenset of int
        Intents about which people have decided in this run, and not only in the earlier one.
    """

    new: frozenset[str] = frozenset()
    drifted: frozenset[str] = frozenset()
    looked_at: frozenset[int] = frozenset()

    def has_drifted(self, uid: str, intent: int, *, is_done: bool) -> bool:
        """Return whether an intent has changed and nobody has confirmed it after that."""
        return uid in self.drifted and not (is_done and intent in self.looked_at)


NOTHING_SINCE = Since()


class RankedIntent(NamedTuple):
    """An intent in the order of review; thousands are compared after each decision.

    Parameters
    ----------
    intent, name, role : int, str, str
        Id, name and role ("" for none).
    size, n_occurrences : int
        Number of sentences and of utterances.
    p_good : float
        P(its sentences share one intent).
    doubt : float
        How much there may be to correct, to sort by; it adds up what may be wrong in several ways, and counts nothing.
    close, close_name : int, str
        The nearest intent of the same role; −1 and "" if there is no other.
    cosine : float
        Cosine of the two centroids.
    is_done : bool
        Whether a person confirmed it and nobody wants it split.
    wants_split : bool
        Whether a person wants it split.
    examples : tuple of str
        Sample sentences.
    description : str
        A sentence about it by an LLM; "" where there is none.
    uid : str
        Its identity.
    is_candidate, is_new, has_drifted : bool
        Whether it waits to be accepted, is not in the earlier run, or has changed since and needs a second look.
    kind : str
        What most of its utterances do; "" if it is unknown.
    section : str
        The heading under which it is listed, one of `SECTIONS`.
    """

    intent: int
    name: str
    role: str
    size: int
    n_occurrences: int
    p_good: float
    doubt: float
    close: int
    close_name: str
    cosine: float
    is_done: bool
    wants_split: bool
    examples: tuple[str, ...]
    description: str
    uid: str = ""
    is_candidate: bool = False
    is_new: bool = False
    has_drifted: bool = False
    kind: str = ""
    section: str = SECTIONS[0]

    @property
    def misfits(self) -> float:
        """Expected number of its utterances that do not fit it, as the expected purity of a run counts them."""
        return self.n_occurrences * (1 - expected_purity(self.p_good))

    @property
    def is_leftover(self) -> bool:
        """Whether it is listed under the leftover groups, to be read before use."""
        return self.section == LEFTOVER

    @property
    def is_settled(self) -> bool:
        """Whether nobody has to look at it."""
        return self.is_done and not self.has_drifted

    @property
    def turn(self) -> tuple[bool, int, int, float, int]:
        """Its place in the order of review, to sort by."""
        is_first = (self.is_candidate or self.is_new) and not self.is_done
        first = 0 if is_first else 1 if self.has_drifted else 2
        section = SECTIONS.index(self.section)
        return self.is_settled, 0 if self.is_settled else first, section, -self.doubt, self.intent


def ranking(
    state: ReviewState, intents: Iterable[Row], near: IntentNearness | None, since: Since = NOTHING_SINCE
) -> list[RankedIntent]:
    """Return all intents: new ones and candidates, then drifted ones, then others, and last those that are confirmed.

    P(a sentence is in its place) is P(good) of its intent times P(intent | sentence), which is low if another intent
    is near. Doubt sums the complement over utterances, so uncertain, large and confusable intents come first.

    Parameters
    ----------
    state : ReviewState
        State of the review.
    intents : iterable of dict
        Rows of ``intents.parquet`` after it, with their `IN_PLACE`.
    near : IntentNearness or None
        Which intent is nearest to each of them; None if nobody knows, because there are no vectors.
    since : Since
        Which intents are new or have drifted; none by default.
    """
    return Ranker().ranking(state, intents, near, since)


class _Around(NamedTuple):
    """What a ranked intent has that is not in its row: of its nearest one, and of what people did with it."""

    close: int
    close_name: str
    cosine: float
    is_done: bool
    wants_split: bool
    is_new: bool
    has_drifted: bool


class Ranker:
    """Ranks the intents again and again: those that have the same row, and the same around it, are not made anew."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Row, _Around, RankedIntent]] = {}

    def ranking(
        self, state: ReviewState, intents: Iterable[Row], near: IntentNearness | None, since: Since = NOTHING_SINCE
    ) -> list[RankedIntent]:
        """Return all intents as `ranking` does; rows must not be changed in place."""
        close = near.closest if near else {}
        made = {}
        for row in intents:
            intent = row["intent_id"]
            around, known = _around(row, state, close.get(intent, (-1, 0.0)), since), self._made.get(intent)
            is_same = known and known[0] is row and known[1] == around
            made[intent] = known if known and is_same else (row, around, _ranked(row, around))
        self._made = made
        return sorted((ranked for _, _, ranked in made.values()), key=lambda row: row.turn)


def _around(row: Row, state: ReviewState, near: tuple[int, float], since: Since) -> _Around:
    known, uid, close = state.intents[row["intent_id"]], row.get("uid") or "", near[0]
    is_done = known.confirmed and not known.wants_split
    has_drifted = since.has_drifted(uid, row["intent_id"], is_done=is_done)
    name = state.intents[close].name if close >= 0 else ""
    return _Around(close, name, near[1], is_done, known.wants_split, uid in since.new, has_drifted)


def _ranked(row: Row, around: _Around) -> RankedIntent:
    return RankedIntent(
        intent=row["intent_id"],
        name=row["name"],
        role=row["role"] or "",
        size=row["size"],
        n_occurrences=row["n_occurrences"],
        p_good=row["p_good"],
        doubt=max(row["n_occurrences"] - row["p_good"] * row[IN_PLACE], 0.0),  # else rounding may give −0.0
        examples=tuple(row["examples"]),
        description=row.get("description") or "",
        uid=row.get("uid") or "",
        is_candidate=bool(row.get("candidate")),
        kind=row.get("kind") or "",
        section=section_of({"kind": "", **row}),
        **around._asdict(),
    )
