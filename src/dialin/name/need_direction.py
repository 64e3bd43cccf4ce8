"""In dialogues, the vector of a sentence also leans by whether the sentence states a need.

"Hello, can you help me?" is followed by what the call is about, and so leans towards it (`dialin.cluster.said_next`):
without a counterweight, it would count as one of those needs. The shipped embedders hold one direction along which
sentences that state a need lie apart from those that do not, and each vector goes a little along it: one way if its
sentence states a need, given where it is said (`dialin.name.place_head`), and the other way if not.
``python -m studies.own.kinds`` finds the directions, which belong to the vectors of exactly one embedder file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialin import files, saved
from dialin.arrays import Floats, Matrix

WEIGHTS = Path(__file__).parent / "need_direction.npz"
LEAN = 0.2
"""How far a vector of unit norm goes along the direction if its sentence surely states a need, and how far the other
way if it surely states none; chosen from .15, .2, .25 and .35 on the demo's calls and on dialogues of our own."""
_BLOCK = 8_192


@dataclass(frozen=True, eq=False)
class LearntDirection:
    """Logistic weights that tell needs from the rest by the vector of an embedder alone.

    Parameters
    ----------
    model_sha256 : str
        Hash of its ``model.onnx``: with any other, the weights mean nothing.
    weights : ndarray of shape (d,), float64
        One for each number of a vector.
    """

    model_sha256: str
    weights: Floats


@dataclass(frozen=True, eq=False)
class NeedDirection:
    """Where sentences that state a need lie, in the vectors of one embedder or of two beside each other.

    Parameters
    ----------
    parts : tuple of LearntDirection
        Those of the embedders, whose dimensions follow one another.
    """

    parts: tuple[LearntDirection, ...]

    def lean(self, X: Matrix, sureness: Floats) -> Matrix:
        """Return vectors that lean by whether their sentences state a need.

        Parameters
        ----------
        X : ndarray of shape (n, d)
            Unit-norm vectors; of embedders beside each other, the dimensions of but one are not 0.
        sureness : ndarray of shape (n,)
            From 1, surely a need, to −1, surely none.

        Returns
        -------
        ndarray of shape (n, d), float32
            Unit norm; no row depends on another.

        Examples
        --------
        The first sentence surely states a need: (0.6, 0.8) + 0.2 · (1, 0), scaled to unit norm. Of the other, nobody
        knows.

        >>> direction = NeedDirection((LearntDirection("", np.array([9.0, 0.0])),))
        >>> direction.lean(np.array([[0.6, 0.8], [0, 1]]), np.array([1.0, 0.0])).astype(float).round(2).tolist()
        [[0.71, 0.71], [0.0, 1.0]]
        """
        found = np.empty(X.shape, np.float32)
        for first in range(0, len(X), _BLOCK):
            rows = slice(first, first + _BLOCK)
            found[rows] = self._lean(np.asarray(X[rows], np.float64), sureness[rows])
        return found

    def _lean(self, X: Floats, sureness: Floats) -> Floats:
        moved, start = X.copy(), 0
        for part in self.parts:
            own = slice(start, start + len(part.weights))
            there = np.where(X[:, own].any(axis=1), sureness, 0.0)
            moved[:, own] += LEAN * there[:, None] * (part.weights / np.linalg.norm(part.weights))
            start = own.stop
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True))


def need_direction(embedder: str) -> NeedDirection | None:
    """Return the direction in the vectors of an embedder, by its name; None where none is known.

    Examples
    --------
    >>> need_direction("local:intents-zh-v4") is None, need_direction("local:bge-small-zh-v1.5") is None
    (False, True)
    """
    known, names = directions(), embedder.removeprefix("local:").split("+")
    return NeedDirection(tuple(known[name] for name in names)) if known.keys() >= {*names} else None


def directions(path: Path = WEIGHTS) -> dict[str, LearntDirection]:
    """Return the directions of a file, by embedder; those that are shipped, by default."""
    return {name: _learnt(**parts) for name, parts in saved.read_arrays_by_owner(path).items()}


def _learnt(model_sha256: NDArray[Any], weights: NDArray[Any]) -> LearntDirection:
    return LearntDirection(str(model_sha256), weights.astype(np.float64))


def write_directions(found: Mapping[str, LearntDirection], path: Path = WEIGHTS) -> None:
    """Write directions into a file, with three significant digits a weight."""
    values = dict[str, NDArray[Any]]()
    for name, one in found.items():
        values[f"{name}:model_sha256"] = np.array(one.model_sha256)
        values[f"{name}:weights"] = one.weights.astype(np.float16)
    files.write_arrays(path, values)
