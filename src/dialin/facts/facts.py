"""Everything that a run says about its intents, as plain values: for the page, the terminal and JSON alike.

`dialin.facts.build` makes them of a run folder.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from dialin.cluster.tree import Tree
from dialin.facts.headline import Summary
from dialin.facts.trends import TENTH, ShareChange
from dialin.name.labels import PLACEHOLDER_NAMES
from dialin.text.width import shortened

TITLE_WIDTH = 36
"""Columns of a sentence that stands for an intent without a name."""


@dataclass(frozen=True)
class Link:
    """Another intent (−1: none, the end of the dialogue), and a share in [0, 1]."""

    intent_id: int
    share: float


@dataclass(frozen=True)
class IntentFacts:
    """One intent.

    Parameters
    ----------
    intent_id, name, size, n_occurrences, p_good, role, examples
        As in ``intents.parquet``.
    share : float
        Share of all utterances.
    confused_with : tuple of Link
        Intents that the decision function would give part of its sentences to, and how much.
    followed_by : tuple of Link
        What the same speaker usually comes to next; −1: nothing more. Of the times that it was said.
    answered_by : tuple of Link
        What the other side usually says right after it.
    is_routine : bool
        Whether it is no reason to call.
    n_reason : int
        Dialogues whose main reason it is.
    per_period : tuple of int
        Utterances in each period of the timeline.
    move : ShareChange or None
        How its share changed over the timeline.
    """

    intent_id: int
    name: str
    size: int
    n_occurrences: int
    share: float
    p_good: float
    role: str
    examples: tuple[str, ...]
    confused_with: tuple[Link, ...]
    followed_by: tuple[Link, ...]
    answered_by: tuple[Link, ...]
    is_routine: bool
    n_reason: int
    per_period: tuple[int, ...]
    move: ShareChange | None

    @property
    def title(self) -> str:
        """Its name; where it has none, its most central sentence in quotation marks."""
        is_named = not self.name.startswith(tuple(PLACEHOLDER_NAMES.values()))
        return self.name if is_named or not self.examples else f"“{shortened(self.examples[0], TITLE_WIDTH)}”"


@dataclass(frozen=True)
class RoleFacts:
    """Who speaks: utterances, those with an intent, intents, the largest of these, and utterances in each period."""

    role: str
    n_occurrences: int
    n_assigned: int
    n_intents: int
    top: tuple[Link, ...]
    per_period: tuple[int, ...]


@dataclass(frozen=True)
class Calls:
    """The dialogues: how many, how many of them without a main reason, and the usual ways through them."""

    n_dialogues: int
    n_without: int
    paths: tuple[tuple[tuple[int, ...], int], ...]


@dataclass(frozen=True)
class Timeline:
    """Utterances per period: `unit` and names of the periods, all utterances, and those without an intent."""

    unit: str
    names: tuple[str, ...]
    totals: tuple[int, ...]
    unassigned: tuple[int, ...]

    @property
    def is_dated(self) -> bool:
        """Whether the periods are stretches of time."""
        return self.unit != TENTH


@dataclass(frozen=True)
class Stray:
    """A sentence without an intent: how often it was said, and the nearest intent (−1: there is none)."""

    text: str
    count: int
    nearest: int


@dataclass(frozen=True)
class UnassignedGroup:
    """What stayed without an intent for one reason: what that means, how much it is, and examples."""

    reason: str
    meaning: str
    n_occurrences: int
    n_sentences: int
    examples: tuple[Stray, ...]


@dataclass(frozen=True)
class Facts:
    """Everything that a run says.

    Parameters
    ----------
    summary : Summary
        The headline figures.
    intents : tuple of IntentFacts
        From the most frequent to the least. After a review their numbers are in another order, with gaps.
    tree : Tree or None
        Over the intents, by their place here; None without embeddings.
    families : tuple of tuple of int
        Intents of each part of the tree that is cut into families.
    roles : tuple of RoleFacts
        Who speaks; empty where no role is known.
    calls : Calls or None
        The dialogues; None if the input has no ids of dialogues.
    timeline : Timeline or None
        Periods; None if the input has neither dates nor enough dialogues.
    left : tuple of UnassignedGroup
        What has no intent, by reason, the most frequent first.
    rounds : tuple of dict
        The lines of ``rounds.jsonl``.
    """

    summary: Summary
    intents: tuple[IntentFacts, ...]
    tree: Tree | None
    families: tuple[tuple[int, ...], ...]
    roles: tuple[RoleFacts, ...]
    calls: Calls | None
    timeline: Timeline | None
    left: tuple[UnassignedGroup, ...]
    rounds: tuple[dict[str, Any], ...]

    def intent(self, number: int) -> IntentFacts:
        """Return the intent with a number."""
        return self.intents[self._places[number]]

    @cached_property
    def _places(self) -> dict[int, int]:
        return {one.intent_id: place for place, one in enumerate(self.intents)}

    def has(self, number: int) -> bool:
        """Return whether there is an intent with a number."""
        return number in self._places

    @property
    def reasons(self) -> list[IntentFacts]:
        """Intents that are the main reason of a call, those of most calls first."""
        return sorted((one for one in self.intents if one.n_reason), key=lambda one: -one.n_reason)

    @property
    def movers(self) -> list[IntentFacts]:
        """Intents whose share has surely changed, the surest first."""
        sure = [(one.move, one) for one in self.intents if one.move and one.move.is_sure]
        return [one for _, one in sorted(sure, key=lambda pair: -abs(pair[0].z))]

    def shares(self, one: IntentFacts | RoleFacts) -> list[float]:
        """Return the share of an intent or a role in each period, 0 where nothing was said; none without a timeline."""
        totals = self.timeline.totals if self.timeline else ()
        return [n / max(total, 1) for n, total in zip(one.per_period, totals, strict=True)]

    def family_share(self, family: tuple[int, ...]) -> float:
        """Return the share of all utterances that a family has."""
        return sum(self.intent(intent).share for intent in family)

    def as_dict(self) -> dict[str, Any]:
        """Return what the summary does not have, as plain values for JSON.

        The tree is a list of joins: two nodes and their distance. Node i is the intent in place i of the list; with m
        intents, join j makes node m + j.
        """
        values = asdict(self)
        del values["summary"]
        children, height = (self.tree.children.tolist(), self.tree.height.tolist()) if self.tree else ([], [])
        return values | {"tree": [[*pair, distance] for pair, distance in zip(children, height, strict=True)]}


def stratum_of(round_: dict[str, Any]) -> str:
    """Return the stratum whose sentences a round worked on.

    Examples
    --------
    >>> stratum_of({"role": "agent", "script": "Chinese"}), stratum_of({"role": "", "script": ""})
    ('agent, Chinese', 'all')
    """
    return ", ".join(filter(None, (round_["role"] or "all", round_["script"])))
