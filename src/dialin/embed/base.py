"""What every embedder looks like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@runtime_checkable
class Embedder(Protocol):
    """Anything that turns texts into unit vectors."""

    @property
    def name(self) -> str:
        """The spec that gives this embedder again, for example ``local:intents-en-v3``.

        The cache keeps vectors under it, so two embedders of one name must give the same vectors.
        """
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d), in the order of the texts."""
        ...
