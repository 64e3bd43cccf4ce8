"""Computes how often the same customer comes back with the same intent, and the time that an intent takes a week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dialin.arrays import Floats, Ints
from dialin.facts.contacts import Contacts
from dialin.facts.significance import moments_of, ratio

DURATION = "duration"
"""Name of the outcome that tells how long a dialogue took, in seconds."""


@dataclass(frozen=True, eq=False)
class Repeats:
    """Dialogues with each intent that could be followed for long enough, and those after which the customer came again.

    Both have shape (n_intents,) and type int64.
    """

    n_followed: Ints
    n_repeated: Ints

    @property
    def share(self) -> Floats:
        """The share of dialogues after which the customer came again; NaN if none could be followed."""
        return ratio(self.n_repeated.astype(np.float64), self.n_followed.astype(np.float64))


def repeats(contacts: Contacts, n_days: float) -> Repeats:
    """Count the dialogues after which the same customer came again with the same intent within some days.

    A dialogue of the last `n_days` before the end of the data does not count, because what follows it is unknown.

    Parameters
    ----------
    contacts : Contacts
        The dialogues.
    n_days : float
        Days, 24 hours each.
    """
    known = (contacts.customer >= 0) & ~np.isnan(contacts.day)
    rows = np.flatnonzero(known[contacts.dialogue])
    intent, dialogue = contacts.intent[rows], contacts.dialogue[rows]
    customer, day = contacts.customer[dialogue], contacts.day[dialogue]
    order = np.lexsort((day, customer, intent))
    intent, customer, day = intent[order], customer[order], day[order]
    again = np.zeros(len(order), dtype=bool)
    is_same = (intent[1:] == intent[:-1]) & (customer[1:] == customer[:-1])
    again[:-1] = is_same & (day[1:] - day[:-1] <= n_days)
    followed = day <= last_day(contacts) - n_days
    counts = (np.bincount(intent[which], minlength=contacts.n_intents) for which in (followed, followed & again))
    return Repeats(*counts)


def last_day(contacts: Contacts) -> float:
    """Return the last date of the data in days since 1970; −∞ without dates."""
    return float(np.max(contacts.day, initial=-np.inf, where=~np.isnan(contacts.day)))


def n_weeks(contacts: Contacts) -> float:
    """Return the weeks from the first day of the data to the last, both included; NaN if it is less than one."""
    days = np.floor(contacts.day[~np.isnan(contacts.day)])
    weeks = float(days.max() - days.min() + 1) / 7 if len(days) else 0.0
    return weeks if weeks >= 1 else float("nan")


def minutes_a_week(contacts: Contacts) -> Floats:
    """Return the minutes that the dialogues with each intent take a week, shape (n_intents,).

    They are the share of the dialogues with the intent × their mean duration × the dialogues a week. NaN where no
    duration is known, or the dates span less than a week.
    """
    duration = next((column.values for column in contacts.numbers if column.name == DURATION), None)
    if duration is None:
        return np.full(contacts.n_intents, np.nan)
    known = ~np.isnan(duration[contacts.dialogue])
    timed = moments_of(contacts.intent[known], duration[contacts.dialogue][known], contacts.n_intents, 0.0)
    dated = ~np.isnan(contacts.day)[contacts.dialogue]
    n_dated = np.bincount(contacts.intent[dated], minlength=contacts.n_intents)
    return np.asarray(n_dated / n_weeks(contacts) * timed.mean / 60)
