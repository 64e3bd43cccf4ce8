"""Where a sentence is said in its dialogue tells whether it states a need.

A head of `dialin.name.kinds` reads a sentence alone. "I ordered three and two came" is the reason of a call at its
beginning, and answers a question in the middle of it, once the need is stated. So a second head, a logistic one of
thirteen weights, reads what the first made of the sentence, of what the customer said before it, and of what the agent
last said. ``python -m studies.own.places`` fits it on whole dialogues; it belongs to the kind heads of both languages.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from dialin.arrays import Bools, Floats, Rows
from dialin.name.kinds import KINDS, Kinds
from dialin.read.spoken import SpokenOrder

WEIGHTS = Path(__file__).with_name("place_head.json")
LEAST_P = 1e-3
"""Probabilities are not taken as nearer to 0 or 1 than this where their log-odds are taken."""
LEAST = 1e-9
"""Nor as lower than this where their logarithm is taken."""
MANY_BEFORE = 4
"""Earlier turns of a customer beyond which more of them tell nothing."""
N_FEATURES = 2 * len(KINDS) + 3


@dataclass(frozen=True, eq=False)
class PlaceHead:
    """The logistic head.

    Parameters
    ----------
    weights : ndarray of shape (13,), float64
        For what `place_features` returns.
    bias : float
        The intercept.
    """

    weights: Floats
    bias: float

    def p_need(self, features: Floats) -> Floats:
        """Return P(the turn states a need), shape (n,), from features of shape (n, 13)."""
        return np.asarray(1 / (1 + np.exp(-(features @ self.weights + self.bias))))


@cache
def shipped_place_head() -> PlaceHead:
    """Return the head that is shipped."""
    found = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return PlaceHead(np.array(found["weights"]), float(found["bias"]))


def place_features(kinds: Kinds, is_agent: Bools, order: SpokenOrder) -> Floats:
    """Return what the head reads of each turn, shape (n_turns, 13).

    The log-odds of each kind of the sentence by itself; the probability that the customer has said nothing yet; how
    many turns the customer has had, 1 for `MANY_BEFORE`; the greatest probability of a need among these; and the
    probability of each kind of what the agent said last, all 0 if nothing. What has no known kind counts as 0.

    Parameters
    ----------
    kinds : Kinds
        Kinds of n sentences, each told by itself.
    is_agent : ndarray of shape (n,), bool
        Which of them agents say.
    order : SpokenOrder
        The turns.
    """
    P, speaks = np.nan_to_num(kinds.P)[order.sentence], ~is_agent[order.sentence]
    begin = begins(order)
    bounded = np.clip(P, LEAST_P, 1 - LEAST_P)
    silent = np.where(speaks, P[:, 3] + P[:, 4], 1.0)
    n_before = np.minimum(summed_before(speaks.astype(np.float64), begin), MANY_BEFORE) / MANY_BEFORE
    told = np.column_stack([silent_before(silent, begin), n_before, greatest_before(speaks * P[:, 0], begin)])
    return np.hstack([np.log(bounded / (1 - bounded)), told, last_of(P, ~speaks, begin)])


def begins(order: SpokenOrder) -> Rows:
    """Return the turn with which the dialogue of each turn begins, shape (n_turns,).

    Examples
    --------
    >>> begins(SpokenOrder(np.arange(4), np.array([0, 0, 3, 3]))).tolist()
    [0, 0, 2, 2]
    """
    places = np.arange(len(order.dialogue))
    return np.asarray(np.maximum.accumulate(np.where(order.opens, places, 0)), dtype=np.int64)


def summed_before(values: Floats, begin: Rows) -> Floats:
    """Return the sum of the values of all earlier turns of the dialogue of each turn, shape (n_turns,).

    Examples
    --------
    >>> summed_before(np.array([1.0, 2.0, 4.0, 8.0]), np.array([0, 0, 2, 2])).tolist()
    [0.0, 1.0, 0.0, 4.0]
    """
    before = np.cumsum(values) - values
    return np.asarray(before - before[begin])


def silent_before(silent: Floats, begin: Rows) -> Floats:
    """Return the probability that all earlier turns of the dialogue of each turn say nothing, shape (n_turns,).

    Examples
    --------
    >>> silent_before(np.array([0.5, 0.5, 1, 1]), np.array([0, 0, 0, 3])).tolist()
    [1.0, 0.5, 0.25, 1.0]
    """
    return np.asarray(np.exp(np.minimum(summed_before(np.log(np.maximum(silent, LEAST)), begin), 0.0)))


def greatest_before(values: Floats, begin: Rows) -> Floats:
    """Return the greatest value of the earlier turns of the dialogue of each turn, values in [0, 1]; 0 without any.

    Examples
    --------
    >>> greatest_before(np.array([0.5, 0.25, 0.75, 0.0, 0.25]), np.array([0, 0, 0, 3, 3])).tolist()
    [0.0, 0.5, 0.5, 0.0, 0.0]
    """
    so_far = np.maximum.accumulate(begin + values) - begin  # a later dialogue begins above all of an earlier one
    earlier = np.append(0.0, so_far[:-1])[: len(values)]
    return np.where(begin == np.arange(len(values)), 0.0, earlier)


def last_of(P: Floats, is_own: Bools, begin: Rows) -> Floats:
    """Return the row of the last earlier turn of the dialogue that is of a sort, for each turn; zeros without any.

    Examples
    --------
    >>> P = np.array([[0.5], [0.25], [0.75], [1.0]])
    >>> last_of(P, np.array([True, False, False, True]), np.array([0, 0, 2, 2])).ravel().tolist()
    [0.0, 0.5, 0.0, 0.0]
    """
    places = np.arange(len(begin))
    last = np.maximum.accumulate(np.where(is_own, places, -1))
    before = np.append(-1, last[:-1])[: len(begin)]
    return np.where((before >= begin)[:, None], P[before], 0.0)
