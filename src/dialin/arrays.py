"""Names of array types, the same in all of dialin."""

from __future__ import annotations

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
