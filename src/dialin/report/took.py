"""Prepares the bar of the seconds that each step of a run took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dialin.report.colours import UNASSIGNED_COLOUR, Colour, colours

MIN_SHARE = 0.01
"""Share of all seconds from which a step has a part of its own; the others are added up."""
MIN_SECONDS = 0.05
"""Seconds from which these are mentioned: fewer are shown as 0.0."""
OTHERS = "other steps"


@dataclass(frozen=True)
class Took:
    """A part of the bar: a step, its seconds, their share in percent, and its colour."""

    step: str
    seconds: float
    percent: float
    colour: Colour


def took(seconds: Mapping[str, float]) -> list[Took]:
    """Return the parts of the bar in the order of the steps, with the short ones together at the end.

    Examples
    --------
    >>> [(part.step, part.seconds, part.percent) for part in took({"read": 0.5, "embed": 79.5, "judge": 20})]
    [('embed', 79.5, 79.5), ('judge', 20, 20.0), ('other steps', 0.5, 0.5)]
    """
    total = sum(seconds.values())
    if not total:
        return []
    long = {step: n for step, n in seconds.items() if n >= MIN_SHARE * total}
    rest = sum(n for step, n in seconds.items() if step not in long)
    parts = [
        Took(step, n, 100 * n / total, colour)
        for (step, n), colour in zip(long.items(), colours(range(len(long))), strict=True)
    ]
    return [*parts, *([Took(OTHERS, rest, 100 * rest / total, UNASSIGNED_COLOUR)] if rest >= MIN_SECONDS else [])]


def shown_seconds(seconds: float) -> str:
    """Return a duration for people.

    Examples
    --------
    >>> shown_seconds(0.04), shown_seconds(9.87), shown_seconds(372), shown_seconds(7300)
    ('0.0 s', '9.9 s', '6 min 12 s', '2 h 1 min')
    """
    if seconds < 99.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"
