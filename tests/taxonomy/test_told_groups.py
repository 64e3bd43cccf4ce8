"""The groups that an update told are read back, and end when people have placed most of their sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dialin import files
from dialin.errors import InputError
from dialin.taxonomy.told_groups import ToldGroup, open_groups, told_groups

GROUP = {"p": 0.01, "n_new": 9, "n_old": 0, "n_nowhere": 2, "sentences": [4, 0, 1, 3]}
INTENTS = [{"uid": "i1", "n": 4}, {"uid": "i2", "n": 3}]


def written(folder: Path, **changes: Any) -> Path:
    files.write_json(folder / files.DRIFT, {"intents": [], "inside": [{**GROUP, "intents": INTENTS, **changes}]})
    return folder


def test_a_group_is_read_as_it_was_written(tmp_path: Path) -> None:
    (group,) = told_groups(written(tmp_path), 5)
    assert group == ToldGroup(0.01, 9, 0, 2, (("i1", 4), ("i2", 3)), (4, 0, 1, 3))
    assert group.n_inside == 7


def test_a_run_without_groups_has_none(tmp_path: Path) -> None:
    """A first run has no ``drift.json``; an update of dialin 0.2 looked for no groups."""
    assert told_groups(tmp_path, 5) == ()
    files.write_json(tmp_path / files.DRIFT, {"intents": []})
    assert told_groups(tmp_path, 5) == ()


@pytest.mark.parametrize(
    "changes",
    [{"sentences": [5]}, {"sentences": [-1]}, {"sentences": ["a"]}, {"p": "x"}, {"intents": [{}]}, {"intents": None}],
)
def test_a_damaged_group_is_said_to_be_damaged(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"drift\.json"):
        told_groups(written(tmp_path, **changes), 5)


@pytest.mark.parametrize(
    ("placed", "left"), [([], [4, 0, 1, 3]), ([4, 3], [0, 1]), ([4, 3, 1], None), ([2], [4, 0, 1, 3])]
)
def test_a_group_ends_when_more_than_half_is_placed(tmp_path: Path, placed: list[int], left: list[int] | None) -> None:
    """Two of four are half: the other two wait."""
    mask = np.isin(np.arange(5), placed)
    found = open_groups(told_groups(written(tmp_path), 5), mask)
    assert [list(one.sentences) for one in found] == ([] if left is None else [left])
