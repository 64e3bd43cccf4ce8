"""The tree of weighted points by Ward's, average or complete linkage."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Floats
from dialin.cluster.tree import Tree, laid_out
from dialin.cluster.ward import ward_joins

Linkage = Literal["ward", "average", "complete"]


def tree_of(points: Floats, weight: Floats, leaf: NDArray[np.int64], linkage: Linkage) -> Tree:
    """Build the tree over weighted points (m, d); `leaf` (n,) is the point that each row belongs to.

    Ward's takes O(m · d) memory (`dialin.cluster.ward`), the others 8 bytes times m².
    """
    if not len(points):
        none = np.zeros(0, dtype=np.int64)
        return Tree(np.zeros((0, 2), dtype=np.int64), np.zeros(0), none, none, none, none)
    joined, height = ward_joins(points, weight) if linkage == "ward" else _chain_joins(points, weight, linkage)
    return laid_out(joined, height, leaf)


def _chain_joins(points: Floats, weight: Floats, linkage: Linkage) -> tuple[NDArray[np.int64], Floats]:
    """Join points as in `ward_joins`, by average or complete linkage of cosine distances, in O(m²) time.

    A chain goes from each cluster to its nearest until two are each other's nearest. These linkages
    are reducible (a join brings nothing closer), so the rest of the chain stays valid after a join.
    """
    m = len(points)
    D, weight = _cosine_distances(points), weight.copy()
    joined, height = np.zeros((m - 1, 2), dtype=np.int64), np.zeros(m - 1)
    alive = np.ones(m, dtype=bool)
    chain: list[int] = []
    for step in range(m - 1):
        if not chain:
            chain.append(int(np.argmax(alive)))
        _follow(D, chain)
        gone, kept = chain.pop(), chain.pop()
        joined[step], height[step] = (gone, kept), D[gone, kept]
        alive[gone] = False
        _join(D, weight, gone, kept, linkage)
    return joined, height


def _cosine_distances(points: Floats) -> Floats:
    """Return 1 − the dot product of all pairs (m, m), the mean cosine distance of the rows behind two means.

    It is infinite on the diagonal and exactly symmetric.
    """
    D = points @ points.T
    for row in D:  # row by row and in place: the matrix is large
        row[:] = 1 - row
    np.maximum(D, 0, out=D)
    np.fill_diagonal(D, np.inf)
    return D


def _follow(D: Floats, chain: list[int]) -> None:
    """Extend the chain until its last two are each other's nearest."""
    while True:
        row = D[chain[-1]]
        nearest = int(np.argmin(row))
        # Among equals, the one before wins: distances along the chain fall strictly, so it ends.
        if len(chain) > 1 and row[chain[-2]] <= row[nearest]:
            return
        chain.append(nearest)


def _join(D: Floats, weight: Floats, gone: int, kept: int, linkage: Linkage) -> None:
    """Put the union of two clusters into slot `kept`, by the formula of Lance and Williams."""
    a, b = D[gone], D[kept]
    if linkage == "average":
        w_a, w_b = weight[gone], weight[kept]
        # Without rounding it is never below both; so the chain stays valid and heights do not fall.
        union = np.maximum((w_a * a + w_b * b) / (w_a + w_b), np.minimum(a, b))
    else:
        union = np.maximum(a, b)
    union[[gone, kept]] = np.inf
    D[kept] = D[:, kept] = union
    D[gone] = D[:, gone] = np.inf
    weight[kept] += weight[gone]
