"""The regions of a large tree: nodes of a few thousand similar sentences, in each of which fineness is measured anew.

No one height of a tree fits a large corpus: where its business is fine, the cut is too coarse, and elsewhere too fine.
A sample of it does not help where it holds few sentences of each intent; where it holds enough, it decides
(`dialin.discover.heights`). Regions are nodes of the tree that is cut, so that their borders part no cluster.
"""

from __future__ import annotations

import numpy as np

from dialin.arrays import Matrix, Rows
from dialin.cluster.tree import Tree

MAX_TOGETHER = 5_000
"""Largest number of sentences whose fineness is measured together."""
MIN_APART = MAX_TOGETHER // 10
"""A smaller node joins the region with the nearest mean: it says too little about its own fineness."""


def regions_of(X: Matrix, tree: Tree) -> Rows:
    """Return the region of each row, shape (n,), numbered from 0 in the order of the tree.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit rows.
    tree : Tree
        Their tree.
    """
    nodes = highest_within(tree, MAX_TOGETHER) if len(X) else []
    large = [tree.members(node) for node in nodes if tree.size(node) >= MIN_APART]
    small = [tree.members(node) for node in nodes if tree.size(node) < MIN_APART]
    if not large:  # few sentences, or hundreds of small groups that are all far apart
        return np.zeros(len(X), dtype=np.int64)
    means = np.array([X[rows].mean(axis=0) for rows in large])
    regions = np.empty(len(X), dtype=np.int64)
    for region, rows in enumerate(large):
        regions[rows] = region
    for rows in small:
        regions[rows] = np.square(means - X[rows].mean(axis=0)).sum(axis=1).argmin()
    return regions


def highest_within(tree: Tree, largest: int) -> list[int]:
    """Return the highest nodes of at most `largest` rows, from left to right, and the leaves that have more."""
    found, below = list[int](), [tree.root]
    while below:
        node = below.pop()
        children = tree.children_of(node)
        if tree.size(node) <= largest or not children:
            found.append(node)
        else:
            below += reversed(children)
    return found
