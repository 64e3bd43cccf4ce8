"""Defines the facts of a run as plain values, for the page, the terminal and JSON.

`dialin.facts.build` computes them from a run folder.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from dialin.cluster.tree import Tree
from dialin.facts.branches import BranchFacts
from dialin.facts.groups import GroupFacts
from dialin.facts.headline import Summary
from dialin.facts.left import UnassignedGroup
from dialin.facts.outcomes import Outcomes
from dialin.facts.trends import TENTH, ShareChange
from dialin.name.kinds import may_be_need
from dialin.name.labels import PLACEHOLDER_NAMES
from dialin.name.sections import LEFTOVER, by_heading, section_of
from dialin.text.width import shortened

TITLE_WIDTH = 36
"""Maximum width, in columns, of a sentence shown in place of an intent's missing name."""


@dataclass(frozen=True)
class Link:
    """Link to another intent (−1 for the end of the dialogue), with a share in [0, 1]."""

    intent_id: int
    share: float


@dataclass(frozen=True)
class IntentFacts:
    """Facts of one intent.

    Parameters
    ----------
    intent_id, uid, candidate, name, size, n_occurrences, p_good, role, examples, path
        As in ``intents.parquet``.
    description : str
        A sentence about it by an LLM; "" where there is none.
    kind : str
        What most of its utterances do, one of `dialin.name.kinds.KINDS`; "" if it is unknown.
    p_kind : float or None
        Share of its utterances that do this; None if it is unknown.
    share : float
        Share of all utterances.
    confused_with : tuple of Link
        Intents to which the decision function would give part of its sentences, with the mean probability.
    followed_by : tuple of Link
        Usual next intents of the same speaker (−1 for the end of the dialogue), with their share of its occurrences.
    answered_by : tuple of Link
        Usual intents of the other side right after it, with their share of the answers.
    is_routine : bool
        Whether it is routine, and so never the main reason for a call.
    n_reason : int or None
        Number of dialogues of which it is the main reason; None if it is withheld.
    per_period : tuple of int
        Number of utterances in each period of the timeline.
    move : ShareChange or None
        Change of its share over the timeline; None without a timeline.
    n_dialogues, dialogue_share : int or None, float or None
        Number of dialogues in which it is said, and their share of all; None without dialogue ids or if withheld.
    """

    intent_id: int
    uid: str
    candidate: bool
    name: str
    size: int
    n_occurrences: int
    share: float
    p_good: float
    role: str
    examples: tuple[str, ...]
    description: str
    kind: str
    p_kind: float | None
    confused_with: tuple[Link, ...]
    followed_by: tuple[Link, ...]
    answered_by: tuple[Link, ...]
    is_routine: bool
    n_reason: int | None
    per_period: tuple[int, ...]
    move: ShareChange | None
    path: tuple[str, ...] = ()
    n_dialogues: int | None = None
    dialogue_share: float | None = None

    @property
    def is_leftover(self) -> bool:
        """Whether it is listed under the leftover groups, to be read before use."""
        return section_of(vars(self)) == LEFTOVER

    @property
    def title(self) -> str:
        """The name; without one, the most central sentence in quotation marks."""
        is_named = not self.name.startswith(tuple(PLACEHOLDER_NAMES.values()))
        return self.name if is_named or not self.examples else f"“{shortened(self.examples[0], TITLE_WIDTH)}”"


@dataclass(frozen=True)
class RoleFacts:
    """Facts of one role: its utterances, those with an intent, its intents, the largest, and utterances per period."""

    role: str
    n_occurrences: int
    n_assigned: int
    n_intents: int
    top: tuple[Link, ...]
    per_period: tuple[int, ...]


@dataclass(frozen=True)
class Calls:
    """Facts of the dialogues.

    Their number, the number without a main reason, the usual paths through them, and the number of those whose main
    reason is shown without its number of calls.
    """

    n_dialogues: int
    n_without: int
    paths: tuple[tuple[tuple[int, ...], int], ...]
    n_withheld: int = 0


@dataclass(frozen=True)
class Timeline:
    """Utterances per period: the unit and names of the periods, with counts of all and of unassigned utterances.

    With dates, `days` has the first and the last day of the utterances; the first period may begin earlier.
    """

    unit: str
    names: tuple[str, ...]
    totals: tuple[int, ...]
    unassigned: tuple[int, ...]
    days: tuple[str, ...] = ()

    @property
    def is_dated(self) -> bool:
        """Whether the periods are dates rather than parts of the input."""
        return self.unit != TENTH


@dataclass(frozen=True)
class Facts:
    """All facts of a run.

    Parameters
    ----------
    summary : Summary
        Headline figures.
    intents : tuple of IntentFacts
        Intents, needs first, each group with the most frequent first. After a review, their ids have gaps and may be
        in another order.
    tree : Tree or None
        Tree over the intents, by their place in `intents`; None without embeddings.
    branches : tuple of BranchFacts
        Branches above the intents, each followed by what is in it; none where no tree is worth reading.
    roles : tuple of RoleFacts
        Facts of each role; empty if no role is known.
    calls : Calls or None
        Facts of the dialogues; None if the input has no dialogue ids.
    timeline : Timeline or None
        Utterances per period; None if the input has neither dates nor enough dialogues.
    left : tuple of UnassignedGroup
        Sentences without an intent, by reason, most frequent first.
    rounds : tuple of dict
        The lines of ``rounds.jsonl``.
    seconds : dict of str to float
        Seconds of each step of the run, over all its sessions; empty if they are not known.
    outcomes : Outcomes or None
        What came of the dialogues with each intent; None if nothing is known of it.
    groups : tuple of GroupFacts
        Groups of new sentences inside known intents that an update found, and nobody has dealt with.
    """

    summary: Summary
    intents: tuple[IntentFacts, ...]
    tree: Tree | None
    branches: tuple[BranchFacts, ...]
    roles: tuple[RoleFacts, ...]
    calls: Calls | None
    timeline: Timeline | None
    left: tuple[UnassignedGroup, ...]
    rounds: tuple[dict[str, Any], ...]
    seconds: dict[str, float] = field(default_factory=dict)
    outcomes: Outcomes | None = None
    groups: tuple[GroupFacts, ...] = ()

    def intent(self, number: int) -> IntentFacts:
        """Return the intent with this id."""
        return self.intents[self._places[number]]

    def place(self, number: int) -> int:
        """Return the place of the intent with this id."""
        return self._places[number]

    @cached_property
    def _places(self) -> dict[int, int]:
        return {one.intent_id: place for place, one in enumerate(self.intents)}

    @cached_property
    def sections(self) -> list[tuple[str, tuple[IntentFacts, ...]]]:
        """The headings under which the intents are listed, each with its intents in their order."""
        groups = by_heading(self.intents, [vars(one) for one in self.intents])
        return [(heading, tuple(own)) for heading, own in groups]

    @property
    def listed(self) -> tuple[IntentFacts, ...]:
        """The intents in the order in which they are listed: needs, leftover groups, and what else is said."""
        return tuple(one for _, own in self.sections for one in own)

    @property
    def needs(self) -> tuple[IntentFacts, ...]:
        """The intents that are needs or have no known kind: why people call."""
        return tuple(one for one in self.intents if may_be_need(one.kind))

    def has(self, number: int) -> bool:
        """Return whether there is an intent with this id."""
        return number in self._places

    @cached_property
    def top_branches(self) -> list[int]:
        """The number of the highest branch of each intent; −1 for one that is in none."""
        top = dict[int, int]()
        for branch in self.branches:  # each stands after the one that it is part of
            top[branch.number] = branch.number if branch.parent < 0 else top[branch.parent]
        of = {intent: top[branch.number] for branch in self.branches for intent in branch.intents}
        return [of.get(one.intent_id, -1) for one in self.intents]

    @property
    def alone(self) -> tuple[IntentFacts, ...]:
        """The intents that are in no branch."""
        return tuple(one for one in self.listed if not one.path)

    @property
    def reasons(self) -> list[IntentFacts]:
        """The intents that are the main reason for a call, without those of a withheld number.

        Those with the most calls come first, and leftover groups last.
        """
        found = (one for one in self.intents if one.n_reason)
        return sorted(found, key=lambda one: (one.is_leftover, -(one.n_reason or 0)))

    def top_reasons(self, n: int) -> list[IntentFacts]:
        """Return the first n main reasons, and the leftover groups with more calls than the least of them."""
        shown, rest = self.reasons[:n], self.reasons[n:]
        least = min((one.n_reason or 0 for one in shown), default=0)
        return [*shown, *(one for one in rest if one.is_leftover and (one.n_reason or 0) > least)]

    @property
    def movers(self) -> list[IntentFacts]:
        """The intents whose share changed significantly, the surest change first."""
        sure = [(one.move, one) for one in self.intents if one.move and one.move.is_sure]
        return [one for _, one in sorted(sure, key=lambda pair: -abs(pair[0].z))]

    def shares(self, one: IntentFacts | RoleFacts) -> list[float]:
        """Return the share of an intent or role in each period, 0 for an empty period; [] without a timeline."""
        totals = self.timeline.totals if self.timeline else ()
        return [n / max(total, 1) for n, total in zip(one.per_period, totals, strict=True)]

    def as_dict(self) -> dict[str, Any]:
        """Return all facts except the summary, as plain values for JSON.

        The branches are those that people read. The tree behind them is a list of joins, each with two nodes and their
        distance. Node i is intent i of the list; with m intents, join j creates node m + j.
        """
        values = asdict(self)
        del values["summary"]
        children, height = (self.tree.children.tolist(), self.tree.height.tolist()) if self.tree else ([], [])
        return values | {"tree": [[*pair, distance] for pair, distance in zip(children, height, strict=True)]}


def stratum_of(round_: dict[str, Any]) -> str:
    """Return the name of the stratum of a round.

    Examples
    --------
    >>> stratum_of({"role": "agent", "script": "Chinese"}), stratum_of({"role": "", "script": ""})
    ('agent, Chinese', 'all')
    >>> stratum_of({"role": "customer", "script": "other scripts"})
    'customer, not Chinese'
    """
    script = "not Chinese" if round_["script"] == "other scripts" else round_["script"]
    region = round_.get("region", 0)  # some versions between 0.2 and 0.3 wrote one
    return ", ".join(filter(None, (round_["role"] or "all", script, f"region {region}" if region else "")))
