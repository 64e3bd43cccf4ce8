"""Which points may be near, by the axes along which they vary most: a quarter of the numbers, and few pairs left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dialin.arrays import Floats, Matrix, Rows
from dialin.cluster.bounds import rounding, squared_lengths

N_LEADING = 96
"""Of 60,000 sentences, 71 are left that may be among the two nearest of one; by 64 axes, 135."""
N_STEPS = 4
COLUMNS_AT_ONCE = 1_024
"""Bounds to so many clusters are held at once: few enough for the processor's own memory."""


def leading_part(points: Floats, n_axes: int) -> Floats:
    """Return centred points (m, d) along axes, at right angles, of nearly the greatest variance, shape (m, n_axes).

    A few steps of subspace iteration: whichever axes they are, no bound is wrong.
    """
    spread = points.T @ points
    axes = np.random.default_rng(0).standard_normal((points.shape[1], n_axes))
    for _ in range(N_STEPS):
        axes = np.linalg.qr(spread @ axes).Q
    return np.asarray(points @ axes)


def along_leading_axes(X: Matrix, n_axes: int = N_LEADING) -> Matrix:
    """Return unit rows (n, d) along the axes of which they have most, as unit rows (n, n_axes); X itself if d is small.

    The axes go through the origin, so that the mean row stays as long as it is.

    Examples
    --------
    Of three numbers, the third is 0 or small:

    >>> X = np.array([[0.6, 0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.995, 0.1]], dtype=np.float32)
    >>> short = along_leading_axes(X, 2)
    >>> short.shape, [[round(float(cosine), 2) for cosine in row] for row in short @ short.T]
    ((3, 2), [[1.0, 0.96, 0.8], [0.96, 1.0, 0.6], [0.8, 0.6, 1.0]])
    """
    if X.shape[1] <= n_axes:
        return X
    short = leading_part(X.astype(np.float64), n_axes)
    length = np.linalg.norm(short, axis=1, keepdims=True)
    return np.asarray(short / np.maximum(length, 1e-9), dtype=np.float32)


def shortened(points: Floats, leading: Floats) -> Floats:
    """Return points that lie no farther apart than these (m, d): their leading part, and the length of what it lacks.

    Examples
    --------
    (3, 4, 0) and (0, 0, 5) are √50 apart. Of their first number, and of the length of the two others, it is √10.

    >>> shortened(np.array([[3.0, 4.0, 0.0], [0.0, 0.0, 5.0]]), np.array([[3.0], [0.0]])).tolist()
    [[3.0, 4.0], [0.0, 5.0]]
    """
    return np.column_stack([leading, np.sqrt(np.maximum(squared_lengths(points) - squared_lengths(leading), 0))])


def ranks(points: Floats, size: int) -> Rows:
    """Return the place of each of the points (m, d) in an order in which neighbours are similar, shape (m,).

    A part with more rows than `size` is halved across the axis along which it varies most, and so on.

    Examples
    --------
    >>> ranks(np.array([[0.0], [9.0], [1.0], [8.0]]), 2).tolist()
    [0, 3, 1, 2]
    """
    found, left = list[Rows](), [np.arange(len(points))]
    while left:
        rows = left.pop()
        if len(rows) <= size:
            found.append(rows)
            continue
        centred = points[rows] - points[rows].mean(axis=0)
        ordered = rows[np.argsort(leading_part(centred, 1)[:, 0], kind="stable")]
        left += [ordered[len(rows) // 2 :], ordered[: len(rows) // 2]]
    return np.argsort(np.concatenate(found))


@dataclass(frozen=True, eq=False)
class ShortBounds:
    """Lower bounds of the distances between m weighted points, along the leading axes.

    Parameters
    ----------
    columns : float32 array of shape (m, n_leading + 4)
        Of each point: itself shortened, its squared length less what may be rounding, 1, and 1 / (2 weight).
    """

    columns: Matrix

    @classmethod
    def of(cls, points: Floats, leading: Floats, weight: Floats) -> ShortBounds:
        """Return the bounds of points (m, d) with their leading parts."""
        short = shortened(points, leading)
        columns = np.ones((len(short), short.shape[1] + 3), dtype=np.float32)
        columns[:, :-3] = short
        columns[:, -3] = squared_lengths(short) * (1 - rounding(columns.shape[1], np.float32))
        columns[:, -1] = 0.5 / weight
        return cls(columns)

    def within(self, places: Rows, limit: Floats, most: int) -> tuple[Rows, Rows]:
        """Return the pairs that may be within a limit, as rows of `places` (n,), ascending, and as others.

        Bounds are neither divided by the weights nor sorted: the limit is part of the product.

        Parameters
        ----------
        places : int64 array of shape (n,)
        limit : float64 array of shape (n,)
            The largest distance.
        most : int
            Once a row has so many pairs, it may get no more.
        """
        rows = self._against(places, limit)
        n_found, found = np.zeros(len(places), dtype=np.int64), list[tuple[Rows, Rows]]()
        for start in range(0, len(self.columns), COLUMNS_AT_ONCE):
            beyond = rows @ self.columns[start : start + COLUMNS_AT_ONCE].T
            row, other = np.divmod(np.flatnonzero(beyond <= 0), beyond.shape[1])
            found.append((row, other + start))
            n_found += np.bincount(row, minlength=len(places))
            rows[n_found > most] = np.append(np.zeros(rows.shape[1] - 2), [1, 0])  # beyond whatever limit
        row, other = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = np.argsort(row, kind="stable")
        row, other = row[order], other[order]
        is_other = other != places[row]
        return row[is_other], other[is_other]

    def _against(self, places: Rows, limit: Floats) -> Matrix:
        """Return rows whose product with a column is not above 0 where the two may be within the limit."""
        rows = self.columns[places] * np.float32(-2)
        limit32 = (limit * (1 + rounding(self.columns.shape[1], np.float32))).astype(np.float32)
        square, light = self.columns[places, -3], self.columns[places, -1]
        rows[:, -3], rows[:, -2], rows[:, -1] = 1, square - limit32 * light, -limit32
        return rows
