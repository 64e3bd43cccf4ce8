"""Builds the tree of intents from their centroids, cuts it into families, and lays it out for drawing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Matrix
from dialin.cluster.linkage import tree_of
from dialin.cluster.tree import Tree
from dialin.review.nearness import sums


@dataclass(frozen=True)
class Bracket:
    """Drawing of one join: a bar at a height, with two ends that reach down to the joined nodes.

    Parameters
    ----------
    height : float
        Height of the join, in the units of the tree.
    places : tuple of 2 floats
        Positions of the two nodes among the leaves: 0 is the first leaf, fractions lie between leaves.
    heights : tuple of 2 floats
        Heights of the two nodes; 0 for a leaf.
    """

    height: float
    places: tuple[float, float]
    heights: tuple[float, float]


def centroids(X: Matrix, labels: NDArray[np.int64], n_intents: int) -> NDArray[np.float64]:
    """Return the unit-norm mean of each intent's sentences, shape (n_intents, d); zeros for an intent without any."""
    total = sums(labels, np.arange(n_intents), X, np.arange(len(labels)))
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))


def tree_of_intents(C: NDArray[np.float64]) -> Tree:
    """Return the Ward tree over the centroids of intents, shape (m, d), all with equal weight."""
    return tree_of(C, np.ones(len(C)), np.arange(len(C)), "ward")


def families(tree: Tree) -> list[tuple[int, ...]]:
    """Return the intents of each family, in leaf order, from the cut of n_leaves leaves into about √n_leaves families.

    Examples
    --------
    >>> C = np.array([[1.0, 0.0], [0.0, 1.0], [0.99, 0.141], [0.141, 0.99]])
    >>> families(tree_of_intents(C))
    [(0, 2), (1, 3)]
    """
    if not tree.n_leaves:
        return []
    nodes = tree.nodes_at(round(tree.n_leaves**0.5))
    return [tuple(tree.members(int(node)).tolist()) for node in sorted(nodes, key=lambda node: tree.start[node])]


def brackets(tree: Tree) -> list[Bracket]:
    """Return the brackets of a tree's joins, lowest first.

    Examples
    --------
    Leaves 0 and 2 are side by side and join first; then leaf 1 joins them.

    >>> C = np.array([[1.0, 0.0], [0.0, 1.0], [0.8, 0.6]])
    >>> [bracket.places for bracket in brackets(tree_of_intents(C))]
    [(1.0, 2.0), (0.0, 1.5)]
    """
    m = tree.n_leaves
    place, height = np.zeros(len(tree.parent)), np.zeros(len(tree.parent))
    place[tree.rows] = np.arange(m)
    found = []
    for i, (a, b) in enumerate(tree.children):
        height[m + i], place[m + i] = tree.height[i], (place[a] + place[b]) / 2
        ends = (float(place[a]), float(place[b])), (float(height[a]), float(height[b]))
        found.append(Bracket(float(tree.height[i]), *ends))
    return found
