"""A dendrogram that can be cut at every k and walked node by node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Bools, Floats, Ints
from dialin.errors import InputError

_ROUNDING = 1e-9
"""Part by which the mean of equal limits may differ from them."""


@dataclass(frozen=True, eq=False)
class Tree:
    """A dendrogram over n_leaves leaves: nodes 0 … n_leaves-1 are leaves, the root is 2 n_leaves - 2.

    Parameters
    ----------
    children : int64 array of shape (n_leaves - 1, 2)
        The two nodes that node ``n_leaves + i`` joins, the smaller first.
    height : float64 array of shape (n_leaves - 1,)
        Distance of the two, never decreasing.
    parent : int64 array of shape (2 n_leaves - 1,)
        The root has -1.
    rows : int64 array of shape (n,)
        Rows in the order of the leaves: each node is a span of it. A leaf of a micro-clustered tree
        holds several rows.
    start, end : int64 arrays of shape (2 n_leaves - 1,)
        The span of each node.
    """

    children: NDArray[np.int64]
    height: Floats
    parent: NDArray[np.int64]
    rows: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]

    @property
    def n_leaves(self) -> int:
        """Number of leaves: rows, or micro-clusters."""
        return (len(self.parent) + 1) // 2

    @property
    def root(self) -> int:
        """The node that holds all rows."""
        return len(self.parent) - 1

    def children_of(self, node: int) -> tuple[int, ...]:
        """Return the two nodes that a node joins; none for a leaf."""
        if self._checked(node) < self.n_leaves:
            return ()
        left, right = self.children[node - self.n_leaves]
        return int(left), int(right)

    def members(self, node: int) -> NDArray[np.int64]:
        """Return the rows of a node, similar ones close together; a read-only view, no copy."""
        return self.rows[self.start[self._checked(node)] : self.end[node]]

    def size(self, node: int) -> int:
        """Return the number of rows of a node."""
        return int(self.end[self._checked(node)] - self.start[node])

    def held(self, which: Bools) -> Ints:
        """Return how many of some rows each node holds, shape (n_nodes,); `which` is of shape (n,).

        Examples
        --------
        Rows 0 and 1 join first, and then 2 joins them: nodes 3 and 4.

        >>> tree = laid_out(np.array([[0, 1], [1, 2]]), np.array([1.0, 2.0]), np.arange(3))
        >>> tree.held(np.array([True, False, True])).tolist()
        [1, 0, 1, 1, 2]
        """
        total = np.concatenate([[0], np.cumsum(which[self.rows])])
        return np.asarray(total[self.end] - total[self.start])

    def nodes_at(self, k: int) -> NDArray[np.int64]:
        """Return the min(k, n_leaves) nodes of the cut into k, ordered by their first row.

        Raises
        ------
        InputError
            If k < 1.
        """
        check_k(k)
        if not len(self.rows):
            return np.zeros(0, dtype=np.int64)
        limit = max(2 * self.n_leaves - k, self.n_leaves)  # nodes from here on are the last k-1 joins
        nodes = np.flatnonzero((self.parent[:limit] >= limit) | (self.parent[:limit] == -1))
        nodes = nodes[np.argsort(self.start[nodes])]
        first = np.minimum.reduceat(self.rows, self.start[nodes])
        return nodes[np.argsort(first)].astype(np.int64)

    def cut_below(self, limits: Floats) -> NDArray[np.int64]:
        """Return the highest nodes that join at most at the limit of their rows, in the order of `nodes_at`.

        Parameters
        ----------
        limits : float64 array of shape (n,)
            A height for each row, above 0. The limit of a node is the geometric mean of its rows'.
        """
        if not len(self.rows):
            return np.zeros(0, dtype=np.int64)
        total = np.concatenate([[0.0], np.cumsum(np.log(limits[self.rows]))])
        mean = (total[self.end] - total[self.start]) / np.maximum(self.end - self.start, 1)
        height = np.concatenate([np.zeros(self.n_leaves), self.height])
        is_below = height <= np.exp(mean) * (1 + _ROUNDING)
        is_below[: self.n_leaves] = True
        found, below = list[int](), [self.root]
        while below:
            node = below.pop()
            if is_below[node]:
                found.append(node)
            else:
                below += self.children_of(node)
        nodes = np.array(sorted(found, key=lambda node: self.start[node]), dtype=np.int64)
        return nodes[np.argsort(np.minimum.reduceat(self.rows, self.start[nodes]))]

    def _checked(self, node: int) -> int:
        if not 0 <= node < len(self.parent):
            raise IndexError(f"node {node} is not in a tree of {len(self.parent)} nodes")
        return node


def laid_out(joined: NDArray[np.int64], height: Floats, leaf: NDArray[np.int64]) -> Tree:
    """Return the tree of joins of m points: nodes numbered by height, rows laid out.

    Parameters
    ----------
    joined : int64 array of shape (m - 1, 2), m > 0
        The points that stand for the two clusters of each join. The second one goes on and stands for the union.
    height : float64 array of shape (m - 1,)
        Distance of the two, never below that of an earlier join within them.
    leaf : int64 array of shape (n,)
        The point that each row belongs to.
    """
    order = np.argsort(height, kind="stable")
    return _spanned(_numbered(joined[order]), height[order], leaf)


def _numbered(joined: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn joins of slots, in the order of the tree, into children (m - 1, 2) of numbered nodes."""
    m = len(joined) + 1
    # A slot that is gone points on to the one that it went into; `node` is what a live slot holds.
    into, node = np.arange(m), np.arange(m)
    children = np.empty((m - 1, 2), dtype=np.int64)
    for step, (gone, kept) in enumerate(joined):
        a, b = _live(into, gone), _live(into, kept)
        children[step] = sorted((node[a], node[b]))
        into[a] = b
        node[b] = m + step
    return children


def _live(into: NDArray[np.int64], slot: int) -> int:
    while into[slot] != slot:
        into[slot] = into[into[slot]]
        slot = into[slot]
    return slot


def _spanned(children: NDArray[np.int64], height: Floats, leaf: NDArray[np.int64]) -> Tree:
    """Lay the leaves out so that each node is a span of rows."""
    m = len(children) + 1
    size = np.bincount(leaf, minlength=2 * m - 1)
    parent = np.full(2 * m - 1, -1, dtype=np.int64)
    for i, (a, b) in enumerate(children):
        size[m + i] = size[a] + size[b]
        parent[[a, b]] = m + i
    start = np.zeros(2 * m - 1, dtype=np.int64)
    for i in range(m - 2, -1, -1):
        a, b = children[i]
        start[a], start[b] = start[m + i], start[m + i] + size[a]
    rows = np.argsort(start[leaf], kind="stable").astype(np.int64)
    rows.setflags(write=False)
    return Tree(children, height, parent, rows, start, start + size)


def check_k(k: int) -> None:
    """Raise InputError where k < 1."""
    if k < 1:
        raise InputError(f"the number of clusters must be at least 1, got {k}")
