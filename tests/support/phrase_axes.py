"""An embedder that knows the English phrases of customers' turns, each by an axis of its own, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dialin.name.kinds import ACKNOWLEDGEMENT, DATA, SOCIAL
from dialin.name.turn_phrases import turn_names, turn_phrases

_NAMES = [name for kind in (SOCIAL, ACKNOWLEDGEMENT, DATA) for name in turn_names("en", "customer", kind)]
_PHRASES = list(dict.fromkeys(phrase for name in _NAMES for phrase in turn_phrases(name)))
_PLACE = {phrase: 1 + i for i, phrase in enumerate(_PHRASES)}


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return an axis for each phrase, and the first one for all other texts."""
    return np.eye(1 + len(_PHRASES), dtype=np.float32)[[_PLACE.get(text, 0) for text in texts]]
