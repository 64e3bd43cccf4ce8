"""The strata of a corpus: sentences that are clustered apart, each stratum as if it were alone.

Customers and agents are clustered apart (paper §3.4). So are two scripts whose vectors share no dimension, such as
those of `dialin.embed.choose.BilingualEmbedder` for English and Chinese: neither says anything about how close the
sentences of an intent are in the other, or how many intents it has. (Measured together, two data sets of 44 and 16
clusters looked like 218.) Where an embedder knows both languages, an intent may span both, and the scripts stay
together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from dialin.arrays import Matrix, Rows
from dialin.text.script import is_chinese


class Stratum(NamedTuple):
    """The role and script of sentences that are clustered apart, as if they were alone."""

    role: str
    """"" for all."""
    is_chinese: bool
    """Whether these are the Chinese sentences of a corpus whose other sentences are clustered apart."""


_ROWS = 1 << 14
"""Rows that are looked at at once; no result depends on it."""

K = TypeVar("K", str, tuple[str, bool])


def scripts_of(texts: Sequence[str], X: Matrix) -> list[bool]:
    """Return of each text whether it is Chinese; False for all if all are, or if both kinds share a dimension.

    Parameters
    ----------
    texts : sequence of str
        The sentences.
    X : ndarray of shape (n, d)
        Their embeddings.
    """
    is_other = np.zeros(len(texts), dtype=np.bool_)
    used = np.zeros((2, X.shape[1]), dtype=np.bool_)
    for first in range(0, len(texts), _ROWS):
        rows = slice(first, first + _ROWS)
        is_other[rows] = [is_chinese(text) for text in texts[rows]]
        is_used = X[rows] != 0
        used |= [is_used[which].any(axis=0) for which in (is_other[rows], ~is_other[rows])]
        if used.all(axis=0).any():  # they share a dimension: what the other texts are makes no difference
            return [False] * len(texts)
    found: list[bool] = (is_other & ~is_other.all()).tolist()
    return found


def stratum_ids(roles: Sequence[str], scripts: Sequence[bool]) -> Rows:
    """Return the stratum 0, 1, … of each sentence, shape (n,), by its role, then its script.

    Examples
    --------
    >>> stratum_ids(["customer", "customer", "agent"], [False, True, False]).tolist()
    [1, 2, 0]
    """
    ids = np.empty(len(roles), dtype=np.int64)
    for stratum, (_, rows) in enumerate(strata_of(roles, scripts)):
        ids[rows] = stratum
    return ids


def strata_of(roles: Sequence[str], scripts: Sequence[bool]) -> list[tuple[Stratum, Rows]]:
    """Return each stratum and its rows."""
    return [(Stratum(*key), rows) for key, rows in grouped(list(zip(roles, scripts, strict=True)))]


def grouped(keys: Sequence[K]) -> list[tuple[K, Rows]]:
    """Return each key, ascending, and the positions that have it."""
    found = defaultdict[K, list[int]](list)
    for row, key in enumerate(keys):
        found[key].append(row)
    return [(key, np.array(found[key], dtype=np.int64)) for key in sorted(found)]
