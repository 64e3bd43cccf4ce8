"""The points of the map: which sentences it shows, where they lie, and how much of their text the page can carry."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dialin.arrays import Ints
from dialin.facts.loaded import LoadedRun
from dialin.report.map.places import layout
from dialin.text.width import shortened

MAX_POINTS = 60_000
"""Sentences of the largest map; of more, some of each intent are shown."""
TEXT_BYTES = 6_000_000
"""What all texts of the map may take in the page."""
LENGTHS = (400, 240, 160, 100, 60, 30)
"""Columns that are kept of a text: the first of these with which all fit."""
SCALE = 9_999
"""Places are whole numbers from 0 to this: finer than any screen, and short to write."""


@dataclass(frozen=True, eq=False)
class Points:
    """The k sentences of a map, out of `n_all` of the run.

    Parameters
    ----------
    places : ndarray of shape (k, 2), int64
        Where they lie, from 0 to `SCALE`.
    labels, counts : ndarrays of shape (k,), int64
        Their intents (−1: none), and how often each was said.
    roles : list of str, k roles
        Who says them; "" for none.
    texts : list of str, k texts
        What they say, cut where it is long.
    n_all : int
        Sentences of the run.
    """

    places: Ints
    labels: Ints
    counts: Ints
    roles: list[str]
    texts: list[str]
    n_all: int

    @property
    def role_names(self) -> list[str]:
        """The roles that there are, each once."""
        return sorted(set(self.roles))

    def as_dict(self) -> dict[str, object]:
        """Return plain values for the script of the map, with short names, since they are there once a sentence."""
        number = {role: i for i, role in enumerate(self.role_names)}
        return {
            "x": self.places[:, 0].tolist(),
            "y": self.places[:, 1].tolist(),
            "i": self.labels.tolist(),
            "c": self.counts.tolist(),
            "r": [number[role] for role in self.roles],
            "t": self.texts,
            "roles": self.role_names,
        }


def points_of(contents: LoadedRun, most: int = MAX_POINTS) -> Points | None:
    """Return the points of the map of a run, about `most` of them at most; None if it has no embeddings."""
    if contents.X is None:
        return None
    rows = sampled(contents.labels, most, contents.seed)
    sentences = contents.sentences.take(pa.array(rows))
    return Points(
        places=np.rint(layout(contents.X[rows], contents.seed) * SCALE).astype(np.int64),
        labels=contents.labels[rows],
        counts=sentences["count"].to_numpy(),
        roles=[contents.roles[row] for row in rows],
        texts=fitting(sentences["text"].to_pylist(), TEXT_BYTES),
        n_all=len(contents.labels),
    )


def sampled(labels: Ints, n: int, seed: int) -> Ints:
    """Return at most about n rows in ascending order: all, or the same share of each label at random, and at least one.

    Examples
    --------
    >>> labels = np.array([0, 0, 0, 0, 1, 1, -1])
    >>> np.bincount(labels[sampled(labels, 4, seed=0)] + 1).tolist()
    [1, 2, 1]
    """
    if len(labels) <= n:
        return np.arange(len(labels))
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    _, starts, sizes = np.unique(labels[order], return_index=True, return_counts=True)
    rank = np.arange(len(order)) - np.repeat(starts, sizes)
    kept = rank < np.maximum(np.repeat(sizes, sizes) * n // len(labels), 1)
    return np.sort(order[kept])


def fitting(texts: Sequence[str], n_bytes: int) -> list[str]:
    """Return the texts, cut to the greatest length in `LENGTHS` at which all of them fit into `n_bytes` of the page."""
    cut = list(texts)
    for length in LENGTHS:
        cut = [shortened(text, length) for text in texts]
        if sum(len(script_json(text).encode("utf-8", "replace")) + 1 for text in cut) <= n_bytes:
            break
    return cut


def script_json(value: object) -> str:
    r"""Return JSON that can stand inside of a script element: nothing in it can end the element, or a line of a script.

    Examples
    --------
    >>> print(script_json(["</script>", "a & b"]))
    ["\u003c/script\u003e","a \u0026 b"]
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
