"""Lays the dendrogram of intents out for drawing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dialin.cluster.tree import Tree


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


def brackets(tree: Tree) -> list[Bracket]:
    """Return the brackets of a tree's joins, lowest first.

    Examples
    --------
    Leaves 0 and 2 are side by side and join first; then leaf 1 joins them.

    >>> from dialin.cluster.centroids import tree_of_centroids
    >>> C = np.array([[1.0, 0.0], [0.0, 1.0], [0.8, 0.6]])
    >>> [bracket.places for bracket in brackets(tree_of_centroids(C))]
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
