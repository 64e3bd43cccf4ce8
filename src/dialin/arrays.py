"""Names of array types, the same in all of dialin."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
"""Embeddings: shape (n, d)."""
Floats = NDArray[np.float64]
"""Figures: scores, probabilities, distances."""
AnyFloats = NDArray[np.floating]
"""Floats of any precision, of a function that keeps it."""
Rows = NDArray[np.int64]
"""Row numbers of sentences."""
Labels = NDArray[np.int64]
"""Cluster or intent of each sentence; −1: none."""
Ints = NDArray[np.int64]
"""Counts and other whole numbers."""
Bools = NDArray[np.bool_]


class RowVectors(Protocol):
    """Vectors of n sentences, shape (n, d), that are read some rows at a time: an array, or rows made when read."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Numbers of rows and of dimensions."""

    def __getitem__(self, rows: slice | Rows, /) -> Matrix:
        """Return some rows."""
