"""Counts utterances per period, and finds the intents whose share rises or falls.

Weeks begin on Monday. Fewer than `MIN_WEEKS` weeks are shown by day, more than `MAX_WEEKS` by month. Data with
dialogues but no dates is divided into tenths of its dialogues, in input order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Ints

MIN_WEEKS, MAX_WEEKS = 4, 104
N_PARTS, TENTH = 10, "tenth of the dialogues"
SURE_Z = 3.0
"""Standard deviations from which a change of share is significant: chance rarely reaches it among 100 intents."""


@dataclass(frozen=True)
class Periods:
    """Consecutive periods of time, or parts of the input.

    Parameters
    ----------
    unit : {"day", "week", "month", "tenth of the dialogues"}
        Kind of period.
    names : tuple of str, n_periods names
        First day or number of each period, including periods without utterances.
    codes : ndarray of shape (n_occurrences,), int64
        Period of each utterance; −1 if unknown.
    """

    unit: str
    names: tuple[str, ...]
    codes: Ints


@dataclass(frozen=True)
class ShareChange:
    """Share of an intent in the earlier and the later half of the periods, in [0, 1], and the z-score of the change."""

    before: float
    after: float
    z: float

    @property
    def is_sure(self) -> bool:
        """Whether the change is significant."""
        return abs(self.z) >= SURE_Z


def periods_of(dates: NDArray[np.datetime64], dialogues: Ints) -> Periods | None:
    """Return the periods of the utterances, by date if any is known, else by dialogue; None if there is only one.

    Parameters
    ----------
    dates : ndarray of shape (n,), datetime64
        Date of each utterance; NaT if unknown.
    dialogues : ndarray of shape (n,), int64
        Number of each utterance's dialogue, in input order; −1 for no dialogue.
    """
    known = ~np.isnat(dates)
    found = by_date(dates) if known.any() else by_dialogue(dialogues)
    return found if len(found.names) > 1 else None


def by_date(dates: NDArray[np.datetime64]) -> Periods:
    """Return all days, weeks or months from the first date to the last."""
    days = dates.astype("datetime64[D]")
    known = ~np.isnat(days)
    first, last = days[known].min(), days[known].max()
    n_weeks = int((monday(last) - monday(first)).astype(int)) // 7 + 1
    if n_weeks > MAX_WEEKS:
        return _numbered("month", days.astype("datetime64[M]"), np.timedelta64(1, "M"))
    if n_weeks >= MIN_WEEKS:
        return _numbered("week", monday(days), np.timedelta64(7, "D"))
    return _numbered("day", days, np.timedelta64(1, "D"))


def first_and_last(dates: NDArray[np.datetime64]) -> tuple[str, ...]:
    """Return the first and the last day; () if no date is known.

    Examples
    --------
    >>> first_and_last(np.array(["2026-09-30T09", "NaT", "2026-09-01T23"], dtype="datetime64[h]"))
    ('2026-09-01', '2026-09-30')
    >>> first_and_last(np.array(["NaT"], dtype="datetime64[h]"))
    ()
    """
    days = dates[~np.isnat(dates)].astype("datetime64[D]")
    return (str(days.min()), str(days.max())) if len(days) else ()


def monday(days: NDArray[np.datetime64] | np.datetime64) -> NDArray[np.datetime64]:
    """Return the Monday of the week of each day.

    Examples
    --------
    >>> str(monday(np.datetime64("2024-06-02"))), str(monday(np.datetime64("2024-06-03")))
    ('2024-05-27', '2024-06-03')
    """
    since = (np.asarray(days) - np.datetime64("1970-01-05")).astype(int)  # a Monday
    return np.asarray(days - since % 7)


def _numbered(unit: str, begins: NDArray[np.datetime64], step: np.timedelta64) -> Periods:
    known = ~np.isnat(begins)
    first, last = begins[known].min(), begins[known].max()
    codes = np.where(known, (begins - first).astype(int) // step.astype(int), -1)
    names = np.arange(first, last + step, step)
    return Periods(unit, tuple(names.astype(str).tolist()), codes.astype(np.int64))


def by_dialogue(dialogues: Ints) -> Periods:
    """Return tenths of the dialogues in input order; no periods if a tenth would have fewer than two dialogues."""
    n = int(dialogues.max(initial=-1)) + 1
    if n < 2 * N_PARTS:
        return Periods("", (), np.full(len(dialogues), -1))
    codes = np.where(dialogues < 0, -1, dialogues * N_PARTS // n)
    return Periods(TENTH, tuple(str(i + 1) for i in range(N_PARTS)), codes)


def counts_of(periods: Periods, labels: Ints, n_intents: int) -> Ints:
    """Return the utterances per intent and period, shape (n_intents + 1, n_periods); the last row has no intent."""
    counts = np.zeros((n_intents + 1, len(periods.names)), dtype=np.int64)
    known = periods.codes >= 0
    np.add.at(counts, (labels[known], periods.codes[known]), 1)
    return counts


def moves(counts: Ints) -> list[ShareChange]:
    """Return the change of each intent's share from the earlier to the later half of the periods.

    Parameters
    ----------
    counts : ndarray of shape (n_intents + 1, n_periods), int64
        Counts from `counts_of`.

    Examples
    --------
    1 of 10, then 5 of 10: the difference .4 is 1.95 times √(.3 · .7 · (1/10 + 1/10)).

    >>> move = moves(np.array([[1, 5], [9, 5]]))[0]
    >>> move.before, move.after, round(move.z, 2)
    (0.1, 0.5, 1.95)
    """
    half = halves(counts.sum(axis=0))
    early, late = counts[:, :half], counts[:, half:]
    n = np.array([max(int(early.sum()), 1), max(int(late.sum()), 1)])
    k = np.stack([early.sum(axis=1), late.sum(axis=1)], axis=1)
    share, pooled = k / n, k.sum(axis=1) / n.sum()
    spread = np.sqrt(pooled * (1 - pooled) * (1 / n).sum())
    z = (share[:, 1] - share[:, 0]) / np.where(spread > 0, spread, 1.0)
    return [ShareChange(float(a), float(b), float(c)) for (a, b), c in zip(share[:-1], z[:-1], strict=True)]


def halves(totals: Ints) -> int:
    """Return the number of periods that hold about half of the utterances; each half has at least one period.

    Examples
    --------
    >>> halves(np.array([1, 1, 1, 9])), halves(np.array([9, 1, 1, 1])), halves(np.array([2, 2, 2, 2]))
    (3, 1, 2)
    """
    passed = np.cumsum(totals)
    return int(np.clip(np.argmin(np.abs(2 * passed - passed[-1])) + 1, 1, len(totals) - 1))
