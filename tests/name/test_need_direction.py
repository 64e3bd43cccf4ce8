"""Tests of the direction along which sentences that state a need lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dialin.discover.connect import open_embedder
from dialin.embed.choose import CHINESE, ENGLISH
from dialin.models.catalogue import catalogue
from dialin.name.need_direction import (
    LEAN,
    LearntDirection,
    NeedDirection,
    directions,
    need_direction,
    write_directions,
)


def test_two_embedders_beside_each_other_each_move_their_own_sentences() -> None:
    """A need of the first goes on along (1, 0, 0); of the second, one goes on along (0, 0, 1), and one goes back."""
    first, second = (LearntDirection("", np.array(weights)) for weights in ([50.0], [0.0, 50.0]))
    X = np.array([[0.8, 0, 0], [0, 0.6, 0.8], [0, 0.6, 0.8]], dtype=np.float32)
    moved = NeedDirection((first, second)).lean(X, np.array([1.0, 1.0, -1.0]))
    raised, lowered = np.array([0, 0.6, 0.8 + LEAN]), np.array([0, 0.6, 0.8 - LEAN])
    expected = [[1, 0, 0], raised / np.linalg.norm(raised), lowered / np.linalg.norm(lowered)]
    assert moved == pytest.approx(np.array(expected), abs=1e-6)
    assert moved.dtype == np.float32


def test_no_row_depends_on_another() -> None:
    direction, rng = need_direction(f"local:{ENGLISH}"), np.random.default_rng(0)
    assert direction is not None
    X, sureness = rng.normal(size=(101, 384)).astype(np.float32), rng.uniform(-1, 1, 101)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    whole = direction.lean(X, sureness)
    for first, size in ((0, 1), (3, 7), (50, 51)):
        rows = slice(first, first + size)
        assert direction.lean(X[rows], sureness[rows]).tolist() == whole[rows].tolist()


@pytest.mark.parametrize(
    "embedder", ["", "given", "local:bge-small-zh-v1.5", f"local:{ENGLISH}+other", "openai:m@http://h/v1"]
)
def test_other_embedders_have_none(embedder: str) -> None:
    assert need_direction(embedder) is None


def test_shipped_directions_are_of_the_shipped_embedders() -> None:
    shipped = {
        name: file.sha256
        for name in (ENGLISH, CHINESE)
        for file in catalogue()[name].files
        if file.name == "model.onnx"
    }
    assert {name: one.model_sha256 for name, one in directions().items()} == shipped, "run: python -m studies.own.kinds"


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path, one = tmp_path / "directions.npz", LearntDirection("abc", np.array([0.5, -2.0]))
    write_directions({"mine": one}, path)
    found = directions(path)
    assert found["mine"].weights.tolist() == [0.5, -2.0]
    assert found["mine"].model_sha256 == "abc"


@pytest.mark.parametrize(
    ("embedder", "needs", "others"),
    [
        (
            ENGLISH,
            ["I want to cancel my booking", "my card was charged twice", "where is my parcel"],
            ["hello, can you hear me?", "thanks a lot, bye", "just a moment please"],
        ),
        (
            CHINESE,
            ["我要取消预约", "我的卡被扣了两次钱", "包裹到哪里了"],
            ["喂，听得到吗", "好的，谢谢，再见", "稍等一下"],
        ),
    ],
)
def test_needs_lie_apart(embedder: str, needs: list[str], others: list[str]) -> None:
    """End to end: along the direction, real vectors of what states a need lie ahead of what does not."""
    direction = need_direction(f"local:{embedder}")
    assert direction is not None
    X = open_embedder(f"local:{embedder}", ()).encode([*needs, *others])
    along = X @ direction.parts[0].weights
    assert along[: len(needs)].min() > along[len(needs) :].max()
