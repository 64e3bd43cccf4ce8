"""Ward's tree without a matrix of distances: in each round, all pairs that are each other's nearest join at once.

Ward's linkage is reducible: a union is never nearer to a third cluster than the nearer of its two parts was. Two that
are each other's nearest stay so whatever else is joined, so the tree is that of one join after the other. For the same
reason the nearest of a cluster stays its nearest until it is joined itself, and a round searches only for clusters that
are new or have lost theirs.

The search multiplies matrices of float32: about 2.5 m² products of two points in all rounds together. So that rounding
does not decide, what comes out are lower bounds: a nearest counts where its exact distance is not above the bounds of
all others. The few that are closer to call are searched for in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from dialin.arrays import AnyFloats, Floats, Rows
from dialin.cluster.workers import workers

ROWS_AT_ONCE = 512
COLUMNS_AT_ONCE = 4_096
"""Distances of so many clusters to so many others are held at once."""
_SAME = 1e-12
"""Distances that differ by less than this part are equal, but for rounding."""
_UNKNOWN = -1


def ward_joins(points: Floats, weight: Floats) -> tuple[Rows, Floats]:
    """Join weighted points by Ward's method until one cluster is left.

    Takes O(m · d) memory. Where rounds join a fair share of what is left, as they do on sentences, all of them together
    take O(m² · d) time; so they do where all points are equally near and a round joins one pair, but many times longer.
    Distances below a millionth of the farthest point's may be taken for one another.

    Parameters
    ----------
    points : float64 array of shape (m, d), m > 0
    weight : float64 array of shape (m,)
        A weight of w counts like w equal points.

    Returns
    -------
    joined : int64 array of shape (m - 1, 2)
        The points that stand for the two clusters. The second one goes on and stands for the union.
    height : float64 array of shape (m - 1,)
        Distance of the two, Euclidean for points of weight 1; never below the height of a join within them.

    Examples
    --------
    0 and 1 join first. Their centre, .5, has a weight of 2 and is 3.5 from 4: √(2 · 2 · 1 / 3) · 3.5 = 4.04.

    >>> joined, height = ward_joins(np.array([[0.0], [1.0], [4.0]]), np.ones(3))
    >>> joined.tolist(), height.round(2).tolist()
    ([[1, 0], [2, 0]], [1.0, 4.04])
    """
    centred = points - points.mean(axis=0)  # products round the less, the nearer the points are to the origin
    extent = float(np.sqrt(_squares(centred).max())) or 1.0
    left, equal = _distinct(centred / extent, weight)
    joined, squares = [equal], [np.zeros(len(equal))]
    with workers() as pool:
        while len(left.stand_in) > 1:
            left.search(pool)
            kept, gone = left.pairs()
            joined.append(left.stand_in[np.column_stack([gone, kept])])
            squares.append(left.join(kept, gone))
    return np.concatenate(joined), np.sqrt(np.concatenate(squares)) * extent


@dataclass(eq=False)
class _Clusters:
    """The m clusters that are left, and what is known about the nearest other one of each.

    Parameters
    ----------
    stand_in : int64 array of shape (m,)
        The point that stands for the cluster.
    centre : float64 array of shape (m, d)
    weight : float64 array of shape (m,)
    square : float64 array of shape (m,)
        Squared height of the last join; 0 for a point.
    nearest : int64 array of shape (m,)
        Place of the nearest other among the m; −1: not known.
    distance : float64 array of shape (m,)
        The distance to it (`distances`).
    bound : float64 array of shape (m,)
        None but the nearest is nearer than this.
    """

    stand_in: Rows
    centre: Floats
    weight: Floats
    square: Floats
    nearest: Rows
    distance: Floats
    bound: Floats

    def distances(self, a: Rows, b: Rows) -> Floats:
        """Return the distance of each cluster in `a` to the one in `b`, shape (len(a),); exactly that of `b` to `a`.

        It is twice the growth of the weighted sum of squares: the squared distance of two points of weight 1.
        """
        square = np.empty(len(a))
        for part in _parts(np.arange(len(a)), COLUMNS_AT_ONCE):
            square[part] = _squares(self.centre[a[part]] - self.centre[b[part]])
        return np.asarray(square * (2 * self.weight[a] * self.weight[b] / (self.weight[a] + self.weight[b])))

    def search(self, pool: Executor) -> None:
        """Find the nearest of each cluster that has none."""
        unknown = np.flatnonzero(self.nearest == _UNKNOWN)
        self._search_in(np.float32, unknown, pool)
        close = unknown[self.distance[unknown] > self.bound[unknown]]
        self._search_in(np.float64, close, pool)
        self.bound[close] = np.maximum(self.bound[close], self.distance[close])

    def _search_in(self, dtype: DTypeLike, places: Rows, pool: Executor) -> None:
        bounds, parts = _Bounds.of(self, dtype), list(_parts(places, ROWS_AT_ONCE))
        in_turn = map if len(parts) < 2 else pool.map  # to hand over one small part would take longer than to do it
        for part, (nearest, bound) in zip(parts, in_turn(bounds.two_lowest, parts), strict=True):
            self.nearest[part], self.bound[part] = nearest, bound
        self.distance[places] = self.distances(places, self.nearest[places])

    def pairs(self) -> tuple[Rows, Rows]:
        """Return the places of all that are each other's nearest: the lower ones, and the higher ones."""
        here = np.arange(len(self.nearest))
        found = np.flatnonzero((self.nearest[self.nearest] == here) & (here < self.nearest))
        if not len(found):  # a ring of equal distances
            found = np.array([self.distance.argmin()])
        return np.minimum(found, self.nearest[found]), np.maximum(found, self.nearest[found])

    def join(self, kept: Rows, gone: Rows) -> Floats:
        """Join pairs in the places `kept`, close the gaps, and return the squared heights."""
        square = np.maximum(self.distances(kept, gone), np.maximum(self.square[kept], self.square[gone]))
        weight = self.weight[kept] + self.weight[gone]
        self.centre[kept] += (self.centre[gone] - self.centre[kept]) * (self.weight[gone] / weight)[:, None]
        self.weight[kept], self.square[kept] = weight, square
        self._follow(kept, gone)
        self._close(gone)
        return square

    def _follow(self, kept: Rows, gone: Rows) -> None:
        """Those whose nearest was joined keep the union if all others are at least as far, else they have none."""
        into = np.arange(len(self.nearest))
        into[gone] = kept
        is_joined = np.zeros(len(into), dtype=np.bool_)
        is_joined[kept] = is_joined[gone] = True
        lost = np.flatnonzero(is_joined[self.nearest] & ~is_joined)
        union = into[self.nearest[lost]]
        self.distance[lost] = self.distances(lost, union)
        stay = self.distance[lost] <= self.bound[lost] * (1 + _SAME)
        self.nearest[lost] = np.where(stay, union, _UNKNOWN)
        self.nearest[kept] = _UNKNOWN

    def _close(self, gone: Rows) -> None:
        stays = np.ones(len(self.nearest), dtype=np.bool_)
        stays[gone] = False
        place = np.append(np.cumsum(stays) - 1, _UNKNOWN)  # the last for those without a nearest
        self.stand_in, self.centre, self.weight = self.stand_in[stays], self.centre[stays], self.weight[stays]
        self.square, self.nearest = self.square[stays], place[self.nearest[stays]]
        self.distance, self.bound = self.distance[stays], self.bound[stays]


@dataclass(frozen=True, eq=False)
class _Bounds:
    """Lower bounds of all distances, by one multiplication of matrices.

    The distance of i and j is 2 (|i|² + |j|² − 2 i · j) / (1/wᵢ + 1/wⱼ). A sum of d products is wrong by at most d
    roundings of the sum of their absolute values, here at most twice |i|² + |j|²: so much is taken off.

    Parameters
    ----------
    columns : array of shape (m, d + 2)
        Of each cluster: its centre, the squared length of that less what may be rounding, and 1.
    light : array of shape (m,)
        1 / weight.
    """

    columns: AnyFloats
    light: AnyFloats

    @classmethod
    def of(cls, clusters: _Clusters, dtype: DTypeLike) -> _Bounds:
        """Return the bounds of clusters, computed in float32 or float64."""
        m, d = clusters.centre.shape
        columns = np.ones((m, d + 2), dtype)
        columns[:, :d] = clusters.centre
        columns[:, d] = _squares(clusters.centre) * (1 - (d + 8) * np.finfo(dtype).eps)
        return cls(columns, (1 / clusters.weight).astype(dtype))

    def two_lowest(self, places: Rows) -> tuple[Rows, Floats]:
        """Return the place with the lowest bound for each of these clusters, and the lowest bound of all others."""
        rows = self.columns[places] * self.columns.dtype.type(-2)
        rows[:, -2:] = self.columns[places, :-3:-1]  # 1 times the square there, the square here times 1
        own = np.arange(len(places))
        place = np.zeros(len(places), dtype=np.int64)
        lowest, second = np.full((2, len(places)), np.inf)
        for start in range(0, len(self.columns), COLUMNS_AT_ONCE):
            part = slice(start, start + COLUMNS_AT_ONCE)
            bound = rows @ self.columns[part].T
            bound /= self.light[places, None] + self.light[part]
            here = np.flatnonzero((places >= start) & (places < start + bound.shape[1]))
            bound[here, places[here] - start] = np.inf  # a cluster is not its own nearest
            at = bound.argmin(axis=1)
            value = bound[own, at].astype(np.float64)
            bound[own, at] = np.inf
            place = np.where(value < lowest, at + start, place)
            second = np.minimum(np.minimum(second, bound.min(axis=1)), np.maximum(lowest, value))
            lowest = np.minimum(lowest, value)
        return place, 2 * second


def _distinct(points: Floats, weight: Floats) -> tuple[_Clusters, Rows]:
    """Return a cluster of each distinct point, and the joins of all others to the first one that they are equal to."""
    first = dict[bytes, int]()
    own = np.array([first.setdefault((point + 0.0).tobytes(), i) for i, point in enumerate(points)])  # + 0: no −0
    again = np.flatnonzero(own != np.arange(len(own)))
    kept = np.flatnonzero(own == np.arange(len(own)))
    m, total = len(kept), np.asarray(np.bincount(own, weights=weight)[kept], dtype=np.float64)
    nearest, unknown = np.full(m, _UNKNOWN, dtype=np.int64), np.zeros(m)
    clusters = _Clusters(kept, points[kept], total, unknown, nearest, unknown.copy(), unknown.copy())
    return clusters, np.column_stack([again, own[again]])


def _squares(rows: Floats) -> Floats:
    """Return the squared lengths of rows."""
    return np.asarray(np.einsum("ij,ij->i", rows, rows))


def _parts(rows: Rows, size: int) -> Iterator[Rows]:
    """Yield so many rows at a time."""
    yield from (rows[start : start + size] for start in range(0, len(rows), size))
