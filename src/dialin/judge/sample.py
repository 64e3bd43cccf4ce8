"""Which members of a cluster the LLM reads: random ones, or the vertices of its convex hull."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.spatial import ConvexHull

from dialin.arrays import Floats, Rows
from dialin.errors import InputError

MAX_POINTS = 5_000  # a hull of more points costs time and shows the LLM nothing new
MIN_SPREAD = 1e-6  # spread below this is rounding: rows are unit float32


class Sampler(Protocol):
    """Chooses the members of one cluster that stand for it."""

    def __call__(self, X: NDArray[np.floating], size: int, rng: np.random.Generator) -> Rows:
        """Return at most `size` distinct rows of `X` (n, d), the members of one cluster."""
        ...


@dataclass(frozen=True)
class RandomSampler:
    """Uniform sample without replacement; see `random_sample`."""

    def __call__(self, X: NDArray[np.floating], size: int, rng: np.random.Generator) -> Rows:
        """Return ``min(size, n)`` rows of `X`, ascending."""
        return random_sample(len(X), size, rng)


@dataclass(frozen=True)
class ConvexSampler:
    """Vertices of the convex hull in `dim` dimensions; see `convex_sample`."""

    dim: int = 2

    def __post_init__(self) -> None:
        _check_dim(self.dim)

    def __call__(self, X: NDArray[np.floating], size: int, rng: np.random.Generator) -> Rows:
        """Return ``min(size, n)`` rows of `X`, outermost hull first."""
        return convex_sample(X, size, self.dim, rng)


@dataclass(frozen=True)
class Draw:
    """The sampler and the seed that draw the representatives of a cluster."""

    sampler: Sampler
    seed: int = 0


def sampler_of(name: str, dim: int = 2) -> Sampler:
    """Return the sampler ``"random"`` or ``"convex"`` (`dim` is of the second one only).

    Raises
    ------
    InputError
        If there is no such sampler, or `dim` is not 2 to 5.
    """
    if name == "random":
        return RandomSampler()
    if name == "convex":
        return ConvexSampler(dim)
    raise InputError(f"sampler must be 'random' or 'convex', got {name!r}")


def representatives(X: NDArray[np.floating], rows: Rows, size: int, draw: Draw) -> Rows:
    """Return the members of a cluster that a reader sees: the same in training, in a run, and on an annotation page.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings of all sentences.
    rows : ndarray of shape (m,), int64
        The cluster, in any order.
    size : int
        At most so many are chosen, 1 or more.
    draw : Draw
        Sampler and seed. The generator is seeded by the seed, the size and the first row of the cluster, so that a
        cluster is sampled alike whenever it comes up.
    """
    rows = np.sort(rows)
    rng = np.random.default_rng([draw.seed, len(rows), int(rows[0])])
    return rows[draw.sampler(X[rows], size, rng)]


def random_sample(n_members: int, size: int, rng: np.random.Generator) -> Rows:
    """Draw ``min(size, n_members)`` of the rows 0 … n_members-1 without replacement, ascending."""
    _check_size(size)
    if n_members <= size:
        return np.arange(n_members, dtype=np.int64)
    return np.sort(rng.choice(n_members, size, replace=False)).astype(np.int64)


def convex_sample(X: NDArray[np.floating], size: int, dim: int = 2, rng: np.random.Generator | None = None) -> Rows:
    """Choose members from the outside of a cluster inwards, so that they span it.

    The members are projected on their first `dim` principal axes. The vertices of their convex hull
    are taken, then those of the hull of the rest, and so on; the last hull is thinned evenly in the
    order of its vertices around the middle. Rows that coincide count as one vertex of a hull.

    Parameters
    ----------
    X : float array of shape (n, d)
        Unit rows, the members of one cluster.
    size : int
        How many to choose.
    dim : int
        Dimensions of the hull, 2 to 5 (paper: 2 is best).
    rng : numpy.random.Generator, optional
        Draws 5,000 members where there are more; default: a fixed seed.

    Returns
    -------
    int64 array of shape (min(size, n),)
        Rows of `X`, outermost hull first.

    Raises
    ------
    InputError
        If `size` < 1 or `dim` is not 2 to 5.
    """
    _check_size(size)
    _check_dim(dim)
    rows = random_sample(len(X), max(MAX_POINTS, size), rng or np.random.default_rng(0))
    if len(rows) <= size:
        return rows
    return rows[_peel(principal_axes(np.asarray(X[rows], dtype=np.float64), dim), size)]


def principal_axes(X: Floats, dim: int) -> Floats:
    """Project rows (n, d) on their first principal axes: (n, r), r <= dim the axes that have any spread.

    The sign of an axis is such that its largest absolute score is positive.
    """
    centred = X - X.mean(axis=0)
    n, d = centred.shape
    gram = centred @ centred.T if n <= d else centred.T @ centred
    top = min(dim, len(gram))
    values, vectors = eigh(gram, subset_by_index=(len(gram) - top, len(gram) - 1))
    values, vectors = values[::-1], vectors[:, ::-1]
    spread = values > n * MIN_SPREAD**2
    scores = vectors * np.sqrt(np.maximum(values, 0)) if n <= d else centred @ vectors
    scores = scores[:, spread]
    peaks = scores[np.argmax(np.abs(scores), axis=0), np.arange(scores.shape[1])] if n else np.ones(0)
    return np.asarray(scores * np.sign(peaks), dtype=np.float64)


def far_pairs(X: NDArray[np.floating], rows: Rows, n_pairs: int) -> NDArray[np.int64]:
    """Pair up sampled members, the farthest first; no member is in two pairs.

    Parameters
    ----------
    X : float array of shape (n, d)
        Unit rows.
    rows : int64 array of shape (m,)
        The sampled members, rows of `X`.
    n_pairs : int
        How many pairs to take.

    Returns
    -------
    int64 array of shape (min(n_pairs, m // 2), 2)
        Rows of `X`, the pair of lowest cosine first; ties in the order of `rows`.
    """
    left, right = np.triu_indices(len(rows), k=1)
    return _farthest(X, np.column_stack([rows[left], rows[right]]), n_pairs)


def cross_pairs(X: NDArray[np.floating], rows: Rows, others: Rows, n_pairs: int) -> NDArray[np.int64]:
    """Pair up members of two clusters, one of each, the farthest first; no member is in two pairs.

    Parameters
    ----------
    X : float array of shape (n, d)
        Unit rows.
    rows, others : int64 arrays of shape (m,) and (l,)
        The sampled members of both, rows of `X`.
    n_pairs : int
        How many pairs to take.

    Returns
    -------
    int64 array of shape (min(n_pairs, m, l), 2)
        Rows of `X`, the pair of lowest cosine first.
    """
    left, right = np.indices((len(rows), len(others))).reshape(2, -1)
    return _farthest(X, np.column_stack([rows[left], others[right]]), n_pairs)


def _farthest(X: NDArray[np.floating], pairs: Rows, n_pairs: int) -> Rows:
    """Return at most `n_pairs` disjoint ones of the pairs (m, 2), by ascending cosine; ties in their order."""
    cosine = np.einsum("ij,ij->i", *(X[side].astype(np.float64) for side in pairs.T))
    used, chosen = set[int](), list[tuple[int, int]]()
    for i, j in pairs[np.argsort(np.round(cosine, 9), kind="stable")].tolist():
        if len(chosen) < n_pairs and i not in used and j not in used:
            used |= {i, j}
            chosen.append((i, j))
    return np.array(chosen, dtype=np.int64).reshape(-1, 2)


def _peel(Z: Floats, size: int) -> Rows:
    """Return `size` < n rows of `Z`, hull by hull from the outside."""
    left = np.arange(len(Z), dtype=np.int64)
    chosen: list[Rows] = []
    while size > 0:
        ring = left[_hull(Z[left])]
        ring = ring if len(ring) <= size else ring[np.arange(size) * len(ring) // size]
        chosen.append(ring)
        size -= len(ring)
        left = np.setdiff1d(left, ring, assume_unique=True)
    return np.concatenate(chosen)


def _hull(Z: Floats) -> Rows:
    """Return the hull's vertices in order around the middle, in as many dimensions as the points span.

    Peeling can leave points on a line or a plane, where QHull fails; there the hull is taken within it.
    """
    flat = _whiten(Z)
    n, rank = flat.shape
    if rank == 0:
        return np.arange(n, dtype=np.int64)
    if rank == 1:
        return np.array([np.argmin(flat[:, 0]), np.argmax(flat[:, 0])], dtype=np.int64)
    vertices = np.sort(ConvexHull(flat).vertices).astype(np.int64)
    angle = np.arctan2(flat[vertices, 1], flat[vertices, 0])
    return np.asarray(vertices[np.argsort(angle, kind="stable")], dtype=np.int64)


def _whiten(Z: Floats) -> Floats:
    """Scale points to unit spread on each axis that has any: the vertices stay, and QHull is precise."""
    scores = principal_axes(Z, Z.shape[1]) if Z.shape[1] else Z
    return np.asarray(scores / np.sqrt(np.mean(scores**2, axis=0)), dtype=np.float64)


def _check_size(size: int) -> None:
    if size < 1:
        raise InputError(f"sample size must be at least 1, got {size}")


def _check_dim(dim: int) -> None:
    if not 2 <= dim <= 5:
        raise InputError(f"dim of the convex sample must be 2 to 5, got {dim}")
