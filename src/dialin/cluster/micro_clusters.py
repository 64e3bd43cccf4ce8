"""Small clusters of many rows, over which a tree is built where it cannot be built over the rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Floats, Matrix
from dialin.cluster.labels import canonical
from dialin.cluster.workers import one_openmp_thread


def micro_clusters(
    X: Matrix, weight: Floats, n_micro: int, random_state: int | None
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Make about `n_micro` small clusters of many rows.

    Returns
    -------
    means : float64 array of shape (m, d), m <= n_micro
        Weighted means of their rows, not normalised: that keeps Ward and average linkage exact.
    weight : float64 array of shape (m,)
    leaf : int64 array of shape (n,)
        Micro-cluster of each row.
    """
    from sklearn.cluster import MiniBatchKMeans  # noqa: PLC0415  (slow to import; Ward's tree of few rows needs none)

    # k-means++ would take longer than all the rest, and thousands of random starts cover the space.
    model = MiniBatchKMeans(
        min(n_micro, len(X)), init="random", n_init=1, batch_size=4096, max_iter=20, random_state=random_state
    )
    with one_openmp_thread():
        leaf = canonical(np.asarray(model.fit_predict(X, sample_weight=weight), dtype=np.int64))
    total = np.asarray(np.bincount(leaf, weights=weight), dtype=np.float64)
    means = np.empty((len(total), X.shape[1]))
    for column in range(X.shape[1]):  # one column at a time: no second copy of X
        means[:, column] = np.bincount(leaf, weights=weight * X[:, column]) / total
    return means, total, leaf
