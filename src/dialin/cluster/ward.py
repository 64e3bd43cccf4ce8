"""Ward's tree without a matrix of distances: in each round, all pairs that are each other's nearest join at once.

Ward's linkage is reducible: a union is never nearer to a third cluster than the nearer of its two parts was. Two that
are each other's nearest stay so whatever else is joined, so the tree is that of one join after the other. For the same
reason the nearest of a cluster stays its nearest until it is joined itself, and a round searches only for clusters that
are new or have lost theirs.

The search compares lower bounds (`dialin.cluster.bounds`), in about 2.5 m² pairs in all rounds together. Along the
leading axes they are quick, and the few that they leave are measured exactly. Where they leave too many, whole vectors
are compared: a nearest counts where its exact distance is not above the bounds of all others. Those that are closer to
call than float32 can tell are searched for in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Floats, Rows
from dialin.cluster.axes import N_LEADING, ShortBounds, leading_part, ranks
from dialin.cluster.bounds import Bounds, squared_lengths, take_lowest
from dialin.cluster.workers import workers

ROWS_AT_ONCE = 512
"""A nearest is searched for so many clusters at once."""
ROWS_ALONG_AXES = 256
"""Along the leading axes: similar ones, most of whose nearest are among themselves."""
BESIDE = 64
"""And among so many on each side of them."""
MIN_ALONG_AXES = 5_000
"""Of fewer clusters, whole vectors are compared."""
SAVES = 3
"""So are those with fewer than so many times as many numbers as there are leading axes."""
MAX_NEAR = 1 / 32
"""Where more of the others may be near, whole vectors are compared."""
PAIRS_AT_ONCE = 4_096
"""Exact distances of so many pairs are computed at once."""
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
    extent = float(np.sqrt(squared_lengths(centred).max())) or 1.0
    with workers() as pool:
        left, equal = _distinct(centred / extent, weight)
        joined, squares = [equal], [np.zeros(len(equal))]
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
    leading : float64 array of shape (m, n_leading)
        Its part along the leading axes; none: n_leading = 0.
    rank : int64 array of shape (m,)
        Its place in an order in which neighbours are similar.
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
    leading: Floats
    rank: Rows
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
        for part in _parts(np.arange(len(a)), PAIRS_AT_ONCE):
            square[part] = squared_lengths(self.centre[a[part]] - self.centre[b[part]])
        return np.asarray(square * (2 * self.weight[a] * self.weight[b] / (self.weight[a] + self.weight[b])))

    def search(self, pool: Executor) -> None:
        """Find the nearest of each cluster that has none."""
        unknown = np.flatnonzero(self.nearest == _UNKNOWN)
        whole = Bounds.of(self.centre, self.weight, np.float32)
        if self.leading.shape[1] and len(self.nearest) >= MIN_ALONG_AXES:
            along_axes = _AlongAxes.of(self, whole)
            self._search_by(along_axes.two_nearest, along_axes.parts(), pool)
            unknown = unknown[self.nearest[unknown] == _UNKNOWN]
        self._search_by(whole.two_lowest, _parts(unknown, ROWS_AT_ONCE), pool)
        close = unknown[self.distance[unknown] > self.bound[unknown]]
        if len(close):
            exact = Bounds.of(self.centre, self.weight, np.float64)
            self._search_by(exact.two_lowest, _parts(close, ROWS_AT_ONCE), pool)
            self.bound[close] = np.maximum(self.bound[close], self.distance[close])

    def _search_by(self, search: Callable[[Rows], tuple[Rows, Floats]], parts: Sequence[Rows], pool: Executor) -> None:
        in_turn = map if len(parts) < 2 else pool.map  # to hand over one small part would take longer than to do it
        for part, (nearest, bound) in zip(parts, in_turn(search, parts), strict=True):
            self.nearest[part], self.bound[part] = nearest, bound
            self.distance[part] = self.distances(part, nearest)

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
        share = (self.weight[gone] / weight)[:, None]
        self.centre[kept] += (self.centre[gone] - self.centre[kept]) * share
        self.leading[kept] += (self.leading[gone] - self.leading[kept]) * share
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
        self.leading, self.rank = self.leading[stays], self.rank[stays]
        self.square, self.nearest = self.square[stays], place[self.nearest[stays]]
        self.distance, self.bound = self.distance[stays], self.bound[stays]


@dataclass(frozen=True, eq=False)
class _AlongAxes:
    """Searches for the nearest clusters by bounds along the leading axes, and measures those that these leave.

    Parameters
    ----------
    clusters : _Clusters
    order : int64 array of shape (m,)
        The places, similar clusters side by side.
    short : ShortBounds
        Along the axes.
    whole : Bounds
        Of whole vectors.
    """

    clusters: _Clusters
    order: Rows
    short: ShortBounds
    whole: Bounds

    @classmethod
    def of(cls, clusters: _Clusters, whole: Bounds) -> _AlongAxes:
        """Prepare a search among clusters."""
        short = ShortBounds.of(clusters.centre, clusters.leading, clusters.weight)
        return cls(clusters, np.argsort(clusters.rank), short, whole)

    def parts(self) -> list[Rows]:
        """Return the clusters without a nearest, similar ones together."""
        return _parts(self.order[self.clusters.nearest[self.order] == _UNKNOWN], ROWS_ALONG_AXES)

    def two_nearest(self, places: Rows) -> tuple[Rows, Floats]:
        """Return the nearest of each of these clusters, and the distance of the second; −1 where many may be near.

        `places` is one of `parts`.
        """
        limit, most = self._second_at_most(places), int(MAX_NEAR * len(self.order))
        row, other = self.short.within(places, limit, most)
        is_few = np.bincount(row, minlength=len(places)) < most
        may_be = is_few[row]
        may_be[may_be] = self.whole.between(places[row[may_be]], other[may_be]) <= limit[row[may_be]]
        row, other = row[may_be], other[may_be]
        distance = self.clusters.distances(places[row], other)
        order = np.lexsort((distance, row))
        first = np.searchsorted(row, np.flatnonzero(is_few))  # each has two at least
        nearest, second = np.full(len(places), _UNKNOWN, dtype=np.int64), np.zeros(len(places))
        nearest[is_few], second[is_few] = other[order[first]], distance[order[first + 1]]
        return nearest, second

    def _second_at_most(self, places: Rows) -> Floats:
        """Return a distance that two others have not above it, for each of a part, shape (len(places),)."""
        ends = self.clusters.rank[places[[0, -1]]]
        first, last = np.searchsorted(self.clusters.rank, ends, sorter=self.order)
        beside = self.order[max(first - BESIDE, 0) : last + 1 + BESIDE]
        bound = self.whole.among(places, beside)
        near = [beside[take_lowest(bound)[0]] for _ in range(2)]
        return np.maximum(*(self.clusters.distances(places, other) for other in near))


def _distinct(points: Floats, weight: Floats) -> tuple[_Clusters, Rows]:
    """Return a cluster of each distinct point, and the joins of all others to the first one that they are equal to."""
    first = dict[bytes, int]()
    own = np.array([first.setdefault((point + 0.0).tobytes(), i) for i, point in enumerate(points)])  # + 0: no −0
    again = np.flatnonzero(own != np.arange(len(own)))
    kept = np.flatnonzero(own == np.arange(len(own)))
    m, centre, total = len(kept), points[kept], np.asarray(np.bincount(own, weights=weight)[kept], dtype=np.float64)
    has_axes = m >= MIN_ALONG_AXES and centre.shape[1] >= SAVES * N_LEADING
    leading = leading_part(centre, N_LEADING) if has_axes else np.empty((m, 0))
    rank = ranks(leading, ROWS_ALONG_AXES) if has_axes else np.arange(m)
    nearest = np.full(m, _UNKNOWN, dtype=np.int64)
    square, distance, bound = np.zeros((3, m))
    clusters = _Clusters(kept, centre, leading, rank, total, square, nearest, distance, bound)
    return clusters, np.column_stack([again, own[again]])


def _parts(rows: Rows, size: int) -> list[Rows]:
    """Return so many rows at a time."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]
