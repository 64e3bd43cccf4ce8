"""Which intents of an older and a newer run are the same, which were split, and which were merged.

An intent of each run is the same one if most sentences of one of them belong to the other, and a part of the other's
belong to it. Both directions are asked: sentences about something new may lie within the border of an old intent next
to it, but then no sentence of the old intent goes to the new one; and something new may take in an old intent that has
become rare, but then few of its own sentences come from there. Where several pairs may be the same, the best one-to-one
matching decides (Kuhn 1955, "The Hungarian method").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from dialin.arrays import Bools
from dialin.discover.as_before import MOST, PART
from dialin.taxonomy.flows import Flows

HEIR = 0.25
"""Least share of a newer intent's sentences that come from the older one that it is: with less, it is another intent,
into which the older one was merged."""


@dataclass(frozen=True)
class Matching:
    """What became of m older intents in k newer ones; all are places in their run.

    Parameters
    ----------
    same : dict of int to int
        The newer intent that each older one is.
    split : dict of int to int
        The older intent that each other newer one is a part of.
    merged : dict of int to int
        The newer intent that each other older one went into.
    """

    same: dict[int, int]
    split: dict[int, int]
    merged: dict[int, int]


def matched(flows: Flows, bound: dict[int, int]) -> Matching:
    """Return which intents are the same, were split and were merged.

    Parameters
    ----------
    flows : Flows
        The evidence about m older and k newer intents.
    bound : dict of int to int
        Pairs that are the same whatever the evidence says: a person decided so, or they have the same uid.

    Examples
    --------
    The first older intent is cut in two parts, 60 and 40 % of it; the second stays as it is.

    >>> went = np.array([[0.6, 0.4, 0.0], [0.0, 0.0, 1.0]])
    >>> came = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    >>> matched(Flows(went, came, np.zeros((2, 3), np.int64), np.zeros((2, 3))), {})
    Matching(same={0: 0, 1: 2}, split={1: 0}, merged={})
    """
    is_most, is_heir = np.maximum(flows.went, flows.came) >= MOST, flows.came >= HEIR
    may_be = is_most & is_heir & (flows.went >= PART)
    same = dict(sorted((bound | _one_to_one(flows, may_be, bound)).items()))
    parts = (flows.came >= MOST) & (flows.went >= PART)
    gone = (flows.went >= MOST) & (flows.came >= PART)
    n_old, n_new = may_be.shape
    split = {new: int(flows.came[:, new].argmax()) for new in range(n_new) if parts[:, new].any()}
    merged = {old: int(flows.went[old].argmax()) for old in range(n_old) if gone[old].any()}
    taken = set(same.values())
    return Matching(
        same=same,
        split={new: old for new, old in split.items() if new not in taken},
        merged={old: new for old, new in merged.items() if old not in same},
    )


def _one_to_one(flows: Flows, may_be: Bools, bound: dict[int, int]) -> dict[int, int]:
    """Return the pairs of the best matching among those that may be the same, without the bound ones."""
    free = may_be.copy()
    free[list(bound), :] = False
    free[:, list(bound.values())] = False
    score = np.where(free, flows.went + flows.came + (1 + flows.cosine) / 2, 0.0)  # each of the three in [0, 1]
    pairs = zip(*linear_sum_assignment(score, maximize=True), strict=True)
    return {int(old): int(new) for old, new in pairs if free[old, new]}
