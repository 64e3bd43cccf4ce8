"""Lays out sentence embeddings in two dimensions, so that similar sentences lie close together.

t-SNE lays out up to `N_LANDMARKS` sentences; each other sentence is placed among its nearest landmarks. A map of any
size therefore takes only the seconds of a small one, and each sentence still lies among similar ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from dialin.arrays import AnyFloats

N_LANDMARKS = 4_000
"""Maximum number of sentences for t-SNE, whose time grows faster than their number."""
N_COMPONENTS = 50
N_STEPS = 500
PERPLEXITY = 30.0
"""Approximate number of neighbours that t-SNE keeps close to a sentence."""
N_NEAREST = 5
"""Number of nearest landmarks that place another sentence."""
CHUNK = 4_096


def layout(X: AnyFloats, seed: int = 0, n_landmarks: int = N_LANDMARKS) -> NDArray[np.float32]:
    """Return a place on the map for each sentence; equal vectors and seeds give equal maps.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings.
    seed : int
        Seed for the choice of landmarks and for t-SNE.
    n_landmarks : int
        Maximum number of sentences that t-SNE lays out itself.

    Returns
    -------
    ndarray of shape (n, 2), float32
        Places from 0 to 1, on the same scale in both directions.
    """
    rows = landmarks(len(X), seed, n_landmarks)
    with threadpool_limits(1):  # several threads would sum in varying order, and the map would differ from run to run
        Z = reduced(X, rows, seed)
        places = spread_out(Z[rows], seed)
    return scaled(placed(Z, rows, places)).astype(np.float32)


def landmarks(n: int, seed: int, most: int = N_LANDMARKS) -> NDArray[np.int64]:
    """Return the rows of the landmarks among n sentences, ascending: all rows, or `most` at random."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, most, replace=False))


def reduced(X: AnyFloats, rows: NDArray[np.int64], seed: int) -> AnyFloats:
    """Return X in the principal components of its landmarks, shape (n, at least 2).

    Values are rounded, because t-SNE turns the last bit, which may depend on the machine, into a visible difference.
    """
    n_components = min(N_COMPONENTS, len(rows), X.shape[1])
    if len(rows) < 2 or np.ptp(X[rows], axis=0).max() < 1e-6:
        return np.zeros((len(X), 2))
    from sklearn.decomposition import PCA  # noqa: PLC0415  (slow to import, and needed only for a report)

    model = PCA(n_components, random_state=seed).fit(X[rows].astype(np.float64))
    Z = np.concatenate([model.transform(X[i : i + CHUNK].astype(np.float64)) for i in range(0, len(X), CHUNK)])
    return np.round(np.pad(Z, ((0, 0), (0, max(0, 2 - n_components)))), 5)


def spread_out(Z: AnyFloats, seed: int) -> AnyFloats:
    """Return the places (m, 2) of the landmarks from t-SNE, which starts at their first two components."""
    if len(Z) < 5 or not Z.any():
        return Z[:, :2]
    from sklearn.manifold import TSNE  # noqa: PLC0415  (as above)

    start = Z[:, :2] / max(float(Z[:, 0].std()), 1e-9) * 1e-4
    perplexity = min(PERPLEXITY, (len(Z) - 1) / 3)
    model = TSNE(2, perplexity=perplexity, init=start, max_iter=N_STEPS, random_state=seed)
    return np.asarray(model.fit_transform(Z), dtype=np.float64)


def placed(Z: AnyFloats, rows: NDArray[np.int64], places: AnyFloats) -> AnyFloats:
    """Return a place (n, 2) for each row of Z: a landmark's own, else the closeness-weighted mean of the nearest ones.

    Examples
    --------
    Landmarks at 0 and 1 have the places (0, 0) and (8, 0). A row in the middle is placed halfway.

    >>> Z = np.array([[0.0], [1.0], [0.5]])
    >>> placed(Z, np.array([0, 1]), np.array([[0.0, 0.0], [8.0, 0.0]])).tolist()
    [[0.0, 0.0], [8.0, 0.0], [4.0, 0.0]]
    """
    if len(rows) == len(Z):
        return places
    parts = [_among(Z[i : i + CHUNK], Z[rows], places) for i in range(0, len(Z), CHUNK)]
    found = np.concatenate(parts)
    found[rows] = places
    return found


def _among(Z: AnyFloats, L: AnyFloats, places: AnyFloats) -> AnyFloats:
    square = np.maximum((Z**2).sum(1)[:, None] + (L**2).sum(1) - 2 * Z @ L.T, 0.0)
    k = min(N_NEAREST, len(L))
    near = np.argpartition(square, k - 1, axis=1)[:, :k]
    near_square = np.take_along_axis(square, near, axis=1)
    # the nearest counts most, so that a point between two groups joins one of them instead of the gap between
    weight = (near_square.min(axis=1, keepdims=True) + 1e-9) ** 2 / (near_square + 1e-9) ** 2
    return np.asarray((weight[:, :, None] * places[near]).sum(axis=1) / weight.sum(axis=1, keepdims=True))


def scaled(places: AnyFloats) -> AnyFloats:
    """Return places (n, 2) centred in the unit square, scaled to fit, without distortion."""
    if not len(places):
        return places
    low, high = places.min(axis=0), places.max(axis=0)
    return np.asarray((places - (low + high) / 2) / max(float((high - low).max()), 1e-9) + 0.5)
