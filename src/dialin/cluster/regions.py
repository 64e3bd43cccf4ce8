"""The regions of a large stratum: parts of a few thousand similar sentences, each clustered as if it were alone.

No one height of a tree fits a large corpus: where its business is fine, the cut is too coarse, and elsewhere too fine.
A sample of it does not help, for it holds a few sentences of each intent. Regions are nodes of a coarse tree. In each
of them fineness is measured anew, on nearly all of its sentences, and the work grows with n and not with n².
"""

from __future__ import annotations

import numpy as np

from dialin.arrays import Matrix, Rows
from dialin.cluster.linkage import tree_of
from dialin.cluster.partition import micro_clusters
from dialin.cluster.tree import Tree

MAX_TOGETHER = 5_000
"""Largest number of sentences that are clustered together."""
MIN_APART = MAX_TOGETHER // 10
"""A smaller node joins the region with the nearest mean: it says too little about its own fineness."""
MICRO_A_REGION = 5
"""Micro-clusters for each region, at least."""
MIN_MICRO = 1_500


def regions_of(X: Matrix, strata: Rows, seed: int = 0) -> Rows:
    """Return the region of each row within its stratum: 0, 1, …, shape (n,); 0 in strata of up to 5,000 rows.

    Takes O(n · m · d) time, where m is the number of micro-clusters: 1,500 up to 1.5 million rows.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit rows.
    strata : ndarray of shape (n,), int64
        Stratum 0, 1, … of each row.
    seed : int
        Seed of the micro-clusters.

    Examples
    --------
    >>> regions_of(np.eye(3, dtype=np.float32), np.array([0, 1, 1])).tolist()
    [0, 0, 0]
    """
    regions = np.zeros(len(X), dtype=np.int64)
    for stratum in range(int(strata.max(initial=-1)) + 1):
        rows = np.flatnonzero(strata == stratum)
        if len(rows) > MAX_TOGETHER:
            regions[rows] = parted(X[rows], seed)
    return regions


def parted(X: Matrix, seed: int) -> Rows:
    """Return the region of each row of one large stratum, numbered from 0 in the order of the tree."""
    n_micro = max(MIN_MICRO, MICRO_A_REGION * len(X) // MAX_TOGETHER)
    tree = tree_of(*micro_clusters(X, np.ones(len(X)), n_micro, seed), "ward")
    nodes = highest_within(tree, MAX_TOGETHER)
    large = [tree.members(node) for node in nodes if tree.size(node) >= MIN_APART]
    small = [tree.members(node) for node in nodes if tree.size(node) < MIN_APART]
    if not large:  # hundreds of small groups, all far apart
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
