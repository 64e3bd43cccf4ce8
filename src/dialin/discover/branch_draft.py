"""Puts the intents of a result into branches, before any of them has a name.

Needs and other kinds of turns, roles, and languages never share a branch: who asks for a card and who thanks for it are
not read together. They are no levels either, since each has a column of its own; each has branches of its own. What a
person has placed (a list with parents, a reviewed run) stays there, and draws what lies with it: where at least half of
a branch was placed in one path, the rest of it goes there, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Floats
from dialin.cluster.centroids import tree_of_centroids
from dialin.cluster.levels import Grouping, levels_of
from dialin.cluster.neighbours import evenly
from dialin.discover.intent_tree import TOP, Path
from dialin.discover.state import Intent
from dialin.name.kinds import may_be_need
from dialin.text.script import language_of

Placed = dict[int, Path]
"""The path of intents, by their place among all, that a person has chosen."""


@dataclass(frozen=True)
class DraftBranch:
    """A branch without a name.

    Parameters
    ----------
    parent : int
        Place of the branch that it is part of, among all branches; `TOP` for none.
    intents : tuple of int
        Places of all intents in it and below, ascending: the needs and the frequent ones come first.
    own : tuple of int
        Those of them that are in no branch below.
    given : str
        The name that a person gave it; "" for none.
    """

    parent: int
    intents: tuple[int, ...]
    own: tuple[int, ...]
    given: str = ""


def drafted(intents: Sequence[Intent], C: Floats, placed: Mapping[int, Path]) -> list[DraftBranch]:
    """Return the branches of some intents, each parent before what it holds, the most important first.

    Parameters
    ----------
    intents : sequence of Intent, m
        Needs first, each kind with the most frequent first.
    C : ndarray of shape (m, d), float64
        Their centroids.
    placed : mapping of int to tuple of str
        Where a person has placed some of them.
    """
    found, known = list[Grouping](), dict(placed)
    for rows in strata_of_intents(intents):
        groups = [_mapped(group, rows) for group in levels_of(tree_of_centroids(C[rows]))]
        known = _drawn(groups, known)
        found += groups
    free = [kept for group in found if (kept := _without(group, known.keys()))]
    return _laid_out(_nodes(free, known))


def strata_of_intents(intents: Sequence[Intent]) -> list[list[int]]:
    """Return the places of the intents that may share a branch: those of one role and language, needs or not."""
    strata: dict[tuple[str, bool, str], list[int]] = {}
    for place, one in enumerate(intents):
        strata.setdefault((one.role, may_be_need(one.kind), language_of([one.name])), []).append(place)
    return list(strata.values())


def _mapped(group: Grouping, rows: Sequence[int]) -> Grouping:
    inner = tuple(_mapped(one, rows) for one in group.groups)
    return Grouping(tuple(sorted(rows[leaf] for leaf in group.leaves)), inner)


def _drawn(groups: Iterable[Grouping], placed: Placed) -> Placed:
    """Return the paths with those of intents that go where at least half of their group was placed."""
    for group in groups:
        placed = _drawn(group.groups, placed)
        paths = Counter(placed[leaf] for leaf in group.leaves if leaf in placed)
        if paths and 2 * paths.most_common(1)[0][1] >= len(group.leaves):
            placed = {**dict.fromkeys(group.leaves, paths.most_common(1)[0][0]), **placed}
    return placed


def _without(group: Grouping, gone: Iterable[int]) -> Grouping | None:
    """Return a group without some leaves; None if fewer than two are left."""
    left = tuple(sorted(set(group.leaves) - set(gone)))
    if len(left) < 2:
        return None
    inner = tuple(kept for one in group.groups if (kept := _without(one, gone)))
    is_all = len(inner) == 1 and inner[0].leaves == left
    return Grouping(left, inner[0].groups if is_all else inner)


@dataclass(frozen=True)
class _Node:
    intents: tuple[int, ...]
    nodes: tuple[_Node, ...]
    given: str = ""


def _nodes(groups: Iterable[Grouping], placed: Mapping[int, Path]) -> list[_Node]:
    free = [_Node(group.leaves, tuple(_nodes(group.groups, {}))) for group in groups]
    return sorted([*free, *_given(placed)], key=lambda node: node.intents[0])


def _given(placed: Mapping[int, Path]) -> list[_Node]:
    """Return the branches of the paths that people chose."""
    by_name: dict[str, Placed] = {}
    for place, path in placed.items():
        if path:
            by_name.setdefault(path[0], {})[place] = path[1:]
    return [_Node(tuple(sorted(own)), tuple(_nodes((), own)), name) for name, own in by_name.items()]


def _laid_out(nodes: Sequence[_Node], parent: int = TOP, first: int = 0) -> list[DraftBranch]:
    found = list[DraftBranch]()
    for node in nodes:
        place = first + len(found)
        below = {intent for one in node.nodes for intent in one.intents}
        own = tuple(intent for intent in node.intents if intent not in below)
        found.append(DraftBranch(parent, node.intents, own, node.given))
        found += _laid_out(node.nodes, place, place + 1)
    return found


def children_of(branches: Sequence[DraftBranch]) -> dict[int, list[int]]:
    """Return the places of the branches in each branch, and at the `TOP`, by parent; parents come first."""
    found: dict[int, list[int]] = {}
    for place, branch in enumerate(branches):
        found.setdefault(branch.parent, []).append(place)
    return found


def some_of(branch: DraftBranch, n: int) -> list[int]:
    """Return up to n of the intents of a branch, spread over all of them."""
    found: list[int] = evenly(np.array(branch.intents, dtype=np.int64), n).tolist()
    return found
