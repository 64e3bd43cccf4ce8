"""Tests of the vectors that are kept in memory, where the user's cache cannot be written."""

from __future__ import annotations

from collections.abc import Sequence
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
