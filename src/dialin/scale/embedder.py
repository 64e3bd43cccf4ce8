"""Encodes texts on the cores of a Ray cluster: each holds the embedder, and all of them work at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

import dialin
from dialin.arrays import Rows
from dialin.embed.base import Embedder
from dialin.embed.choose import embedder_of
from dialin.errors import InputError
from dialin.llm.spec import is_server
from dialin.scale.cores import Cores

MIN_TEXTS = 8_192
"""Fewer texts are encoded here: a core has encoded as many by the time that the processes of a cluster have started."""
BLOCK_TEXTS = 1_024
"""Texts that a core encodes at once: about a second of work, which is all that is done again if it dies."""


class RayEmbedder:
    """An embedder that encodes many texts on the cores of a cluster; the vectors are the same, bit by bit.

    Parameters
    ----------
    embedder : Embedder
        The embedder here; by its name, each core opens another.
    cores : Cores
        The cores.
    """

    def __init__(self, embedder: Embedder, cores: Cores) -> None:
        self.name = embedder.name
        self._here, self._cores = embedder, cores

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d), in the order of the texts."""
        return np.concatenate([vectors for _, vectors in self.encode_blocks(texts)])

    def encode_blocks(self, texts: Sequence[str]) -> Iterator[tuple[Rows, NDArray[np.float32]]]:
        """Yield rows of the texts with their vectors, shape (n rows, d), in order; raise errors as `Cores.map`."""
        if len(texts) < MIN_TEXTS:
            yield np.arange(len(texts)), self._here.encode(texts)
            return
        starts = range(0, len(texts), BLOCK_TEXTS)
        blocks = (list(texts[start : start + BLOCK_TEXTS]) for start in starts)
        found = self._cores.map(EncodeTexts(self.name, dialin.__version__), blocks)
        for start, vectors in zip(starts, found, strict=True):
            yield np.arange(start, start + len(vectors)), vectors


def on_cores(embedder: Embedder, cores: Cores) -> Embedder:
    """Return an embedder that works on the cores of a cluster; that of a server as it is.

    A server is asked from one place: it answers no faster to many, and they would have to share its rate limit.
    """
    return embedder if is_server(embedder.name) else RayEmbedder(embedder, cores)


@dataclass(frozen=True)
class EncodeTexts:
    """Work of a core: texts -> vectors, shape (n, d).

    Parameters
    ----------
    name : str
        The spec of the embedder.
    version : str
        The version of dialin that asks.
    """

    name: str
    version: str

    @cached_property
    def _embedder(self) -> Embedder:
        return opened_on_core(self.name, self.version)

    def open(self) -> None:
        """Open the embedder; errors as for `opened_on_core`."""
        self._embedder  # noqa: B018

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of some texts."""
        return self._embedder.encode(texts)


def opened_on_core(name: str, version: str) -> Embedder:
    """Return the embedder of a spec, on one thread.

    Raises
    ------
    InputError
        Another version of dialin runs here than `version`, which asks; or the embedder is not here.
    ModelError
        The model cannot be fetched or loaded.
    """
    if dialin.__version__ != version:
        raise InputError(
            f"dialin {dialin.__version__} is on a machine of the Ray cluster, and dialin {version} here",
            hint="install one version on all of them",
        )
    return embedder_of(name, n_threads=1).embedder
