"""What some rows of a tree say of all: where they fall into a number of clusters, all fall into more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dialin.arrays import Bools, Floats, Ints
from dialin.cluster.granularity import Granularity
from dialin.cluster.tree import Tree


@dataclass(frozen=True, eq=False)
class SomeRows:
    """Some of the rows of a tree.

    Parameters
    ----------
    tree : Tree
        The tree of n rows.
    is_inside : ndarray of shape (n,), bool
        Whole nodes of the tree: all rows in question.
    is_some : ndarray of shape (n,), bool
        Some of those rows, one or more.
    """

    tree: Tree
    is_inside: Bools
    is_some: Bools

    def suggestion_for_all(self, found: Granularity) -> Granularity:
        """Return the suggestion for all rows inside, where `found` is that of some of them; its p stays."""
        low, median, high, *numbers = self.numbers_of_all(
            np.concatenate([[found.low, found.n_clusters, found.high], found.numbers])
        )
        return Granularity(round(median), round(low), round(high), np.array(numbers), found.p)

    def numbers_of_all(self, numbers: Floats) -> Floats:
        """Return how many clusters all rows inside fall into where some of them fall into these numbers, shape (m,).

        Parameters
        ----------
        numbers : ndarray of shape (m,)
            Numbers of clusters that hold any of some rows; rounded, and at least 1.
        """
        tree, is_whole = self.tree, self.tree.held(self.is_inside) == self.tree.end - self.tree.start
        has_some = is_whole & (tree.held(self.is_some) > 0)
        is_join = is_whole[tree.n_leaves :]
        parts_some = is_join & has_some[tree.children].all(axis=1)
        n_below = has_some[: tree.n_leaves].sum() - np.maximum(np.rint(numbers), 1)
        height = between(tree.height[parts_some], n_below.astype(np.int64))
        n_joined = np.searchsorted(tree.height[is_join], height, side="right")
        return np.asarray(is_whole[: tree.n_leaves].sum() - n_joined, dtype=np.float64)


def between(heights: Floats, n_below: Ints) -> Floats:
    """Return heights that have so many of the given ones, ascending, at or below them: half-way to the next, in log.

    Examples
    --------
    >>> between(np.array([1.0, 4.0, 16.0]), np.array([1, 2, 3, 7])).tolist()
    [2.0, 8.0, inf, inf]
    """
    n = np.clip(n_below, 0, len(heights))
    low, high = np.append(0.0, heights)[n], np.append(heights, np.inf)[n]
    return np.where(n == len(heights), np.inf, np.sqrt(low * np.where(n == len(heights), low, high)))
