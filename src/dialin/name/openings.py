"""The kinds of sentences, given where they are said: in dialogues, and in tables of first sentences.

In dialogues, `dialin.name.place_head` tells needs. In a table, nobody knows what was said before: it may be a list of
reasons of calls, or of all turns. The probabilities of the heads of `dialin.name.kinds`, which learnt from as many
sentences of each kind as `LEARNT` says, are put on the shares of kinds among openings as far as the table reads like
one of openings: P(kind | sentence, opening) ∝ P(kind | sentence) · P(kind | opening) / P(kind), since of a given kind,
the same is said there as elsewhere (Saerens, Latinne and Decaestecker, Neural Computation 14, 2002).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dialin.arrays import Bools, Floats
from dialin.name.actions import AGENT
from dialin.name.kinds import Kinds
from dialin.name.place_head import LEAST, place_features, shipped_place_head
from dialin.read.spoken import SpokenOrder

LEARNT = np.array([4, 1, 1, 1, 1]) / 8
"""Share of each kind, in the order of `KINDS`, in what the heads learnt from: `studies.own.kinds.weights_of`."""
OPENING = np.array([61, 1, 2, 2, 25]) / 91
"""Share of each kind among the first turns of customers: of 86 in the demo and in MobileCS, one more of each kind."""
AT_ONCE = 1 << 16
"""Turns that the place head reads at once, but whole dialogues."""


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
    Nine in ten sentences of a table read like needs: then the other one is rather a need, too.

    >>> told = Kinds(np.array([[0.9, 0.1, 0, 0, 0]] * 9 + [[0.3, 0.7, 0, 0, 0]]))
    >>> kinds_in_place(told, [""] * 10, None).P[-1].round(2).tolist()
    [0.71, 0.29, 0.0, 0.0, 0.0]
    """
    is_agent = np.array([role == AGENT for role in roles], dtype=np.bool_)
    if order is not None:
        return in_dialogues(kinds, is_agent, order)
    f = share_of_openings(kinds, is_agent)
    return Kinds(np.where(f[:, None] > 0, f[:, None] * at_opening(kinds.P) + (1 - f[:, None]) * kinds.P, kinds.P))


def in_dialogues(kinds: Kinds, is_agent: Bools, order: SpokenOrder) -> Kinds:
    """Return the kinds of sentences, with P(need) as the place head has it, the mean over all places of each.

    The other kinds share the rest as before. Sentences of agents, those that no dialogue has, and those of an unknown
    kind stay as they are.
    """
    n, total = np.zeros(len(is_agent), np.int64), np.zeros(len(is_agent))
    for part in order.parts(AT_ONCE):
        told = ~is_agent[part.sentence]
        p = shipped_place_head().p_need(place_features(kinds, is_agent, part)[told])
        np.add.at(n, part.sentence[told], 1)
        np.add.at(total, part.sentence[told], p)
    return Kinds(np.where((n > 0)[:, None], with_need(kinds.P, total / np.maximum(n, 1)), kinds.P))


def with_need(P: Floats, p: Floats) -> Floats:
    """Return P(kind), shape (n, 5), with another P(need), shape (n,); the other kinds keep their odds to one another.

    Where nothing but a need was thought of, they share what is left alike.

    Examples
    --------
    >>> with_need(np.array([[0.6, 0.3, 0.1, 0, 0], [1.0, 0, 0, 0, 0]]), np.array([0.2, 0.2])).round(2).tolist()
    [[0.2, 0.6, 0.2, 0.0, 0.0], [0.2, 0.2, 0.2, 0.2, 0.2]]
    """
    rest = P[:, 1:] + LEAST
    return np.column_stack([p + 0 * P[:, 0], rest / rest.sum(axis=1, keepdims=True) * (1 - p)[:, None]])


def at_opening(P: Floats) -> Floats:
    """Return P(kind | sentence, opening), shape (n, 5), of P(kind | sentence); rows of nan stay."""
    shifted = P * (OPENING / LEARNT)
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def share_of_openings(kinds: Kinds, is_agent: Bools) -> Floats:
    """Return P(the sentences are openings), alike for each of them, shape (n,): of a table without dialogues.

    Both are as likely before one looks. Sentences of agents are said inside dialogues; what has no known kind does not
    count.
    """
    known = kinds.P[~np.isnan(kinds.P[:, 0])]
    gain = np.log(np.maximum(known @ (OPENING / LEARNT), LEAST)).sum()
    return np.full(len(is_agent), 0.0 if is_agent.any() else 1 / (1 + np.exp(-np.clip(gain, -500, 500))))
