"""In dialogues, the vector of a sentence also leans by whether the sentence states a need.

"Hello, can you help me?" is followed by what the call is about, and so leans towards it (`dialin.cluster.said_next`):
without a counterweight, it would count as one of those needs. The shipped embedders hold one direction along which
sentences that state a need lie apart from those that do not, and each vector goes a little further along it.
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
LEAN = 0.25
"""How far a vector of unit norm goes along the direction if its sentence surely states a need, and how far the other
way if it surely states none; chosen from .2, .25, .3 and .4 on the demo's calls and on dialogues of our own."""
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
    bias : float
        Log-odds of a need where the vector says nothing.
    """

    model_sha256: str
    weights: Floats
    bias: float


@dataclass(frozen=True, eq=False)
class NeedDirection:
    """Where sentences that state a need lie, in the vectors of one embedder or of two beside each other.

    Parameters
    ----------
    parts : tuple of LearntDirection
        Those of the embedders, whose dimensions follow one another.
    """

    parts: tuple[LearntDirection, ...]

    def lean(self, X: Matrix, alone: Matrix) -> Matrix:
        """Return vectors that lean by whether their sentences state a need.

        Parameters
        ----------
        X : ndarray of shape (n, d)
            Unit-norm vectors.
        alone : ndarray of shape (n, d)
            Unit-norm vectors of the sentences alone, which tell whether they state a need.

        Returns
        -------
        ndarray of shape (n, d), float32
            Unit norm; no row depends on another.

        Examples
        --------
        By weights of (9, 0), the first sentence surely states a need: (0.6, 0.8) + 0.25 · (1, 0), scaled to unit norm.
        The other one says nothing along this direction, and stays.

        >>> direction = NeedDirection((LearntDirection("", np.array([9.0, 0.0]), 0.0),))
        >>> alone = np.array([[1, 0], [0, 1]], dtype=np.float32)
        >>> direction.lean(np.array([[0.6, 0.8], [0, 1]]), alone).astype(float).round(2).tolist()
        [[0.73, 0.69], [0.0, 1.0]]
        """
        found = np.empty(X.shape, np.float32)
        for first in range(0, len(X), _BLOCK):
            rows = slice(first, first + _BLOCK)
            found[rows] = self._lean(np.asarray(X[rows], np.float64), np.asarray(alone[rows], np.float64))
        return found

    def _lean(self, X: Floats, alone: Floats) -> Floats:
        moved, start = X.copy(), 0
        for part in self.parts:
            own = slice(start, start + len(part.weights))
            sureness = np.tanh(((alone[:, own] * part.weights).sum(axis=1) + part.bias) / 2)  # 2 P(need) − 1
            sureness[~alone[:, own].any(axis=1)] = 0.0  # a sentence of the other embedder
            moved[:, own] += LEAN * sureness[:, None] * (part.weights / np.linalg.norm(part.weights))
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


def _learnt(model_sha256: NDArray[Any], weights: NDArray[Any], bias: NDArray[Any]) -> LearntDirection:
    return LearntDirection(str(model_sha256), weights.astype(np.float64), float(bias))


def write_directions(found: Mapping[str, LearntDirection], path: Path = WEIGHTS) -> None:
    """Write directions into a file, with three significant digits a weight."""
    values = dict[str, NDArray[Any]]()
    for name, one in found.items():
        values[f"{name}:model_sha256"] = np.array(one.model_sha256)
        values[f"{name}:weights"] = one.weights.astype(np.float16)
        values[f"{name}:bias"] = np.array(one.bias)
    files.write_arrays(path, values)
