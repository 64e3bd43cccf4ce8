"""Embedders that hand out blocks: each block is kept before the next is asked for."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin import room
from dialin.arrays import Rows
from dialin.embed import cache
from dialin.embed.base import BlockEmbedder, blocks_of
from dialin.embed.cache import CachedEmbedder
from dialin.errors import DiskFullError
from dialin.room import Reserve, disk_full
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


class OnServer(HashingEmbedder):
    """Notes the texts that a server would be paid for."""

    name = "openai:hashing"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        return super().encode(texts)


def test_vectors_that_a_server_was_paid_for_are_kept_when_the_disk_gets_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full as long as the reserve stands: the vectors of the call are stored in its place."""
    texts, path, real = [f"refund {n}" for n in range(300)], tmp_path / "vectors.sqlite", cache.store_vectors
    held = set[Reserve]()

    def take(self: Reserve) -> None:
        held.add(self)

    def give_up(self: Reserve) -> None:
        held.discard(self)

    monkeypatch.setattr(Reserve, "take", take)
    monkeypatch.setattr(Reserve, "give_up", give_up)

    def small(where: Path, *more: Any) -> None:
        if held:
            raise disk_full(where, OSError(errno.ENOSPC, "full"))
        real(where, *more)

    server = OnServer()
    with monkeypatch.context() as patch:
        patch.setattr(cache, "store_vectors", small)
        with pytest.raises(DiskFullError, match=r"vectors\.sqlite"):
            CachedEmbedder(server, path).encode(texts)
    assert server.asked == texts[:128]
    np.testing.assert_array_equal(CachedEmbedder(server, path).encode(texts), HashingEmbedder().encode(texts))
    assert server.asked == texts


def test_without_room_for_vectors_a_server_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a local embedder cost nothing, and need no reserve."""
    monkeypatch.setattr(room, "free_bytes", lambda _: 1 << 20)
    server, path = OnServer(), tmp_path / "vectors.sqlite"
    with pytest.raises(DiskFullError, match="it takes 8 MB, and 1 MB are free there"):
        CachedEmbedder(server, path).encode(TEXTS)
    assert server.asked == []
    assert len(CachedEmbedder(HashingEmbedder(), path).encode(TEXTS)) == len(TEXTS)
