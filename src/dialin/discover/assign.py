"""Which intent a sentence belongs to: one function for the sentences of the run and for new ones.

Every cluster the loop kept is a *piece*: a centroid and a radius. A sentence belongs to the intent of its
nearest piece if it lies within that piece's radius, else to none. The labels of a run are this function applied to
its own sentences, so `predict` on them cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dialin import files, saved
from dialin.arrays import Matrix, Rows, RowVectors
from dialin.cluster.labels import centroid
from dialin.cluster.workers import one_blas_thread
from dialin.judge.verdict import Judge

CHUNK = 8_192
"""Rows whose cosines are held at once; no result depends on it."""
PRODUCT_ROWS = 4
"""Rows that are multiplied with the centroids at once, always as many: a kernel of OpenBLAS takes four, and what is
left of more goes through another one, which rounds otherwise."""
N_HALVINGS = 3
"""Times that the newcomers of a piece are halved before the judge's no is final."""
N_DEVIATIONS = 4.0
"""Standard deviations by which a sentence may be farther from the centroid than the members and still belong."""
OTHER_ROLE = -2.0
"""In the place of a cosine, to a piece of another role: less than any."""
SOFTNESS = 0.05
"""Difference of cosines over which one intent fades into the next, in P(intent | sentence)."""


@dataclass(frozen=True)
class Pieces:
    """The decision function of a run.

    Parameters
    ----------
    centroids : ndarray of shape (m, d)
        Unit-norm mean of each piece.
    radii : ndarray of shape (m,)
        Least cosine to the centroid that still belongs.
    intents : ndarray of shape (m,)
        Intent of each piece.
    roles : tuple of str
        Role whose sentences a piece holds; "" for any. A sentence of unknown role "" may go to any piece.
    """

    centroids: Matrix
    radii: Matrix
    intents: NDArray[np.int64]
    roles: tuple[str, ...]

    def nearest(
        self, X: Matrix, roles: Sequence[str], chunk: int = CHUNK
    ) -> tuple[Rows, NDArray[np.float64], NDArray[np.float64]]:
        """Return, per row of X, the nearest piece of its role (−1: none), its cosine, and P(its intent)."""
        if not len(self.centroids) or not len(X):
            return np.full(len(X), -1), np.full(len(X), -1.0), np.zeros(len(X))
        parts = [self._nearest(X[i : i + chunk], roles[i : i + chunk]) for i in range(0, len(X), chunk)]
        piece, cosine, p = (np.concatenate(part) for part in zip(*parts, strict=True))
        return piece, cosine, p

    def _nearest(self, X: Matrix, roles: Sequence[str]) -> tuple[Rows, NDArray[np.float64], NDArray[np.float64]]:
        S = self._cosines(X, roles)
        piece = S.argmax(axis=1)
        cosine, weight = S[np.arange(len(X)), piece], _softened(S)
        same = self.intents[None, :] == self.intents[piece][:, None]
        piece = np.where(cosine > OTHER_ROLE, piece, -1)
        return piece, cosine.astype(np.float64), (weight * same).sum(axis=1) / weight.sum(axis=1)

    def intent_probabilities(self, X: Matrix, roles: Sequence[str], n_intents: int) -> NDArray[np.float64]:
        """Return P(intent | sentence), shape (n, n_intents): a softmax over the pieces, summed by intent.

        Examples
        --------
        Two intents at a right angle: half way between them neither is likelier, at one of them the other is none.

        >>> pieces = Pieces(np.eye(2), np.zeros(2), np.array([0, 1]), ("", ""))
        >>> pieces.intent_probabilities(np.array([[0.6, 0.6], [1.0, 0.0]]), ["", ""], 2).round(3).tolist()
        [[0.5, 0.5], [1.0, 0.0]]
        """
        if not len(self.centroids) or not len(X):
            return np.zeros((len(X), n_intents))
        weight = _softened(self._cosines(X, roles))
        return np.asarray((weight @ one_hot(self.intents, n_intents)) / weight.sum(axis=1, keepdims=True))

    def mean_probabilities(
        self, X: Matrix, roles: Sequence[str], groups: NDArray[np.int64], n_intents: int
    ) -> NDArray[np.float64]:
        """Return the mean P(intent | sentence) over the sentences of each group, shape (n_groups, n_intents).

        Each of the groups 0, 1, … has a sentence. Sentences are added up before pieces, as there are fewer groups.

        Examples
        --------
        >>> pieces = Pieces(np.eye(2), np.zeros(2), np.array([0, 1]), ("", ""))
        >>> pieces.mean_probabilities(np.array([[0.6, 0.6], [1, 0]]), ["", ""], np.array([0, 0]), 2).round(3).tolist()
        [[0.75, 0.25]]
        """
        n_each = np.bincount(groups)
        if not len(self.centroids):
            return np.zeros((len(n_each), n_intents))
        weight = _softened(self._cosines(X, roles))
        shares = 1 / (weight.sum(axis=1).astype(np.float64) * n_each[groups])
        of_groups = csr_array((shares, (groups, np.arange(len(X)))), shape=(len(n_each), len(X)))
        return np.asarray((of_groups @ weight) @ one_hot(self.intents, n_intents))

    def _cosines(self, X: Matrix, roles: Sequence[str]) -> Matrix:
        """Return the cosine of each row to each piece, `OTHER_ROLE` where it may not go there."""
        S = products(X, self.centroids)
        own, wanted = np.array(self.roles), np.array(roles)
        for role in set(roles) - {""}:
            S[np.ix_(wanted == role, (own != "") & (own != role))] = OTHER_ROLE
        return S

    def within(self, piece: Rows, cosine: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return whether each row lies within the radius of its nearest piece."""
        radii = np.append(self.radii, np.inf)  # the last entry is for "no piece"
        return np.asarray(cosine >= radii[piece] - 1e-6)

    def assign(
        self, X: Matrix, roles: Sequence[str], chunk: int = CHUNK
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the intent of each row of X (−1: none) and P(that intent) in [0, 1] (0 where none)."""
        piece, cosine, p = self.nearest(X, roles, chunk)
        inside = self.within(piece, cosine)
        return np.where(inside, np.append(self.intents, -1)[piece], -1), np.where(inside, p, 0.0)


def products(X: Matrix, centroids: Matrix, n_rows: int = PRODUCT_ROWS) -> Matrix:
    """Return X @ centroids.T, `n_rows` rows at a time: so no bit of a row depends on the others, nor on its place.

    A library of linear algebra has several ways to multiply, which it chooses by the sizes and by its threads, and
    which round in their own ways; so it works on one thread here.

    Examples
    --------
    >>> X, centroids = np.eye(3, dtype=np.float32), np.ones((2, 3), np.float32)
    >>> products(X, centroids).tolist()
    [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]
    """
    found = np.empty((len(X), len(centroids)), np.result_type(X, centroids))
    n_whole = len(X) - len(X) % n_rows
    with one_blas_thread():
        for first in range(0, n_whole, n_rows):
            np.matmul(X[first : first + n_rows], centroids.T, out=found[first : first + n_rows])
        if n_whole < len(X):
            rest = np.zeros((n_rows, X.shape[1]), X.dtype)
            rest[: len(X) - n_whole] = X[n_whole:]
            found[n_whole:] = (rest @ centroids.T)[: len(X) - n_whole]
    return found


def _softened(S: Matrix) -> Matrix:
    """Return exp((cosine − the largest of its row) / `SOFTNESS`): a softmax before it is divided by its sum."""
    return np.asarray(np.exp((S - S.max(axis=1, keepdims=True)) / SOFTNESS))


def one_hot(labels: NDArray[np.int64], n_labels: int) -> csr_array:
    """Return a sparse matrix (n, n_labels) with a 1 at the label of each row; rows with label −1 are empty."""
    rows = np.flatnonzero(labels >= 0)
    return csr_array((np.ones(len(rows)), (rows, labels[rows])), shape=(len(labels), n_labels))


def write_pieces(path: Path, pieces: Pieces) -> None:
    """Write the decision function of a run as ``pieces.npz``."""
    roles = np.array(pieces.roles, dtype=np.str_)
    files.write_arrays(
        path, {"centroids": pieces.centroids, "radii": pieces.radii, "intents": pieces.intents, "roles": roles}
    )


def read_pieces(path: Path) -> Pieces:
    """Return the decision function of a run; raise InputError if the file cannot be read."""
    data = saved.read_arrays(path)
    try:
        pieces = Pieces(data["centroids"], data["radii"], data["intents"], tuple(map(str, data["roles"])))
        n, _ = pieces.centroids.shape
        sizes = {len(pieces.radii), len(pieces.intents), len(pieces.roles)}
    except (KeyError, TypeError, ValueError) as error:
        raise saved.damaged(path, f"an array is missing or has another shape: {error}") from error
    if sizes != {n} or pieces.intents.dtype.kind != "i" or pieces.centroids.dtype.kind != "f":
        raise saved.damaged(path, f"its arrays do not describe {n} pieces")
    return pieces


def build(X: RowVectors, clusters: Sequence[Rows], intents: Sequence[int], roles: Sequence[str]) -> Pieces:
    """Return the pieces of these clusters; each radius takes in all members, and sentences about as near as they are.

    How far from its centroid a member usually is, differs from piece to piece; how much that varies is measured over
    all pieces together, since most are small.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings.
    clusters : sequence of ndarray
        Rows of each cluster.
    intents, roles : sequence
        Intent and role ("" for any) of each cluster.
    """
    centroids = np.array([centroid(X[rows]) for rows in clusters], dtype=np.float32).reshape(-1, X.shape[1])
    cosines = [X[rows] @ c for rows, c in zip(clusters, centroids, strict=True)]
    slack = N_DEVIATIONS * spread(cosines)
    radii = [min(float(own.min()), float(own.mean()) - slack) for own in cosines]
    return Pieces(centroids, np.array(radii, np.float32), np.array(intents, np.int64), tuple(roles))


def spread(cosines: Sequence[NDArray[np.floating]]) -> float:
    """Return the standard deviation of members around the mean of their own piece, over all pieces; 0 without any.

    Examples
    --------
    Deviations of ±0.1 and ±0.2, twice each: √((2 · 0.01 + 2 · 0.04) / 4) = √0.025

    >>> round(spread([np.array([0.7, 0.9]), np.array([0.4, 0.8])]), 4)
    0.1581
    """
    squares = [float(((own - own.mean()) ** 2).sum()) for own in cosines]
    return float(np.sqrt(sum(squares) / max(sum(len(own) for own in cosines), 1)))


def widen(pieces: Pieces, X: Matrix, roles: Sequence[str], coverage: float, judge: Judge) -> Pieces:
    """Lower the radii until the wanted share of the rows has an intent, where the judge agrees.

    The unassigned rows nearest to their piece come in first. For each piece that would grow, the judge is asked
    whether the newcomers share the intent of the members; where not, about the nearer half of them, then a quarter.

    Parameters
    ----------
    pieces : Pieces
        The decision function so far.
    X : ndarray of shape (n, d)
        Unit-norm embeddings of the sentences.
    roles : sequence of str
        Role of each sentence, "" for none.
    coverage : float
        Share of the sentences that should have an intent, in [0, 1].
    judge : Judge
        Confirms each growth.
    """
    piece, cosine, _ = pieces.nearest(X, roles)
    coming = newcomers(pieces, piece, cosine, coverage)
    members = {m: np.flatnonzero((piece == m) & pieces.within(piece, cosine)) for m in coming}
    radii = pieces.radii.copy()
    for part in range(N_HALVINGS):
        tried = {m: rows[: -(-len(rows) // 2**part)] for m, rows in coming.items() if len(rows) >= 2**part}
        verdicts = judge.judge_unions([(members[m], rows) for m, rows in tried.items()])
        for (m, rows), verdict in zip(tried.items(), verdicts, strict=True):
            if verdict.good:
                radii[m] = cosine[rows].min()
                del coming[m]
    return replace(pieces, radii=radii)


def newcomers(pieces: Pieces, piece: Rows, cosine: NDArray[np.float64], coverage: float) -> dict[int, Rows]:
    """Return, per piece, the rows that must come in to reach the coverage, nearest first.

    Those that lie least outside the radius of their nearest piece come first.
    """
    inside = pieces.within(piece, cosine)
    outside = np.flatnonzero(~inside & (piece >= 0))
    n_wanted = int(np.ceil(coverage * len(piece))) - int(inside.sum())
    shortfall = np.append(pieces.radii, 0.0)[piece[outside]] - cosine[outside]
    coming = outside[np.argsort(shortfall, kind="stable")[: max(n_wanted, 0)]]
    occupied = set(piece[inside].tolist())
    return {m: coming[piece[coming] == m] for m in np.unique(piece[coming]).tolist() if m in occupied}


def reasons(X: Matrix, labels: NDArray[np.int64], min_sizes: NDArray[np.int64], chunk: int = CHUNK) -> list[str]:
    """Return why each sentence has no intent; "" where it has one.

    ``noise``: no other unassigned sentence is as near to it as the members of intents usually are to a neighbour;
    ``rare``: fewer than its entry of `min_sizes` (n), the least size of a cluster in its part, less 1; ``mixed``:
    enough are, but no coherent cluster came of it.
    """
    left = np.flatnonzero(labels < 0)
    why = [""] * len(X)
    if not len(left):
        return why
    near = np.concatenate(
        [(X[left[i : i + chunk]] @ X[left].T >= _usual(X, labels)).sum(1) - 1 for i in range(0, len(left), chunk)]
    )
    for row, n_near, least in zip(left, near, min_sizes[left], strict=True):
        why[row] = "noise" if n_near < 1 else "rare" if n_near < least - 1 else "mixed"
    return why


def _usual(X: Matrix, labels: NDArray[np.int64]) -> float:
    """Return the median cosine of a sentence to its nearest neighbour of the same intent (at most 2,000 looked at)."""
    rows = np.flatnonzero(labels >= 0)
    rows = rows[:: max(1, len(rows) // 2_000)]
    S = np.where(labels[rows][:, None] == labels[rows][None, :], X[rows] @ X[rows].T, -1.0)
    np.fill_diagonal(S, -1.0)
    best = S.max(axis=1) if len(rows) > 1 else np.empty(0)
    return float(np.median(best[best > -1])) if (best > -1).any() else 1.0
