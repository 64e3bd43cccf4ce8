"""The intents of the report's table under their headings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialin.facts.facts import IntentFacts
from dialin.name.sections import LEFTOVER, WHAT_ELSE, WHY, by_heading

IN_PAGE = {"": "", WHY: "needs", LEFTOVER: "leftovers", WHAT_ELSE: "others"}
"""What the page calls the intents under each heading."""


@dataclass(frozen=True)
class IntentGroup:
    """Intents of the table under one heading: its name in the page, the heading, and the intents."""

    name: str
    heading: str
    intents: tuple[IntentFacts, ...]

    @property
    def n_occurrences(self) -> int:
        """The number of their utterances."""
        return sum(one.n_occurrences for one in self.intents)


def intent_groups(shown: Sequence[IntentFacts]) -> list[IntentGroup]:
    """Return some intents under their headings; where no kind is known, only leftover groups have one."""
    found = by_heading(shown, [vars(one) for one in shown])
    return [IntentGroup(IN_PAGE[heading], heading.capitalize(), tuple(own)) for heading, own in found]
