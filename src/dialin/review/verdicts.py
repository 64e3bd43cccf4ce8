"""Collect people's verdicts on intents (good or bad), decide by majority, and measure agreement.

A verdict of the first group is about a cluster as the run found it. A verdict of the second group is about one *look*
of a named intent: renaming the intent, or moving a sentence into or out of it, starts a new look and needs new
verdicts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dialin.review.edits import Vote
from dialin.score.reliability import fleiss_kappa

JUDGES, VERIFIERS = 1, 2
GROUPS = (JUDGES, VERIFIERS)
DEFAULT_QUORUM = 3
"""Verdicts that each group must give on an item, unless the log sets another number."""
Item = tuple[int, int, int]
"""Subject of a verdict, one per person: group, intent, look."""


@dataclass(frozen=True)
class Votes:
    """The verdicts of a log.

    Parameters
    ----------
    heard : mapping of (group, intent, look) to mapping of str to bool
        Latest verdict of each person on each item, True for good.
    looks : mapping of int to int
        Number of changes to the sentences or the name of each intent; a missing intent has 0.
    groups : mapping of str to int
        Group of each person who gave a verdict; each person belongs to one group only.
    wanted : int
        Number of verdicts before the majority decides, at least 1.
    """

    heard: Mapping[Item, Mapping[str, bool]] = field(default_factory=dict)
    looks: Mapping[int, int] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    wanted: int = DEFAULT_QUORUM

    def item(self, group: int, intent: int) -> Item:
        """Return the item that a verdict of `group` on `intent` would be about now."""
        return group, intent, self.looks.get(intent, 0) if group == VERIFIERS else 0

    def of(self, group: int, intent: int) -> Mapping[str, bool]:
        """Return each person's verdict on the current look of an intent."""
        return self.heard.get(self.item(group, intent), {})

    def decision(self, group: int, intent: int) -> bool | None:
        """Return the majority verdict, True for good; None while verdicts are missing or both sides are equal.

        Examples
        --------
        >>> judged = Votes({(1, 7, 0): {"Ana": True, "Ben": True, "Eva": False}, (1, 8, 0): {"Ana": False}})
        >>> judged.decision(1, 7), judged.decision(1, 8)
        (True, None)
        """
        votes = self.of(group, intent).values()
        n_good = sum(votes)
        if len(votes) < self.wanted or 2 * n_good == len(votes):
            return None
        return 2 * n_good > len(votes)

    def is_tied(self, group: int, intent: int) -> bool:
        """Return whether all verdicts have been given and both sides are equal."""
        n = len(self.of(group, intent))
        return n >= self.wanted and self.decision(group, intent) is None

    def misfit(self, verdict: Vote, by: str) -> str:
        """Return the reason why the person `by` cannot give a verdict, or "" if they can."""
        own = self.groups.get(by, verdict.group)
        if not by:
            return "a verdict needs the name of the person who gives it"
        if own != verdict.group:
            return f"{by} already judged in group {own}; verdicts of group {verdict.group} must come from other people"
        if self.item(verdict.group, verdict.intent) != (verdict.group, verdict.intent, verdict.look):
            return f"intent {verdict.intent} has changed since this page was opened"
        return ""


@dataclass(frozen=True)
class FleissAgreement:
    """Agreement of the people in a group.

    Parameters
    ----------
    kappa : float
        Fleiss' kappa of good and bad; nan if it is undefined.
    n_items, n_each : int
        Clusters that kappa covers, and verdicts on each of them; 0 if no cluster has two verdicts.
    n_people, n_verdicts : int
        People and verdicts of the whole group, including clusters that kappa does not cover.
    """

    kappa: float
    n_items: int
    n_each: int
    n_people: int
    n_verdicts: int


def fleiss_agreement(judged: Votes, group: int) -> FleissAgreement:
    """Return the agreement of a group.

    Fleiss' kappa needs the same number of verdicts, two or more, on each cluster. It is computed on the clusters with
    the most common number of verdicts (the larger number in a tie). An intent that was changed and verified again
    counts as a separate item.

    Examples
    --------
    Two clusters have two verdicts each, and the judges agree on one of them: observed agreement ½, agreement by
    chance (¾)² + (¼)² = ⅝.

    >>> said = {(1, 0, 0): {"Ana": True, "Ben": True}, (1, 1, 0): {"Ana": True, "Ben": False}, (1, 2, 0): {"Ana": True}}
    >>> found = fleiss_agreement(Votes(said), 1)
    >>> round(found.kappa, 3), found.n_items, found.n_each, found.n_people, found.n_verdicts
    (-0.333, 2, 2, 2, 5)
    """
    items = [list(said.values()) for (of, _, _), said in judged.heard.items() if of == group]
    n_each = _usual(map(len, items))
    table = [[sum(votes), len(votes) - sum(votes)] for votes in items if len(votes) == n_each]
    kappa = fleiss_kappa(table) if table else math.nan
    people = by_person(judged, group)
    return FleissAgreement(kappa, len(table), n_each, len(people), sum(people.values()))


def agreement_text(found: FleissAgreement) -> str:
    """Return the agreement of a group in words, without a full stop.

    Examples
    --------
    >>> agreement_text(FleissAgreement(0.8199, 24, 3, 3, 75))
    "3 people, 75 verdicts; Fleiss' κ 0.82, on 24 clusters with 3 verdicts each"
    >>> agreement_text(FleissAgreement(math.nan, 0, 0, 1, 7))
    "1 person, 7 verdicts; Fleiss' κ undefined: no cluster has two verdicts"
    """
    people = f"{found.n_people:,} {'person' if found.n_people == 1 else 'people'}"
    verdicts = f"{found.n_verdicts:,} verdict{'s' * (found.n_verdicts != 1)}"
    base = f"on {found.n_items:,} cluster{'s' * (found.n_items != 1)} with {found.n_each} verdicts each"
    if not found.n_items:
        kappa = "undefined: no cluster has two verdicts"
    elif math.isnan(found.kappa):
        kappa = f"undefined: all verdicts {base} are the same"
    else:
        kappa = f"{found.kappa:.2f}, {base}"
    return f"{people}, {verdicts}; Fleiss' κ {kappa}"


def by_person(judged: Votes, group: int) -> dict[str, int]:
    """Return the number of verdicts of each person in a group, by name."""
    counts = Counter(by for (of, _, _), said in judged.heard.items() if of == group for by in said)
    return dict(sorted(counts.items()))


def _usual(sizes: Iterable[int]) -> int:
    """Return the most frequent size of 2 or more, the largest in a tie; 0 if there is none."""
    counts = Counter(size for size in sizes if size > 1)
    return max(counts, key=lambda size: (counts[size], size), default=0)
