"""Embeds once a run what the clusters of every role are compared with: actions, general objectives, phrases of turns.

All other names belong to the clusters of one role, and their vectors are not kept: a large run has hundreds of
thousands of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
Vector = NDArray[np.float32]


@dataclass(frozen=True)
class EmbeddedOnce:
    """An embedder that keeps the vectors of some texts, as long as it lives.

    Parameters
    ----------
    embed : callable
        n texts -> unit-norm vectors, shape (n, d).
    common : frozenset of str
        The texts whose vectors are kept.
    kept : dict of str to ndarray of shape (d,)
        Those that were asked for so far.

    Examples
    --------
    >>> asked = []
    >>> def embed(texts):
    ...     asked.append(list(texts))
    ...     return np.array([[len(text), 0.0] for text in texts], np.float32)
    >>> once = EmbeddedOnce(embed, frozenset({"cancel"}))
    >>> once(["cancel", "cancel order"])[:, 0].tolist(), once(["cancel order", "cancel"])[:, 0].tolist()
    ([6.0, 12.0], [12.0, 6.0])
    >>> asked
    [['cancel', 'cancel order'], ['cancel order']]
    """

    embed: Embed
    common: frozenset[str]
    kept: dict[str, Vector] = field(default_factory=dict)

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of n texts, shape (n, d)."""
        new = [text for text in dict.fromkeys(texts) if text not in self.kept]
        found = dict(zip(new, self.embed(new), strict=True)) if new else {}
        self.kept.update((text, vector) for text, vector in found.items() if text in self.common)
        return np.stack([self.kept[text] if text in self.kept else found[text] for text in texts])
