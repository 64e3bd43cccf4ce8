"""Tests of the vectors that are kept in memory, where the user's cache cannot be written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin.discover import connect
from dialin.embed.cache import RememberingEmbedder
from dialin.embed.choose import ChosenEmbedder


class Noting:
    """An embedder that notes what it was asked for; each text is its own length."""

    name = "scripted:noting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        return np.array([[len(text), 1] for text in texts], np.float32).reshape(len(texts), 2)


def test_no_text_is_asked_for_twice() -> None:
    noting, told = Noting(), list[tuple[int, int]]()
    embedder = RememberingEmbedder(noting, lambda done, total: told.append((done, total)))
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
