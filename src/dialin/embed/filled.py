"""The vectors of some texts while they are found, some in a file, some by an embedder: one array, filled in parts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def text_key(text: str) -> bytes:
    """Return the sha256 of a text, under which its vectors are kept."""
    return hashlib.sha256(text.encode()).digest()


class FilledVectors:
    """The vectors of some texts while they are found: one array, filled chunk by chunk.

    Parameters
    ----------
    texts : sequence of str, n texts
        The texts; one that stands there twice has one key.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._row: dict[bytes, int] = {}
        self._of = [self._row.setdefault(text_key(text), row) for row, text in enumerate(texts)]
        self._is_found = np.zeros(len(texts), dtype=np.bool_)
        self._X: NDArray[np.float32] | None = None

    @property
    def keys(self) -> list[bytes]:
        """The keys of the texts, each once."""
        return list(self._row)

    @property
    def missing(self) -> list[bytes]:
        """The keys without a vector so far."""
        return [key for key, row in self._row.items() if not self._is_found[row]]

    def texts_of(self, keys: Sequence[bytes]) -> list[str]:
        """Return the texts of some keys."""
        return [self._texts[self._row[key]] for key in keys]

    def put(self, keys: Sequence[bytes], found: NDArray[np.float32]) -> None:
        """Take the vectors of some keys, shape (len(keys), d)."""
        if not keys:
            return
        if self._X is None:
            self._X = np.empty((len(self._texts), found.shape[1]), np.float32)
        rows = [self._row[key] for key in keys]
        self._X[rows] = found
        self._is_found[rows] = True

    def whole(self) -> NDArray[np.float32]:
        """Return the vectors of all texts, shape (n, d); every key has one by now."""
        assert self._X is not None
        if len(self._row) < len(self._of):
            of = np.array(self._of)
            again = np.flatnonzero(of != np.arange(len(of)))
            self._X[again] = self._X[of[again]]
        return self._X
