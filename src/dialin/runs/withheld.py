"""Chooses the intents of too few dialogues, which are withheld from what is sent on.

What a few people said may tell who they are: its sentences, its number, and also its name, which is made from their
words. So such intents are shown as one. If one alone were withheld, the total less all others would give its number
(complementary disclosure). So those shown as one are at least two and in enough dialogues together; where they are not,
the next smallest join them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dialin.arrays import Bools, Ints
from dialin.errors import InputError
from dialin.read.dialogues import contact_numbers

WITHHELD = "withheld-intents"
"""Name of what is shown in place of the withheld intents."""
WITHOUT = "without names and examples"
LEAST_POOLED = 2
"""Intents that are shown as one, at least, so that the total does not tell the number of one."""


@dataclass(frozen=True, eq=False)
class IntentDialogues:
    """The distinct pairs of a dialogue and the place of an intent that is said in it, and the number of intents, m."""

    dialogue: Ints
    intent: Ints
    m: int

    @property
    def n(self) -> Ints:
        """Number of the dialogues of each intent, shape (m,)."""
        return np.bincount(self.intent, minlength=self.m)

    def n_with_any(self, which: Bools) -> int:
        """Return the number of dialogues with at least one of the marked intents."""
        return len(np.unique(self.dialogue[which[self.intent]]))


def intent_dialogues(occurrences: pa.Table, labels: Ints, m: int) -> IntentDialogues:
    """Return which intents are said in which dialogues.

    Parameters
    ----------
    occurrences : pyarrow.Table
        Table as in a run folder. An utterance without a dialogue id is a dialogue of its own.
    labels : ndarray of shape (n_occurrences,), int64
        Place of the intent of each utterance among m; −1 for none.
    m : int
        Number of intents.
    """
    of, has = contact_numbers(occurrences), labels >= 0
    pairs = np.unique(of[has] * max(m, 1) + labels[has])
    return IntentDialogues(*np.divmod(pairs, max(m, 1)), m)


def withheld_intents(
    found: IntentDialogues, min_dialogues: int, also: Bools | None = None, groups: Ints | None = None
) -> Bools:
    """Return which intents are withheld, shape (m,).

    These are the intents of fewer than `min_dialogues` dialogues and those in `also`. If that is one intent, or all
    together are in fewer than `min_dialogues` dialogues, the next smallest intents join them: first within each of the
    `groups` of which numbers are shown, such as those of a role, then among all.

    Parameters
    ----------
    found : IntentDialogues
        The intents and their dialogues.
    min_dialogues : int
        Least number of dialogues.
    also : ndarray of shape (m,), bool, optional
        Intents that are withheld for another reason.
    groups : ndarray of shape (m,), int64, optional
        Group of each intent; by default all are in one.

    Raises
    ------
    InputError
        Not even all intents together are in so many dialogues.

    Examples
    --------
    Of three intents in 1, 4 and 9 dialogues, the first is withheld, and the second so that nobody can subtract.

    >>> pairs = np.repeat([0, 1, 2], [1, 4, 9])
    >>> withheld_intents(IntentDialogues(np.arange(14), pairs, 3), 3).tolist()
    [True, True, False]
    """
    which = (found.n < min_dialogues) | (np.zeros(found.m, bool) if also is None else also)
    if not which.any():
        return which
    for group in [] if groups is None else np.unique(groups[which]).tolist():
        which = _with_next(found, which, groups == group, min_dialogues)
    which = _with_next(found, which, np.ones(found.m, bool), min_dialogues)
    check_enough(found.n_with_any(which), min_dialogues)
    return which


def _with_next(found: IntentDialogues, which: Bools, among: Bools, least: int) -> Bools:
    """Return the marked intents with the next smallest of some, until those marked among them are enough."""
    which = which.copy()
    for place in np.argsort(found.n, kind="stable").tolist():
        own = which & among
        if own.sum() >= LEAST_POOLED and found.n_with_any(own) >= least:
            break
        which[place] |= among[place]
    return which


def withheld_counts(n: Ints, least: int) -> Bools:
    """Return which counts of calls are withheld, shape (m,): those below `least`, but not 0.

    If that is one, or all together are fewer than `least`, the next smallest join them: otherwise, the total less the
    others would tell it.

    Examples
    --------
    >>> withheld_counts(np.array([30, 2, 0, 12, 40]), 10).tolist()
    [False, True, False, True, False]
    """
    which = (n > 0) & (n < least)
    for place in np.argsort(n, kind="stable").tolist():
        if not which.any() or (which.sum() >= LEAST_POOLED and n[which].sum() >= least):
            break
        which[place] |= n[place] > 0
    return which


def check_enough(n_dialogues: int, min_dialogues: int) -> None:
    """Raise InputError if a run has too few dialogues with an intent to show any figure of them."""
    if n_dialogues < min_dialogues:
        raise InputError(
            f"--min-dialogues is {min_dialogues:,}, but only {n_dialogues:,} dialogues of the run have an intent",
            hint="give a smaller number",
        )


def places_after(which: Bools) -> Ints:
    """Return the new place of each intent; the marked ones share the last place. A −1 at the end stands for none.

    Examples
    --------
    >>> places_after(np.array([False, True, False, True])).tolist()
    [0, 2, 1, 2, -1]
    """
    kept = np.cumsum(~which) - 1
    return np.append(np.where(which, (~which).sum(), kept), -1).astype(np.int64)


def withheld_line(n_few: int, n_all: int, min_dialogues: int) -> str:
    """Return what was withheld, in words; "" for nothing.

    Examples
    --------
    >>> withheld_line(3, 3, 10)
    '3 intents of fewer than 10 dialogues are shown as one, without names and examples.'
    >>> withheld_line(1, 2, 10)
    '2 intents are shown as one, without names and examples: 1 is in fewer than 10 dialogues, 1 more hides its number.'
    """
    if not n_all:
        return ""
    if n_few == n_all:
        return f"{n_all:,} intents of fewer than {min_dialogues:,} dialogues are shown as one, {WITHOUT}."
    is_in, hides = "is" if n_few == 1 else "are", "hides its number" if n_all - n_few == 1 else "hide their number"
    few = f"{n_few:,} {is_in} in fewer than {min_dialogues:,} dialogues"
    return f"{n_all:,} intents are shown as one, {WITHOUT}: {few}, {n_all - n_few:,} more {hides}."
