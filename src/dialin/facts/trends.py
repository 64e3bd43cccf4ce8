"""How intents come and go: utterances per week, and which intents rise or fall.

A week begins on Monday. Less than `MIN_WEEKS` weeks are shown by day, more than `MAX_WEEKS` by month. Data that has
dialogues but no dates is cut into tenths of its dialogues, in the order of the input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Ints

MIN_WEEKS, MAX_WEEKS = 4, 104
N_PARTS, TENTH = 10, "tenth of the dialogues"
SURE_Z = 3.0
"""Standard deviations from which on a change of share is one: among a hundred intents, chance makes none as large."""


@dataclass(frozen=True)
class Periods:
    """Stretches of time, or of the input.

    Parameters
    ----------
    unit : {"day", "week", "month", "tenth of the dialogues"}
        What they are.
    names : tuple of str, n_periods names
        Their first day, or their number; those in which nothing was said are among them.
    codes : ndarray of shape (n_occurrences,), int64
        Period of each utterance; −1: not known.
    """

    unit: str
    names: tuple[str, ...]
    codes: Ints


@dataclass(frozen=True)
class ShareChange:
    """How the share of an intent changed: in the earlier and the later half of the periods, in [0, 1], and z of it."""

    before: float
    after: float
    z: float

    @property
    def is_sure(self) -> bool:
        """Whether it is more than chance."""
        return abs(self.z) >= SURE_Z


def periods_of(dates: NDArray[np.datetime64], dialogues: Ints) -> Periods | None:
    """Return the periods of the utterances, by date or else by dialogue; None if there is but one.

    Parameters
    ----------
    dates : ndarray of shape (n,), datetime64
        When each was said; NaT: not known.
    dialogues : ndarray of shape (n,), int64
        Number of the dialogue of each, in the order of the input; −1: none.
    """
    known = ~np.isnat(dates)
    found = by_date(dates) if known.any() else by_dialogue(dialogues)
    return found if len(found.names) > 1 else None


def by_date(dates: NDArray[np.datetime64]) -> Periods:
    """Return days, weeks or months, as many as there are from the first date to the last."""
    days = dates.astype("datetime64[D]")
    known = ~np.isnat(days)
    first, last = days[known].min(), days[known].max()
    n_weeks = int((monday(last) - monday(first)).astype(int)) // 7 + 1
    if n_weeks > MAX_WEEKS:
        return _numbered("month", days.astype("datetime64[M]"), np.timedelta64(1, "M"))
    if n_weeks >= MIN_WEEKS:
        return _numbered("week", monday(days), np.timedelta64(7, "D"))
    return _numbered("day", days, np.timedelta64(1, "D"))


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
    """Return tenths of the dialogues, in the order of the input; none where there are fewer than two to each."""
    n = int(dialogues.max(initial=-1)) + 1
    if n < 2 * N_PARTS:
        return Periods("", (), np.full(len(dialogues), -1))
    codes = np.where(dialogues < 0, -1, dialogues * N_PARTS // n)
    return Periods(TENTH, tuple(str(i + 1) for i in range(N_PARTS)), codes)


def counts_of(periods: Periods, labels: Ints, n_intents: int) -> Ints:
    """Return utterances (n_intents + 1, n_periods) of each intent in each period, in the last row those without one."""
    counts = np.zeros((n_intents + 1, len(periods.names)), dtype=np.int64)
    known = periods.codes >= 0
    np.add.at(counts, (labels[known], periods.codes[known]), 1)
    return counts


def moves(counts: Ints) -> list[ShareChange]:
    """Return how the share of each intent changed from the earlier to the later half of the periods.

    Parameters
    ----------
    counts : ndarray of shape (n_intents + 1, n_periods), int64
        As `counts_of` makes it.

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
    """Return after how many periods about half of the utterances have been said; both halves get a period.

    Examples
    --------
    >>> halves(np.array([1, 1, 1, 9])), halves(np.array([9, 1, 1, 1])), halves(np.array([2, 2, 2, 2]))
    (3, 1, 2)
    """
    passed = np.cumsum(totals)
    return int(np.clip(np.argmin(np.abs(2 * passed - passed[-1])) + 1, 1, len(totals) - 1))
