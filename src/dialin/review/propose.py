"""Propose how to split an intent: cut the Ward tree of its sentences into parts, and name each part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dialin.cluster.labels import centroid, rows_by
from dialin.cluster.partition import Agglomerative
from dialin.name.distinct import distinguished
from dialin.review.edits import SplitPart

MAX_PARTS = 12
MAX_IN_TREE = 500
"""Sentences of an intent that the tree is made of; of a larger one, a sample, and the rest joins the nearest part.

Of several intents that were put together, 500 sentences find as much as 1,000 do, in a third of the time.
"""

ROWS_AT_ONCE = 512
"""Sentences whose vectors are taken at once: so many stay in the cache until they are multiplied."""


def parts_of(X: NDArray[np.float32], rows: NDArray[np.int64], k: int) -> list[NDArray[np.int64]]:
    """Return the sentences of each of k parts (fewer if there are fewer sentences), the largest part first.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings of all sentences.
    rows : ndarray of shape (m,)
        Sentences of the intent.
    k : int
        Number of parts, clipped to 2 … `MAX_PARTS`.

    Examples
    --------
    >>> X = np.array([[1, 0], [0.6, 0.8], [1, 0], [0, 1], [1, 0]], np.float32)
    >>> [part.tolist() for part in parts_of(X, np.arange(5), 2)]
    [[0, 2, 4], [1, 3]]
    """
    some = rows if len(rows) <= MAX_IN_TREE else np.random.default_rng(0).choice(rows, MAX_IN_TREE, replace=False)
    labels = Agglomerative(random_state=0).fit(X[some]).cut(min(max(k, 2), MAX_PARTS))
    parts = [some[own] for own in rows_by(labels).values()]
    if len(some) < len(rows):
        means = np.array([centroid(X[part]) for part in parts])
        blocks = [rows[first : first + ROWS_AT_ONCE] for first in range(0, len(rows), ROWS_AT_ONCE)]
        nearest = np.concatenate([(X[block] @ means.T).argmax(axis=1) for block in blocks])
        parts = [rows[own] for own in rows_by(nearest).values()]
    return sorted(parts, key=lambda part: (-len(part), int(part[0])))


def named(
    name: str, intent: int, free: int, parts: Sequence[NDArray[np.int64]], texts: Sequence[str]
) -> list[SplitPart]:
    """Return the parts with ids and names; the first keeps the id of the intent, the others get free ids.

    Each name is the intent's, made unique by a word that is typical of the part's sentences, or else by a number.
    """
    names = distinguished([name] * len(parts), [[texts[i] for i in part[:MAX_IN_TREE]] for part in parts])
    ids = [intent, *range(free, free + len(parts) - 1)]
    distinct = [own if own not in names[:i] else f"{own}-{i + 1}" for i, own in enumerate(names)]
    return [SplitPart(i, own, tuple(rows.tolist())) for i, own, rows in zip(ids, distinct, parts, strict=True)]
