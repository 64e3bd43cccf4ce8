"""Two embedders side by side, one of them for Chinese."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dialin.embed.base import Embedder
from dialin.text.script import is_chinese


class BilingualEmbedder:
    """Two embedders side by side: each text goes to one of them by its script, the other block is zero.

    The vector is ``[English block | Chinese block]``. Texts of the two kinds are orthogonal, so they never look alike
    and in effect never share a cluster. A request made in both languages becomes two intents, which merging by label
    can join.

    Parameters
    ----------
    en, zh : Embedder
        For texts that are not Chinese by `dialin.text.script.is_chinese`, and for those that are.
    """

    def __init__(self, en: Embedder, zh: Embedder) -> None:
        self.name = f"{en.name}+{zh.name.removeprefix('local:')}"
        self._embedders = (en, zh)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d_en + d_zh)."""
        is_zh = np.array([is_chinese(text) for text in texts], bool)
        # Both are always asked, if only for no text, since a block's width must not depend on the texts.
        blocks = []
        for embedder, rows in zip(self._embedders, (~is_zh, is_zh), strict=True):
            encoded = embedder.encode([texts[i] for i in np.flatnonzero(rows).tolist()])
            block = np.zeros((len(texts), encoded.shape[1]), np.float32)
            block[rows] = encoded
            blocks.append(block)
        return np.hstack(blocks)
