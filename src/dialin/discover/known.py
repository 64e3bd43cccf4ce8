"""Finds the sentences whose script the embedder does not know: it takes all their words for the same unknown one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Rows
from dialin.discover.data import Data
from dialin.discover.only import Part
from dialin.discover.state import UNKNOWN_SCRIPT

N_ALIKE = 3
"""Sentences of different letters that share one vector, from which on chance does not explain it."""
_DIGITS = 4
_N_CHARACTERS = 200
"""What is compared of a text: what lies behind it, an embedder may cut off."""


def known_part(data: Data) -> Part:
    """Return the sentences whose words the embedder can tell apart."""
    return Part(data, np.setdiff1d(np.arange(len(data.texts)), unknown_rows(data.texts, data.X)), UNKNOWN_SCRIPT)


def unknown_rows(texts: list[str], X: NDArray[np.float32]) -> Rows:
    """Return the rows of sentences in other letters than ASCII that share their vector with others, ascending.

    Parameters
    ----------
    texts : list of str, n texts
        Distinct sentences.
    X : ndarray of shape (n, d)
        Their embeddings.

    Examples
    --------
    >>> X = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], dtype=np.float32)
    >>> unknown_rows(["ที่อยู่", "ขอคืนเงิน", "ยกเลิก", "where is my card"], X).tolist()
    [0, 1, 2]
    """
    rows = [row for row, text in enumerate(texts) if not text.isascii()]
    groups = dict[bytes, dict[str, list[int]]]()
    for row in rows:
        vector = (np.round(X[row], _DIGITS) + 0.0).tobytes()  # + 0.0: −0 and 0 are one
        groups.setdefault(vector, {}).setdefault(_letters(texts[row]), []).append(row)
    shared = [alike for alike in groups.values() if len(alike) >= N_ALIKE]
    return np.array(sorted(row for alike in shared for own in alike.values() for row in own), dtype=np.int64)


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text[:_N_CHARACTERS].casefold()))


def unknown_note(part: Part) -> str:
    """Return the line about the sentences that are not known; "" if all are."""
    n = len(part.whole.texts)
    gone = np.setdiff1d(np.arange(n), part.rows)
    if not len(gone):
        return ""
    return (
        f"{len(gone):,} of {n:,} sentences are left out, such as {part.whole.texts[gone[0]][:40]!r}: the "
        f"embedder {part.whole.embedder or 'in use'} does not know their script and gives them one vector (use one "
        f"that does: --embedder st:intfloat/multilingual-e5-small or --embedder openai:MODEL)"
    )
