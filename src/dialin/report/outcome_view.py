"""Prepares the outcomes of a run for the report: rows, bars with intervals, and the colours of values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from dialin.facts.outcomes import IntentOutcomes, OutcomeMean, Outcomes, OutcomeShare

N_COLOURS = 4
"""So many values of an outcome have a colour of their own; the others share one."""
N_DIFFERENCES = 50
ROOM = 1.25
"""The scale of the bars ends at the largest mean times this; longer intervals are cut."""


@dataclass(frozen=True)
class Interval:
    """Mean and ends of its interval on the scale of all intents, in percent of its width."""

    low: float
    high: float
    mean: float


@dataclass(frozen=True)
class OutcomeView:
    """Outcomes for the templates: at most `max_rows` intents, in the order of the table of intents."""

    found: Outcomes
    max_rows: int

    @property
    def rows(self) -> tuple[IntentOutcomes, ...]:
        """The intents of the table."""
        return self.found.intents[: self.max_rows]

    @property
    def differences(self) -> list[tuple[int, OutcomeMean | OutcomeShare]]:
        """The surest differences from the rest."""
        return self.found.differences[:N_DIFFERENCES]

    @property
    def differences_shown(self) -> int:
        """The maximum number of differences in a table."""
        return N_DIFFERENCES

    @cached_property
    def _scales(self) -> dict[str, tuple[float, float]]:
        means = {name: [0.0] for name in self.found.numbers}
        for one in self.rows:
            for part in one.means:
                means[part.outcome].append(part.mean)
        return {name: (ROOM * min(values), ROOM * max(values)) for name, values in means.items()}

    def interval(self, one: OutcomeMean) -> Interval:
        """Return where a mean and its interval lie on the scale of its outcome, which begins at 0 or below."""
        bottom, top = self._scales[one.outcome]
        ends = (one.mean if one.low is None else one.low, one.mean if one.high is None else one.high, one.mean)
        return Interval(*(round(100 * min(max((end - bottom) / ((top - bottom) or 1), 0), 1), 2) for end in ends))

    @cached_property
    def coloured(self) -> dict[str, tuple[str, ...]]:
        """The most frequent values of each outcome in words, which have a colour."""
        counts: dict[str, dict[str, int]] = {name: {} for name in self.found.words}
        for one in self.found.intents:
            for part in one.shares:
                own = counts[part.outcome]
                own[part.value] = own.get(part.value, 0) + part.n
        return {name: tuple(sorted(own, key=lambda v: (-own[v], v))[:N_COLOURS]) for name, own in counts.items()}

    def shares(self, one: IntentOutcomes, outcome: str) -> list[tuple[str, float]]:
        """Return the coloured values of an outcome and their shares in the dialogues of an intent; [] if unknown."""
        own = {part.value: part.share for part in one.shares_of(outcome)}
        return [(value, own.get(value, 0.0)) for value in self.coloured[outcome]] if own else []
