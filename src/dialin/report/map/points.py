"""Chooses the points of the map: its sentences, their places, and as much of their text as the page can carry."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dialin.arrays import Ints
from dialin.facts.loaded import LoadedRun
from dialin.facts.sample import sampled
from dialin.report.map.places import layout
from dialin.text.width import shortened

MAX_POINTS = 60_000
"""Maximum number of sentences on the map; beyond it, the map shows a sample of each intent."""
TEXT_BYTES = 4_000_000
"""Maximum total size of the map's texts in the page."""
LENGTHS = (400, 240, 160, 100, 60, 30)
"""Candidate widths of a text, in columns; the first with which all texts fit is used."""
SCALE = 9_999
"""Maximum coordinate: places are whole numbers from 0 to `SCALE`, finer than any screen and short to write."""


@dataclass(frozen=True, eq=False)
class Points:
    """Points of a map: k sentences out of `n_all` in the run.

    Parameters
    ----------
    places : ndarray of shape (k, 2), int64
        Coordinates from 0 to `SCALE`.
    labels, counts : ndarrays of shape (k,), int64
        Place of each sentence's intent (−1 for no intent), and number of times the sentence was said.
    roles : list of str, k roles
        Role of each sentence; "" for no role.
    texts : list of str, k texts
        Text of each sentence, shortened if long.
    n_all : int
        Number of sentences in the run.
    """

    places: Ints
    labels: Ints
    counts: Ints
    roles: list[str]
    texts: list[str]
    n_all: int

    @property
    def role_names(self) -> list[str]:
        """The distinct roles, sorted."""
        return sorted(set(self.roles))

    def as_dict(self) -> dict[str, object]:
        """Return plain values for the map's script, under short names."""
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
    """Return the points of a run's map, about `most` of them; None without embeddings.

    The sentences of withheld intents are not on it: their places would tell one intent from the other.
    """
    if contents.X is None:
        return None
    rows = sampled(contents.labels, most, contents.seed)
    if contents.summary.withheld:
        rows = rows[contents.labels[rows] < len(contents.rows) - 1]
    sentences = contents.sentences.take(pa.array(rows))
    return Points(
        places=np.rint(layout(contents.X[rows], contents.seed) * SCALE).astype(np.int64),
        labels=contents.labels[rows],
        counts=sentences["count"].to_numpy(),
        roles=[contents.roles[row] for row in rows],
        texts=fitting(sentences["text"].to_pylist(), TEXT_BYTES),
        n_all=len(contents.labels) if not contents.summary.withheld else len(rows),
    )


def fitting(texts: Sequence[str], n_bytes: int) -> list[str]:
    """Return the texts, cut to the largest width in `LENGTHS` with which all of them fit into `n_bytes` of the page."""
    cut = list(texts)
    for length in LENGTHS:
        cut = [shortened(text, length) for text in texts]
        if sum(len(script_json(text).encode("utf-8", "replace")) + 1 for text in cut) <= n_bytes:
            break
    return cut


def script_json(value: object) -> str:
    r"""Return JSON that is safe inside a script element: it can end neither the element nor a line of the script.

    Examples
    --------
    >>> print(script_json(["</script>", "a & b"]))
    ["\u003c/script\u003e","a \u0026 b"]
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
