"""Where a sentence is said tells what it does: the first thing that a customer says is a need far more often than not.

A head (`dialin.name.kinds`) reads a sentence alone. "I ordered three and two came" answers a question in the middle of
a call, and is the reason of the call at its beginning, where no question stands before it. So the probabilities of a
head, which learnt from as many sentences of each kind as `LEARNT` says, are put on the shares of kinds among openings:
P(kind | sentence, opening) ∝ P(kind | sentence) · P(kind | opening) / P(kind), since of a given kind, the same is said
there as elsewhere (Saerens, Latinne and Decaestecker, Neural Computation 14, 2002).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dialin.arrays import Bools, Floats, Rows
from dialin.name.actions import AGENT
from dialin.name.kinds import Kinds
from dialin.read.spoken import SpokenOrder

LEARNT = np.array([4, 1, 1, 1, 1]) / 8
"""Share of each kind, in the order of `KINDS`, in what the heads learnt from: `studies.own.kinds.weights_of`."""
OPENING = np.array([61, 1, 2, 2, 25]) / 91
"""Share of each kind among the first turns of customers: of 86 in the demo and in MobileCS, one more of each kind."""
LEAST = 1e-9
"""Probabilities are not taken as lower than this where their logarithm is taken."""


def kinds_in_place(kinds: Kinds, roles: Sequence[str], order: SpokenOrder | None) -> Kinds:
    """Return the kinds of sentences, given where they are said.

    Parameters
    ----------
    kinds : Kinds
        The kinds of n sentences, each told by itself.
    roles : sequence of str, n roles
        Role of each; "" where it is unknown, which is taken for a customer's.
    order : SpokenOrder or None
        The dialogues that they are said in. None: a table, whose sentences are all openings or of any place; the more
        likely of the two counts for more.

    Examples
    --------
    At the beginning, what reads like an answer is a need: .3 · (61/91) / (4/8) against .7 · (1/91) / (1/8).

    >>> told = Kinds(np.array([[0.3, 0.7, 0, 0, 0]] * 2))
    >>> order = SpokenOrder(np.array([0, 1]), np.array([0, 0]))
    >>> kinds_in_place(told, ["customer"] * 2, order).P.round(2).tolist()
    [[0.87, 0.13, 0.0, 0.0, 0.0], [0.3, 0.7, 0.0, 0.0, 0.0]]
    """
    is_agent = np.array([role == AGENT for role in roles], dtype=np.bool_)
    f = share_of_openings(kinds, is_agent) if order is None else shares_of_openings(kinds, is_agent, order)
    return Kinds(np.where(f[:, None] > 0, f[:, None] * at_opening(kinds.P) + (1 - f[:, None]) * kinds.P, kinds.P))


def at_opening(P: Floats) -> Floats:
    """Return P(kind | sentence, opening), shape (n, 5), of P(kind | sentence); rows of nan stay."""
    shifted = P * (OPENING / LEARNT)
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def shares_of_openings(kinds: Kinds, is_agent: Bools, order: SpokenOrder) -> Floats:
    """Return how often each sentence is said before any other that says something, in [0, 1], shape (n,).

    Greetings and sounds of attention say nothing, whatever agents say does not count, and a sentence of an unknown
    script says something.
    """
    silent = np.where(is_agent, 1.0, np.nan_to_num(kinds.P[:, 3] + kinds.P[:, 4]))
    p = np.where(is_agent[order.sentence], 0.0, silent_before(silent[order.sentence], order))
    n = np.bincount(order.sentence, minlength=len(silent))
    return np.asarray(np.bincount(order.sentence, weights=p, minlength=len(silent)) / np.maximum(n, 1))


def silent_before(silent: Floats, order: SpokenOrder) -> Floats:
    """Return the probability that all turns before each one in its dialogue say nothing, shape (n_turns,).

    Examples
    --------
    >>> order = SpokenOrder(np.arange(4), np.array([0, 0, 0, 1]))
    >>> silent_before(np.array([0.5, 0.5, 1, 1]), order).tolist()
    [1.0, 0.5, 0.25, 1.0]
    """
    logs = np.log(np.maximum(silent, LEAST))
    before = np.cumsum(logs) - logs
    is_first = np.append(True, order.dialogue[1:] != order.dialogue[:-1])[: len(silent)]
    first: Rows = np.flatnonzero(is_first)
    lengths = np.diff(np.append(first, len(silent)))
    return np.asarray(np.exp(np.minimum(before - np.repeat(before[first], lengths), 0.0)))


def share_of_openings(kinds: Kinds, is_agent: Bools) -> Floats:
    """Return P(the sentences are openings), alike for each of them, shape (n,): of a table without dialogues.

    Both are as likely before one looks. Sentences of agents are said inside dialogues; what has no known kind does not
    count.
    """
    known = kinds.P[~np.isnan(kinds.P[:, 0])]
    gain = np.log(np.maximum(known @ (OPENING / LEARNT), LEAST)).sum()
    return np.full(len(is_agent), 0.0 if is_agent.any() else 1 / (1 + np.exp(-np.clip(gain, -500, 500))))
