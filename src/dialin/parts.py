"""The parts of a corpus that are clustered apart, each as if it were alone.

Customer and agent are (paper §3.4). So are two scripts whose vectors have nothing in common, as those that
`dialin.embed.BilingualEmbedder` gives to English and Chinese: how close the sentences of an intent are, and how many
intents there are, one of them does not say of the other. (Measured together, two data sets of 44 and 16 clusters
looked like 218.) Where an embedder knows both languages, an intent may be in both, and nothing is parted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dialin.script import is_cjk

Matrix = NDArray[np.float32]
Rows = NDArray[np.int64]


def parts_of(texts: Sequence[str], X: Matrix, roles: Sequence[str]) -> Rows:
    """Return the part 0, 1, … of each sentence, shape (n,): its role, and its script where the two are orthogonal.

    Parameters
    ----------
    texts : sequence of str
        The sentences.
    X : ndarray of shape (n, d)
        Their embeddings.
    roles : sequence of str
        Role of each sentence; parts are ordered by it.

    Examples
    --------
    >>> X = np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32)
    >>> parts_of(["refund", "退款", "pay"], X, ["customer", "customer", "agent"]).tolist()
    [1, 2, 0]
    """
    keys = list(zip(roles, _scripts(texts, X), strict=True))
    code = {key: i for i, key in enumerate(sorted(set(keys)))}
    return np.array([code[key] for key in keys], dtype=np.int64)


def by_part(texts: Sequence[str], X: Matrix, roles: Sequence[str]) -> list[tuple[str, Rows]]:
    """Return role and rows of each part."""
    parts = parts_of(texts, X, roles)
    rows = [np.flatnonzero(parts == part) for part in range(int(parts.max(initial=-1)) + 1)]
    return [(roles[own[0]], own) for own in rows]


def _scripts(texts: Sequence[str], X: Matrix) -> list[bool]:
    """Tell of each text whether it is in CJK script; of none where the vectors of the two share a dimension."""
    is_other = np.array([is_cjk(text) for text in texts], dtype=np.bool_)
    shared = (X[is_other] != 0).any(axis=0) & (X[~is_other] != 0).any(axis=0)
    return [False] * len(texts) if shared.any() else is_other.tolist()
