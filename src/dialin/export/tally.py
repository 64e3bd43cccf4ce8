"""Counts what an export leaves out, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """What was left out so far.

    Parameters
    ----------
    intents : dict of int to str
        The reason of each intent that was left out.
    phrases : dict of int to Counter
        How many phrases of an intent were left out for each reason; −1 for sentences without an intent.
    """

    intents: dict[int, str] = field(default_factory=dict)
    phrases: dict[int, Counter[str]] = field(default_factory=dict)

    def leave_intent(self, intent_id: int, reason: str) -> None:
        """Count an intent as left out; what was counted of its phrases no longer matters."""
        self.intents[intent_id] = reason
        self.phrases.pop(intent_id, None)

    def leave(self, intent_id: int, reason: str, n: int = 1) -> None:
        """Count n phrases of an intent as left out."""
        if n:
            self.phrases.setdefault(intent_id, Counter())[reason] += n

    @property
    def intents_by_reason(self) -> dict[str, int]:
        """The number of intents that were left out, by reason, the most first."""
        return _ordered(Counter(self.intents.values()))

    @property
    def phrases_by_reason(self) -> dict[str, int]:
        """The number of phrases that were left out of the exported intents, by reason, the most first."""
        return _ordered(sum(self.phrases.values(), Counter[str]()))


def _ordered(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
