"""Tests of the vectors that are kept in memory, where the user's cache cannot be written."""

from __future__ import annotations

import sqlite3
import tracemalloc
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin.discover import connect
from dialin.embed.cache import CachedEmbedder, RememberingEmbedder
from dialin.embed.choose import ChosenEmbedder
from dialin.errors import InputError


class Noting:
    """An embedder that notes what it was asked for; each text is its own length."""

    name = "scripted:noting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        return np.array([[len(text), 1] for text in texts], np.float32).reshape(len(texts), 2)


def test_no_text_is_asked_for_twice(tmp_path: Path) -> None:
    noting, told = Noting(), list[tuple[int, int]]()
    embedder = RememberingEmbedder(noting, tmp_path / "none", lambda done, total: told.append((done, total)))
    assert embedder.encode(["a", "bb", "a"]).tolist() == [[1, 1], [2, 1], [1, 1]]
    assert embedder.encode(["ccc", "a"]).tolist() == [[3, 1], [1, 1]]
    assert embedder.encode([]).shape == (0, 2)
    assert noting.asked == ["a", "bb", "ccc"]
    assert told == [(2, 2), (1, 1)]


def test_without_a_folder_that_can_be_written_vectors_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    noting = Noting()
    monkeypatch.setattr(connect, "writable_home", lambda: None)
    monkeypatch.setattr(connect, "embedder_of", lambda _spec, _texts: ChosenEmbedder(noting, ""))
    opened = connect.open_embedder("scripted:noting", [])
    opened.encode(["a"])
    opened.encode(["a"])
    assert noting.asked == ["a"]


def test_vectors_of_a_file_that_cannot_be_written_are_read(tmp_path: Path) -> None:
    noting, path = Noting(), tmp_path / "家 %20?.sqlite"
    CachedEmbedder(Noting(), path).encode(["a", "bb"])
    before = path.read_bytes()
    embedder = RememberingEmbedder(noting, path)
    assert embedder.encode(["a", "ccc"]).tolist() == [[1, 1], [3, 1]]
    assert noting.asked == ["ccc"]
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_damaged_file_of_vectors_is_named(tmp_path: Path) -> None:
    path = tmp_path / "embeddings.sqlite"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(InputError, match="cannot be used"):
        RememberingEmbedder(Noting(), path).encode(["a"])


def test_the_oldest_vectors_are_forgotten(tmp_path: Path) -> None:
    noting = Noting()
    embedder = RememberingEmbedder(noting, tmp_path / "none", most_bytes=2 * 8)
    for text in ("a", "bb", "ccc", "bb", "a"):
        assert embedder.encode([text]).tolist() == [[len(text), 1]]
    assert noting.asked == ["a", "bb", "ccc", "a"]


def test_more_vectors_at_once_than_are_remembered(tmp_path: Path) -> None:
    embedder = RememberingEmbedder(Noting(), tmp_path / "none", most_bytes=8)
    assert embedder.encode(["a", "bb", "ccc"])[:, 0].tolist() == [1, 2, 3]


def test_an_old_cache_is_read_and_gone_on_with(tmp_path: Path) -> None:
    """Files of dialin 0.2 keep the vectors in the index itself, which took up three times their size."""
    path, noting = tmp_path / "embeddings.sqlite", Noting()
    CachedEmbedder(Noting(), path).encode(["a"])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            """CREATE TABLE old (embedder TEXT NOT NULL, text_sha256 BLOB NOT NULL, vector BLOB NOT NULL,
            PRIMARY KEY (embedder, text_sha256)) WITHOUT ROWID; INSERT INTO old SELECT * FROM embedding;
            DROP TABLE embedding; ALTER TABLE old RENAME TO embedding"""
        )
    assert CachedEmbedder(noting, path).encode(["bb", "a"]).tolist() == [[2, 1], [1, 1]]
    assert CachedEmbedder(noting, path).encode(["bb"]).tolist() == [[2, 1]]
    assert noting.asked == ["bb"]


def test_a_vector_takes_up_little_more_than_its_numbers(tmp_path: Path) -> None:
    path, texts = tmp_path / "embeddings.sqlite", [str(i) for i in range(1_000)]
    CachedEmbedder(Wide(), path).encode(texts)
    assert path.stat().st_size < 1.15 * len(texts) * 4 * 384


def test_encoding_holds_one_array_of_vectors(tmp_path: Path) -> None:
    """Beside the vectors that are returned, a chunk is held, and a key for each text."""
    path, texts = tmp_path / "embeddings.sqlite", [str(i) for i in range(8_000)]
    whole = len(texts) * 4 * 384
    for _ in ("encoded", "looked up"):
        tracemalloc.start()
        CachedEmbedder(Wide(), path).encode(texts)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < whole + 8e6


class Wide:
    """An embedder of 384 numbers."""

    name = "scripted:wide"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.ones((len(texts), 384), np.float32)
