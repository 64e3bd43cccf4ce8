"""Round matrices to int8, with a float32 scale for each row or column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LARGEST = 127
LARGEST_PAIR = 128
"""Maximum sum of two neighbours in a column: times 255, the largest activation, it still fits into 16 bits."""
_TINY = 1e-12


def quantised(values: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return a matrix as int8, symmetric around 0, and the float32 scales along `axis` that give it back.

    Examples
    --------
    >>> int8, scales = quantised(np.array([[1.27, -0.5], [0.0, 254.0]], np.float32), axis=0)
    >>> int8.tolist(), scales.astype(np.float64).round(4).tolist()
    ([[127, -50], [0, 127]], [0.01, 2.0])
    """
    other = 1 - axis
    scales = np.maximum(np.abs(values).max(axis=other), _TINY).astype(np.float32) / np.float32(LARGEST)
    whole = np.round(values / np.expand_dims(scales, other))
    return np.clip(whole, -LARGEST, LARGEST).astype(np.int8), scales


def quantised_for_products(values: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return a matrix, shape (k, n), as int8 for products with uint8, and the float32 scale of each column.

    Processors without VNNI add two neighbouring products of a column in 16 bits and cut off what is larger. Here, rows
    2i and 2i + 1 of a column sum to at most `LARGEST_PAIR` in either direction, so nothing is cut off, and the product
    is the same integer on each processor. The price is a scale that is about 1.3 times as large as it would be.

    Examples
    --------
    >>> int8, scales = quantised_for_products(np.array([[1.0], [1.0], [-1.0], [0.5]], np.float32))
    >>> int8.ravel().tolist(), scales.tolist()
    ([64, 64, -64, 32], [0.015625])
    """
    largest = np.maximum(np.abs(values).max(axis=0) / LARGEST, np.abs(_pair_sums(values)).max(axis=0) / LARGEST_PAIR)
    scales = np.maximum(largest, _TINY).astype(np.float32)
    whole = np.clip(np.round(values / scales), -LARGEST, LARGEST)
    too_large = np.abs(_pair_sums(whole)) > LARGEST_PAIR  # by 1, if both have been rounded up
    whole[::2] -= np.sign(whole[::2]) * too_large
    return whole.astype(np.int8), scales


def _pair_sums(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sums of rows 2i and 2i + 1, shape (ceil(k / 2), n); 0 where their signs differ."""
    even, odd = values[::2], values[1::2]
    odd = np.vstack([odd, np.zeros_like(even[len(odd) :])])
    return np.where(even * odd > 0, even + odd, np.float32(0))
