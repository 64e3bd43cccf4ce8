"""The shipped embedders, each opened once for all tests of a process, with the vectors that they gave before."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from dialin.embed.cache import RememberingEmbedder
from dialin.embed.choose import embedder_of, suited
from dialin.name.once import Embed


@cache
def opened(spec: str) -> RememberingEmbedder:
    """Return a shipped embedder; no file holds its vectors."""
    return RememberingEmbedder(embedder_of(spec).embedder, Path("nowhere.sqlite"))


def encode_for(texts: Sequence[str]) -> Embed:
    """Return what encodes texts in the language of these, as the embedder that is chosen for them does."""
    chosen, _ = suited(texts)
    return opened(f"local:{chosen.name}").encode
