"""Reads a column with few distinct texts, such as roles, as numbers: a million rows take no million Python objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dialin.arrays import Ints
from dialin.read.cells import one_array


@dataclass(frozen=True, eq=False)
class Coded:
    """A column of n texts.

    Parameters
    ----------
    names : ndarray of str objects, shape (k,)
        The distinct texts, by first appearance; "" for null.
    codes : ndarray of shape (n,), int64
        Which of the names each row holds.
    """

    names: NDArray[np.object_]
    codes: Ints

    @property
    def texts(self) -> NDArray[np.object_]:
        """The text of each row, shape (n,); equal texts are one object."""
        return self.names[self.codes]

    def where(self, name: str) -> NDArray[np.bool_]:
        """Return whether each row holds a text, shape (n,)."""
        return np.asarray((self.names == name)[self.codes])


def codes_of(column: pa.ChunkedArray | pa.Array) -> Coded:
    """Return a column of texts as numbers.

    Examples
    --------
    >>> column = codes_of(pa.array(["agent", None, "agent"]))
    >>> column.names.tolist(), column.codes.tolist(), column.texts.tolist()
    (['agent', ''], [0, 1, 0], ['agent', '', 'agent'])
    """
    found = one_array(pc.fill_null(column.cast(pa.large_string()), "")).dictionary_encode()
    names = np.array(found.dictionary.to_pylist(), dtype=object)
    return Coded(names, found.indices.to_numpy().astype(np.int64))
