"""The vectors of many sentences go to a file part by part, and stay there; a stop loses a chunk at most."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from dialin import files, room
from dialin.arrays import Matrix
from dialin.embed.cache import CachedEmbedder
from dialin.errors import DiskFullError, InputError
from dialin.jobs import embedding
from dialin.jobs.embedding import embed_into
from scripted import HashingEmbedder

TEXTS = [f"where is parcel {i % 7} {i}" for i in range(2_500)]


class Stopping(HashingEmbedder):
    """An embedder that is stopped at the second call."""

    def __init__(self, name: str, at: int = 2) -> None:
        self.name, self.at, self.asked = name, at, list[str]()

    def encode(self, texts: Sequence[str]) -> Matrix:
        self.at -= 1
        if not self.at:
            raise KeyboardInterrupt
        self.asked += texts
        return np.asarray(super().encode(texts))


def test_parts_make_the_file_of_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, whole = list[str](), HashingEmbedder().encode(TEXTS[:25])
    files.write_array(tmp_path / "whole.npy", whole)
    monkeypatch.setattr(embedding, "PART_TEXTS", 10)
    X = embed_into(tmp_path / "X.npy", TEXTS[:25], HashingEmbedder().encode, told.append)
    assert np.array_equal(X, whole)
    assert (tmp_path / "X.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()
    assert told[-1] == "embedding sentences 21 to 25 of 25"


def test_the_vectors_stay_in_the_file(tmp_path: Path) -> None:
    told = list[str]()
    X = embed_into(tmp_path / "X.npy", TEXTS[:5], HashingEmbedder().encode, told.append)
    base: object = X
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base, mmap.mmap)
    assert not X.flags["W"]
    assert told == []


@pytest.mark.parametrize(("name", "n_kept"), [("test:stopping", 1_024), ("openai:stopping", 128)])
def test_a_stop_loses_one_chunk_at_most(tmp_path: Path, name: str, n_kept: int) -> None:
    cache, path = tmp_path / "embeddings.sqlite", tmp_path / "X.npy"
    with pytest.raises(KeyboardInterrupt):
        embed_into(path, TEXTS, CachedEmbedder(Stopping(name), cache).encode, lambda _: None)
    assert [entry.name for entry in tmp_path.iterdir()] == [cache.name]
    again = Stopping(name, at=-1)
    X = embed_into(path, TEXTS, CachedEmbedder(again, cache).encode, lambda _: None)
    assert len(again.asked) == len(TEXTS) - n_kept
    assert np.array_equal(X, HashingEmbedder().encode(TEXTS))


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"):
        embed_into(tmp_path / "none" / "X.npy", ["a"], HashingEmbedder().encode, lambda _: None)


def test_vectors_that_do_not_fit_on_the_disk_are_said_at_the_first_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """25 vectors of 64 numbers of 4 bytes take 6,400 bytes."""
    asked, encode = list[str](), HashingEmbedder().encode

    def noting(texts: Sequence[str]) -> Matrix:
        asked.extend(texts)
        return np.asarray(encode(texts))

    monkeypatch.setattr(embedding, "PART_TEXTS", 10)
    monkeypatch.setattr(room, "free_bytes", lambda _: 6_399)
    with pytest.raises(DiskFullError, match=r"cannot write .*X\.npy"):
        embed_into(tmp_path / "X.npy", TEXTS[:25], noting, lambda _: None)
    assert asked == TEXTS[:10]
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(room, "free_bytes", lambda _: 6_400)
    assert len(embed_into(tmp_path / "X.npy", TEXTS[:25], noting, lambda _: None)) == 25
