"""What every embedder looks like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Rows


@runtime_checkable
class Embedder(Protocol):
    """Anything that turns texts into unit vectors."""

    @property
    def name(self) -> str:
        """The spec that gives this embedder again, for example ``local:intents-en-v5``.

        The cache keeps vectors under it, so two embedders of one name must give the same vectors.
        """
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d), in the order of the texts."""
        ...


@runtime_checkable
class BlockEmbedder(Embedder, Protocol):
    """An embedder that encodes many texts at once, and hands out what is ready."""

    def encode_blocks(self, texts: Sequence[str]) -> Iterator[tuple[Rows, NDArray[np.float32]]]:
        """Yield rows of the texts, in any order, with their vectors, shape (n rows, d); each row once."""
        ...


def blocks_of(embedder: Embedder, texts: Sequence[str], size: int) -> Iterator[tuple[Rows, NDArray[np.float32]]]:
    """Yield rows of the texts with their vectors: the blocks of a `BlockEmbedder`, or else `size` texts at a time."""
    if isinstance(embedder, BlockEmbedder):
        yield from embedder.encode_blocks(texts)
        return
    for start in range(0, len(texts), size):
        part = texts[start : start + size]
        yield np.arange(start, start + len(part)), embedder.encode(part)
