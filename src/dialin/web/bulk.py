"""Accept several intents at once: those that are ticked, or all of a list that are clear."""

from __future__ import annotations

from collections.abc import Iterable

from dialin.review.rank import RankedIntent
from dialin.web.desk import View
from dialin.web.forms import Form
from dialin.web.lists import ALL, LISTS, listed_in
from dialin.web.seen import Seen

ACCEPT_TICKED, ACCEPT_CLEAR = "accept-ticked", "accept-clear"
BULK = (ACCEPT_TICKED, ACCEPT_CLEAR)
"""What forms that accept several intents ask for."""
SURE = 0.9
"""Least P(good) of an intent that is accepted with all others like it."""


def clear_ones(rows: Iterable[RankedIntent]) -> list[int]:
    """Return the intents that wait for a decision and are clear, in their order."""
    return [row.intent for row in rows if row.p_good >= SURE and not row.is_settled]


def accepted_at_once(form: Form, view: View) -> tuple[tuple[int, ...], Seen]:
    """Return the intents that a form accepts, and what its page showed of them.

    Raises
    ------
    InputError
        Nothing is ticked, or a field is wrong.
    """
    if form.one("do") == ACCEPT_TICKED:
        intents = form.numbers("others")
    else:
        name = form.one("list")
        intents = tuple(clear_ones(listed_in(view, name if name in LISTS else ALL)))
    line = form.number("seen") if form.one("seen") else None
    return intents, Seen(line, intents=intents, is_acceptance=True)
