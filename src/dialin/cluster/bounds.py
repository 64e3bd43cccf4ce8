"""Lower bounds of Ward's distances: one multiplication of matrices gives those of many pairs, but for rounding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from dialin.arrays import AnyFloats, Floats, Rows

COLUMNS_AT_ONCE = 4_096
"""Bounds of so many clusters are held at once, for each that a nearest is searched for."""


@dataclass(frozen=True, eq=False)
class Bounds:
    """Lower bounds of the distances between m weighted points.

    The distance of i and j is 2 (|i|² + |j|² − 2 i · j) / (1/wᵢ + 1/wⱼ). A sum of d products is wrong by at most d
    roundings of the sum of their absolute values, here at most twice |i|² + |j|²: so much is taken off.

    Parameters
    ----------
    columns : array of shape (m, d + 2)
        Of each point: itself, its squared length less what may be rounding, and 1.
    light : array of shape (m,)
        1 / (2 weight).
    """

    columns: AnyFloats
    light: AnyFloats

    @classmethod
    def of(cls, points: Floats, weight: Floats, dtype: DTypeLike) -> Bounds:
        """Return the bounds between points (m, d), computed in float32 or float64."""
        m, d = points.shape
        columns = np.ones((m, d + 2), dtype)
        columns[:, :d] = points
        columns[:, d] = squared_lengths(points) * (1 - rounding(d, dtype))
        return cls(columns, (0.5 / weight).astype(dtype))

    def among(self, places: Rows, others: slice | Rows) -> AnyFloats:
        """Return the bounds between some points and others, shape (len(places), len(others)); infinite to itself."""
        rows = self.columns[places] * self.columns.dtype.type(-2)
        rows[:, -2:] = self.columns[places, :-3:-1]  # 1 times the square there, the square here times 1
        bound = np.asarray(rows @ self.columns[others].T)
        bound /= self.light[places, None] + self.light[others]
        bound[places[:, None] == np.arange(len(self.columns))[others]] = np.inf
        return bound

    def between(self, a: Rows, b: Rows) -> AnyFloats:
        """Return the bound between each point in `a` and the one in `b`, shape (len(a),)."""
        product = np.einsum("ij,ij->i", self.columns[a, :-2], self.columns[b, :-2])
        square = self.columns[a, -2] + self.columns[b, -2] - 2 * product
        return np.asarray(square / (self.light[a] + self.light[b]))

    def two_lowest(self, places: Rows) -> tuple[Rows, Floats]:
        """Return the place with the lowest bound for each of these points, and the lowest bound of all others."""
        place = np.zeros(len(places), dtype=np.int64)
        lowest, second = np.full((2, len(places)), np.inf)
        for start in range(0, len(self.columns), COLUMNS_AT_ONCE):
            bound = self.among(places, slice(start, start + COLUMNS_AT_ONCE))
            at, value = take_lowest(bound)
            place = np.where(value < lowest, at + start, place)
            second = np.minimum(np.minimum(second, bound.min(axis=1)), np.maximum(lowest, value))
            lowest = np.minimum(lowest, value)
        return place, second


def take_lowest(bound: AnyFloats) -> tuple[Rows, Floats]:
    """Return the place and the value of the lowest bound in each row (n, m), and make it infinite."""
    own, place = np.arange(len(bound)), bound.argmin(axis=1)
    value = bound[own, place].astype(np.float64)
    bound[own, place] = np.inf
    return place, value


def rounding(n_products: int, dtype: DTypeLike) -> float:
    """Return the part by which a sum of so many products, and of a few numbers more, may be wrong."""
    return float((n_products + 8) * np.finfo(dtype).eps)


def squared_lengths(rows: Floats) -> Floats:
    """Return the squared lengths of rows."""
    return np.asarray(np.einsum("ij,ij->i", rows, rows))
