"""The lists of intents that people go through: all of them, or those that wait for one kind of decision."""

from __future__ import annotations

from dataclasses import dataclass

from dialin.review.rank import RankedIntent
from dialin.web.desk import View

ALL, NEW, CANDIDATES, DRIFTED, TO_CHECK = "all", "new", "candidates", "drifted", "check"
LISTS = {ALL: "All", NEW: "New", CANDIDATES: "Candidates", DRIFTED: "Drifted", TO_CHECK: "To check"}
"""Titles of the lists. Only the first holds intents that nobody has to look at."""
HOLDS = {
    ALL: "every intent",
    NEW: "intents that the earlier run did not have; candidates have a list of their own",
    CANDIDATES: "intents that the update made of sentences without a home",
    DRIFTED: "intents of the earlier run that have changed",
    TO_CHECK: "every intent that still needs a decision",
}
"""What the lists hold."""


@dataclass(frozen=True)
class CountedList:
    """A list, its title, what it holds, the number of intents in it, and the key that opens it."""

    name: str
    title: str
    holds: str
    n: int
    key: str


def is_in(row: RankedIntent, name: str) -> bool:
    """Return whether a list has an intent."""
    if name == ALL or row.is_settled:
        return name == ALL
    if name == NEW:
        return row.is_new and not row.is_candidate
    if name == CANDIDATES:
        return row.is_candidate
    return row.has_drifted if name == DRIFTED else True


def listed_in(view: View, name: str) -> tuple[RankedIntent, ...]:
    """Return the intents of a list, in the order of review."""
    return view.ranked if name == ALL else tuple(row for row in view.ranked if is_in(row, name))


def counted_lists(view: View) -> tuple[CountedList, ...]:
    """Return the lists: all and those to check, and those of changes if the run knows an earlier one or has any."""
    counts = {name: len(listed_in(view, name)) for name in LISTS}
    is_later = bool(view.recorded.changes)
    return tuple(
        CountedList(name, title, HOLDS[name], counts[name], str(place))
        for place, (name, title) in enumerate(LISTS.items(), 1)
        if name in (ALL, TO_CHECK) or is_later or counts[name]
    )


def before_and_after(view: View, intent: int, name: str) -> tuple[int | None, int | None]:
    """Return the intents before and after one in a list; after one that has left the list comes its first."""
    ids = [row.intent for row in listed_in(view, name)]
    if intent not in ids:
        return None, ids[0] if ids and intent >= 0 else None
    place = ids.index(intent)
    return ids[place - 1] if place else None, ids[place + 1] if place + 1 < len(ids) else None
