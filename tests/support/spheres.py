"""Points in tight balls on the sphere."""

from __future__ import annotations

import numpy as np

from dialin.arrays import Matrix


def spheres(n_clusters: int, n_each: int, noise: float = 0.1, seed: int = 0) -> Matrix:
    """Return unit rows (n_clusters · n_each, 24) around as many random directions."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(n_clusters, 24))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    X = np.repeat(centres, n_each, axis=0) + rng.normal(scale=noise, size=(n_clusters * n_each, 24))
    return np.asarray(X / np.linalg.norm(X, axis=1, keepdims=True), dtype=np.float32)
