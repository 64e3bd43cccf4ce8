"""Chooses the levels of a readable tree: where a dendrogram itself falls into groups.

The rule. Cutting n leaves into k groups is natural where the dendrogram is steep: the join that goes is much higher
than the one that stays. Heights fall with k in any data, so the step counts in proportion to that: its slope is
log(height above / height below) / log((k + 1) / k). Of the numbers of groups that a person can read, from half to
twice `target`, the one with the largest slope is taken. It has to be a real gap: of slope `MIN_SLOPE` or more, with
two groups or more that hold several leaves. A group of more than `READABLE` leaves is divided once more by the same
rule. A group of one leaf is no group: the leaf stands directly in the level above.

No constant is fitted to labelled data. Twelve lines are what a page shows of a menu without scrolling; 1/2 lies above
what vectors without any structure reach (random ones in 384 dimensions: at most .44 in 255 trials of 6 to 300 leaves).
``studies.own.tree`` measures the rule.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Floats
from dialin.cluster.tree import Tree

READABLE = 12
"""Lines that a person reads at a look: more leaves are divided, and no level has many more groups."""
MIN_LEAVES = 6
"""Fewer leaves need no tree: they are two groups of three at most."""
MIN_SLOPE = 0.5
"""Least slope of a gap; where all leaves are equally far apart, it is 0."""
N_LEVELS = 2
"""Most levels of groups above the leaves."""
_TINY = 1e-12


@dataclass(frozen=True)
class Grouping:
    """A group of leaves: all its leaves in the order of the tree, and the groups that some of them form inside it."""

    leaves: tuple[int, ...]
    groups: tuple[Grouping, ...] = ()


def levels_of(tree: Tree, n_levels: int = N_LEVELS) -> tuple[Grouping, ...]:
    """Return the groups of the leaves of a dendrogram; none for few leaves, or where there is no real gap.

    Every group holds two leaves or more, and every level two groups or more; leaves of no group stand alone. Takes time
    in proportion to n log n for n leaves.

    Parameters
    ----------
    tree : Tree
        A dendrogram whose leaves are rows.
    n_levels : int
        Most levels of groups.

    Examples
    --------
    Seven points on a line: three near 0, three near 10, and one at 30.

    >>> from dialin.cluster.linkage import tree_of
    >>> points = np.array([[0.0], [0.1], [0.2], [10.0], [10.1], [10.3], [30.0]])
    >>> tree = tree_of(points, np.ones(7), np.arange(7), "ward")
    >>> [sorted(group.leaves) for group in levels_of(tree)]
    [[0, 1, 2], [3, 4, 5]]
    """
    return _inside(tree, tree.root, n_levels) if tree.n_leaves else ()


def target(n: int) -> float:
    """Return how many groups n leaves are best read in: √n, at most `READABLE`, and ∛n of more than `READABLE`³.

    Examples
    --------
    >>> target(64), target(1000), round(target(8000))
    (8.0, 12, 20)
    """
    return max(min(math.sqrt(n), READABLE), math.cbrt(n))


def _inside(tree: Tree, node: int, n_levels: int) -> tuple[Grouping, ...]:
    nodes = [one for one in _cut(tree, node) if tree.size(one) > 1]
    return tuple(_grouping(tree, one, n_levels - 1) for one in nodes)


def _grouping(tree: Tree, node: int, n_levels: int) -> Grouping:
    inner = _inside(tree, node, n_levels) if n_levels and tree.size(node) > READABLE else ()
    return Grouping(tuple(tree.members(node).tolist()), inner)


def _cut(tree: Tree, node: int) -> list[int]:
    """Return the nodes of the steepest cut of a node, in the order of the tree; none without a real gap."""
    n = tree.size(node)
    if n < MIN_LEAVES:
        return []
    wanted = target(n)
    low, high = max(2, int(np.ceil(wanted / 2))), min(int(2 * wanted), n - 2)
    opened = _opened(tree, node, high)
    height = np.array([_height(tree, one) for one in opened])
    slope = slopes(height)
    ks = [k for k in range(low, high + 1) if slope[k - 2] >= MIN_SLOPE and _n_real(tree, opened[: k - 1]) > 1]
    if not ks:
        return []
    best = max(ks, key=lambda k: slope[k - 2])  # of equals, the fewest groups
    return _parts(tree, opened[: best - 1])


def slopes(height: Floats) -> Floats:
    """Return the slope at k = 2, 3, … groups, given the heights of the joins, highest first, shape (m,).

    Examples
    --------
    Into 2 groups, the highest join goes and the second stays: log(8 / 4) / log(3 / 2) = 1.71. Into 3, the second goes.

    >>> slopes(np.array([8.0, 4.0, 4.0])).round(2).tolist(), slopes(np.array([8.0, 8.0, 4.0])).round(2).tolist()
    ([1.71, 0.0], [0.0, 2.41])
    """
    k = np.arange(2, len(height) + 1)
    above, below = np.maximum(height[:-1], _TINY), np.maximum(height[1:], _TINY)
    return np.asarray(np.log(above / below) / np.log((k + 1) / k))


def _height(tree: Tree, node: int) -> float:
    return float(tree.height[node - tree.n_leaves]) if node >= tree.n_leaves else 0.0


def _opened(tree: Tree, node: int, n: int) -> list[int]:
    """Return the n highest joins in a node, the highest first; a join never lies above the one that it is part of."""
    found, rest = list[int](), [(-node, node)]  # nodes are numbered by height
    while rest and len(found) < n:
        _, highest = heapq.heappop(rest)
        found.append(highest)
        for child in tree.children_of(highest):
            heapq.heappush(rest, (-child, child))
    return found


def _parts(tree: Tree, opened: list[int]) -> list[int]:
    """Return what a node falls into when these joins go, in the order of the tree."""
    gone = set(opened)
    parts = [child for one in opened for child in tree.children_of(one) if child not in gone]
    return sorted(parts, key=lambda part: int(tree.start[part]))


def _n_real(tree: Tree, opened: list[int]) -> int:
    return sum(tree.size(part) > 1 for part in _parts(tree, opened))
