"""Reads ``--fail-on "new>0.02"``, and says which of such limits the difference between two runs exceeds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dialin.errors import InputError
from dialin.taxonomy.difference import GONE, NEW, Change, Difference

FIGURES = ("new", "gone", "changed", "unassigned")
"""What a limit may be about."""
_LIMIT = re.compile(rf"({'|'.join(FIGURES)})>(\d*\.?\d+)")


@dataclass(frozen=True)
class Limit:
    """A figure of `FIGURES` and the value in [0, 1) that it should not exceed."""

    figure: str
    value: float


def limit_of(text: str) -> Limit:
    """Return a limit from its words; spaces around the sign do not count.

    Raises
    ------
    InputError
        The figure is unknown, the sign is not ">", or the value is not in [0, 1).

    Examples
    --------
    >>> limit_of("new > 0.02")
    Limit(figure='new', value=0.02)
    """
    found = _LIMIT.fullmatch("".join(text.split()))
    if found is None or float(found[2]) >= 1:
        raise InputError(
            f"--fail-on {text!r} is not a limit",
            hint=f"write {', '.join(FIGURES[:-1])} or {FIGURES[-1]}, the sign >, and a share from 0 to 1: new>0.02",
        )
    return Limit(found[1], float(found[2]))


def figures_of(difference: Difference) -> dict[str, float]:
    """Return the value of each of `FIGURES`.

    ``new`` is the share of the newer run's utterances in new intents, ``gone`` the share of the older run's in intents
    that are gone, and ``changed`` the largest change of share, up or down, of an intent that both runs have; all three
    are about intents whose interval does not hold 0, and about all that an update found. ``unassigned`` is the share of
    the newer run's utterances without an intent.
    """
    changes = [one for one in difference.changes if is_counted(difference, one)]
    moved = [abs(one.share.difference) for one in changes if None not in (one.old, one.new)]
    return {
        "new": sum(one.share.after for one in changes if NEW in one.states),
        "gone": sum(one.share.before for one in changes if GONE in one.states),
        "changed": max(moved, default=0.0),
        "unassigned": difference.unassigned.after,
    }


def is_counted(difference: Difference, change: Change) -> bool:
    """Return whether a figure counts a change: chance does not explain it, or an update found its intent."""
    return change.is_certain or difference.is_added(change)


def exceeded(difference: Difference, limits: list[Limit]) -> list[str]:
    """Return a line for each limit that is exceeded."""
    figures = figures_of(difference)
    return [
        f"{limit.figure} is {figures[limit.figure]:.4f}, above {limit.value:g}"
        for limit in limits
        if figures[limit.figure] > limit.value
    ]
