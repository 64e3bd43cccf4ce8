"""Embedders that hand out blocks: each block is kept before the next is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin.arrays import Rows
from dialin.embed.base import BlockEmbedder, blocks_of
from dialin.embed.cache import CachedEmbedder
from scripted import HashingEmbedder

TEXTS = [f"refund {n}" for n in "abcdef"]


class InPairs(HashingEmbedder):
    """Hands out pairs of rows, the last ones first; fails after some pairs."""

    def __init__(self, n_pairs: int) -> None:
        self.n_pairs = n_pairs
        self.asked: list[str] = []

    def encode_blocks(self, texts: Sequence[str]) -> Iterator[tuple[Rows, NDArray[np.float32]]]:
        self.asked = list(texts)
        for n, start in enumerate(range(len(texts) - 2, -1, -2)):
            if n == self.n_pairs:
                raise RuntimeError("the disk is full")
            yield np.array([start, start + 1]), self.encode(texts[start : start + 2])


def test_blocks_may_come_in_any_order(tmp_path: Path) -> None:
    told = list[tuple[int, int]]()
    cached = CachedEmbedder(InPairs(3), tmp_path / "vectors.sqlite", lambda done, total: told.append((done, total)))
    np.testing.assert_array_equal(cached.encode(TEXTS), HashingEmbedder().encode(TEXTS))
    assert told == [(2, 6), (4, 6), (6, 6)]


def test_blocks_that_came_before_a_failure_are_kept(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        CachedEmbedder(InPairs(2), tmp_path / "vectors.sqlite").encode(TEXTS)
    rest = InPairs(1)
    np.testing.assert_array_equal(
        CachedEmbedder(rest, tmp_path / "vectors.sqlite").encode(TEXTS), HashingEmbedder().encode(TEXTS)
    )
    assert rest.asked == TEXTS[:2]


def test_an_embedder_without_blocks_gets_some_texts_at_a_time() -> None:
    plain = HashingEmbedder()
    assert isinstance(InPairs(1), BlockEmbedder)
    assert not isinstance(plain, BlockEmbedder)
    assert [rows.tolist() for rows, _ in blocks_of(plain, TEXTS, 4)] == [[0, 1, 2, 3], [4, 5]]
