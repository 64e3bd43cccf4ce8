"""Keeps the intents of an earlier run where the new sentences do not say that they changed.

Two clusterings of one corpus differ at their borders: one run finds two close intents, the next run finds them as one,
though people say the same. So before the intents of a new run are named, each is taken apart by the earlier run's
decision function. A part whose share is what it was, beyond chance, is the earlier intent and stays that: parts of one
earlier intent become one again, and parts of several come apart again. Only what has become at least twice as frequent
or half as frequent, beyond chance, is cut as the new sentences alone suggest.

The idea that a clustering should follow the data of its time and its own history is of Chakrabarti, Kumar and Tomkins
(2006), "Evolutionary clustering".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Bools, Ints, Labels, Matrix, Rows
from dialin.cluster.labels import centroid, rows_by
from dialin.discover.assign import Pieces
from dialin.discover.conclude import assignment_roles, min_sizes, pieces_of_draft
from dialin.discover.context import Context
from dialin.discover.recut import OWN, Recut
from dialin.discover.state import Draft
from dialin.judge.verdict import Judge, Verdict
from dialin.score.cross_table import crossed
from dialin.score.shares import share_change

TIMES = 2.0
"""Times its share that a part must have gained or lost to be another intent; and times as many sentences as the earlier
run had of an intent, from which on the new ones know better how to cut it."""
MOST = 0.5
"""Share of an intent from which on a part of it is most of it."""
PART = 0.1
"""Least share of an intent that is more than a border case."""


@dataclass(frozen=True)
class Before:
    """An earlier run.

    Parameters
    ----------
    names : tuple of str, m
        Names of its intents.
    X : ndarray of shape (n, d)
        Vectors of its sentences.
    labels : ndarray of shape (n,), int64
        Intent of each, 0 … m − 1; −1 for none.
    roles : sequence of str, n
        Role of each if roles limit which pieces it may go to, else "".
    pieces : Pieces
        Its decision function.
    """

    names: tuple[str, ...]
    X: Matrix
    labels: Labels
    roles: Sequence[str]
    pieces: Pieces


def as_before(draft: Draft, context: Context, before: Before) -> Draft:
    """Return a draft in which each intent of the earlier run that did not change is cut as it was there.

    Parameters
    ----------
    draft : Draft
        What was found in the new sentences, merged.
    context : Context
        The new sentences.
    before : Before
        The earlier run.
    """
    if not draft.pieces or not before.names:
        return draft
    groups = [np.concatenate([draft.pieces[i] for i in group]) for group in draft.intents]
    homes, _ = before.pieces.assign(context.data.X, assignment_roles(draft.roles, context))
    stays = unchanged(*tables(draft, context, before, homes))
    least, made = min_sizes(draft, context), Recut(draft, before.names)
    for g, rows in enumerate(groups):
        may_go = stays[homes[rows], g] & (homes[rows] >= 0)
        parts = earlier_parts(context.data.X[rows], np.where(may_go, homes[rows], OWN), int(least[rows[0]]))
        made.take(g, {of: rows[own] for of, own in rows_by(parts).items()})
    for of, rows, verdict in left_over(groups, homes, least, context.judge):
        made.take_back(of, rows, verdict)
    if made.changed:
        context.tools.on_note(
            f"{len(made.changed):,} of the intents are cut as in the earlier run, not as these sentences alone suggest"
        )
    return made.draft()


def left_over(groups: Sequence[Rows], homes: Labels, least: Ints, judge: Judge) -> Iterator[tuple[int, Rows, Verdict]]:
    """Yield the good sets of sentences of one earlier intent each that no cluster took in, with their verdicts."""
    left = np.setdiff1d(np.arange(len(homes)), np.concatenate(groups))
    sets = [(of, left[own]) for of, own in rows_by(homes[left]).items() if of >= 0]
    large = [(of, rows) for of, rows in sets if len(rows) >= least[rows[0]]]
    verdicts = judge.judge([rows for _, rows in large]) if large else []
    for (of, rows), verdict in zip(large, verdicts, strict=True):
        if verdict.good:
            yield of, rows, verdict


def tables(draft: Draft, context: Context, before: Before, homes: Labels) -> tuple[Ints, Ints]:
    """Return how many sentences of each earlier intent each new one has: of the earlier run, and of the new one.

    Returns
    -------
    then, now : ndarrays of shape (m, k), int64
        The tables. A sentence of the one run is where the decision function of the other puts it.
    """
    pieces = pieces_of_draft(draft, context)
    there, _ = pieces.assign(before.X, before.roles)
    labels, _ = pieces.assign(context.data.X, assignment_roles(draft.roles, context))
    for g, group in enumerate(draft.intents):
        for i in group:
            labels[draft.pieces[i]] = g
    shape = len(before.names), len(draft.intents)
    return crossed(before.labels, there, shape), crossed(homes, labels, shape)


def unchanged(then: Ints, now: Ints) -> Bools:
    """Return whether the part of an earlier intent that a new one has is what it was, shape (m, k).

    It is if its share of all sentences is. Where no part of an earlier intent has the share it had, the intent as a
    whole may have grown or shrunk: then a part is what it was if its share of that intent is, and of the new one.
    No part is of an earlier intent that now has more than twice its sentences: how to cut it, these know better.

    Parameters
    ----------
    then, now : ndarrays of shape (m, k), int64
        Sentences of each earlier intent in each new one, in the earlier run and in the new one.

    Examples
    --------
    Twenty of a hundred sentences, then and now, of which the new run makes two intents of 12 and 8: both are what they
    were. In the second row, there were 17 and 3 and are 20 and 20 now: the 20 after 3 are another intent.

    >>> then, now = np.array([[11, 9, 0, 0], [0, 0, 17, 3]]), np.array([[12, 8, 0, 0], [0, 0, 20, 20]])
    >>> unchanged(then, now)[[0, 0, 1, 1], [0, 1, 2, 3]].tolist()
    [True, True, True, False]
    """
    known = now.sum(axis=1) <= TIMES * then.sum(axis=1)
    of_all = _same_shares(then, now, np.full(then.shape, then.sum()), np.full(now.shape, now.sum()))
    of_old, of_new = (_same_shares(then, now, *_totals(then, now, axis)) for axis in (1, 0))
    moved = ~of_all.any(axis=1, keepdims=True)
    return np.asarray(known[:, None] & (of_all | (moved & of_old & of_new)))


def _totals(then: Ints, now: Ints, axis: int) -> tuple[Ints, Ints]:
    """Return the sums along an axis, each in the shape of the tables."""
    then_all, now_all = (np.broadcast_to(one.sum(axis=axis, keepdims=True), one.shape) for one in (then, now))
    return then_all, now_all


def _same_shares(then: Ints, now: Ints, all_then: Ints, all_now: Ints) -> Bools:
    """Return where there is something now whose share is neither twice nor half what it was, beyond chance."""
    found = np.zeros(then.shape, dtype=np.bool_)
    for cell in zip(*np.nonzero(now), strict=True):
        change = share_change((int(then[cell]), int(all_then[cell])), (int(now[cell]), int(all_now[cell])))
        low, high = sorted((change.before, change.after))
        found[cell] = not change.is_certain or high < TIMES * low
    return found


def earlier_parts(X: Matrix, homes: Labels, least: int) -> Labels:
    """Return the part to which each sentence of a new intent belongs: an earlier intent, or `OWN`.

    A part of fewer than `least` sentences, or of less than a tenth, is a border case, and so is what is of no earlier
    intent unless it is most of all: their sentences go to the nearest of the other parts.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm vectors of the sentences.
    homes : ndarray of shape (n,), int64
        The earlier intent of each sentence; `OWN` for none, or one that changed.
    least : int
        Least size of a part.

    Examples
    --------
    >>> X = np.eye(2, dtype=np.float32)[[0] * 4 + [1] * 4 + [0]]
    >>> earlier_parts(X, np.array([5, 5, 5, 5, 7, 7, 7, 7, OWN]), 4).tolist()
    [5, 5, 5, 5, 7, 7, 7, 7, 5]
    """
    sizes = {of: len(own) for of, own in rows_by(homes).items()}
    is_part = {of: n >= max(least, (MOST if of == OWN else PART) * len(homes)) for of, n in sizes.items()}
    kept = [of for of in sizes if is_part[of]]
    if not kept:
        return np.full(len(homes), OWN)
    centroids = np.array([centroid(X[homes == of]) for of in kept])
    nearest = np.array(kept)[(X @ centroids.T).argmax(axis=1)]
    return np.where(np.isin(homes, kept), homes, nearest)
