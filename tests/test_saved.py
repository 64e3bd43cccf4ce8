"""Tests of the arrays that are read from files of more than one owner."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dialin import files
from dialin.saved import read_arrays_by_owner


def test_arrays_come_by_owner_and_part(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    files.write_arrays(path, {"zh:bias": np.array([2.0]), "en:weights": np.array([1.0]), "en:bias": np.array([0.5])})
    found = read_arrays_by_owner(path)
    told = {owner: {part: values.tolist() for part, values in own.items()} for owner, own in found.items()}
    assert list(told) == ["en", "zh"]
    assert told == {"en": {"bias": [0.5], "weights": [1.0]}, "zh": {"bias": [2.0]}}
