"""What a run recorded about its intents is read back, and a damaged file is said to be damaged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dialin import files
from dialin.errors import InputError
from dialin.runs.manifest import read_manifest
from dialin.runs.run import Run
from dialin.taxonomy.recorded import MovedFigure, Recorded, RecordedChange, recorded_in
from later_run import drift_row, later_run, taxonomy_row


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return later_run(tmp_path_factory.mktemp("found") / "run")


def run_with(found: Run, folder: Path, **told: Any) -> Run:
    """Return a run of which a folder holds these files alone; None for one without intents."""
    for name, rows in told.items():
        files.write_json(folder / f"{name}.json", {"intents": rows})
    return replace(found, folder=folder)


def test_a_run_without_an_earlier_one_has_recorded_nothing(found: Run, tmp_path: Path) -> None:
    alone = replace(found, folder=tmp_path, manifest=replace(found.manifest, since=""))
    assert recorded_in(alone) == Recorded()
    assert recorded_in(alone).change("i1") == RecordedChange()


def test_the_name_of_the_earlier_run_is_that_of_its_folder(found: Run) -> None:
    assert read_manifest(found.folder).since == "runs/january"
    assert recorded_in(found).since == "january"


@pytest.mark.parametrize(
    ("state", "more", "wanted"),
    [
        ("new", {}, (True, False)),
        ("split", {"before": None}, (True, False)),
        ("split", {}, (False, True)),
        ("merged", {}, (False, True)),
        ("grown", {}, (False, True)),
        ("shrunk", {}, (False, True)),
        ("renamed", {}, (False, False)),
        ("kept", {}, (False, False)),
    ],
)
def test_a_state_is_new_or_drifted_or_neither(
    found: Run, tmp_path: Path, state: str, more: dict[str, Any], wanted: tuple[bool, bool]
) -> None:
    change = recorded_in(run_with(found, tmp_path, taxonomy=[taxonomy_row("i1", state, **more)])).change("i1")
    assert (change.is_new, change.has_drifted) == wanted


def test_both_files_are_read_together(found: Run, tmp_path: Path) -> None:
    told = {"taxonomy": [taxonomy_row("i1", "merged", related=["i2"])], "drift": [drift_row("i1", "distance")]}
    change = recorded_in(run_with(found, tmp_path, **told)).change("i1")
    assert change == RecordedChange(
        ("merged",), True, ("i2",), ("distance",), MovedFigure(0.031, 0.064), MovedFigure(0.21, 0.3), change.share
    )


def test_a_distance_that_nobody_measured_is_none(found: Run, tmp_path: Path) -> None:
    row = {**drift_row("i1"), "distance": {"before": None, "after": 0.2}}
    assert recorded_in(run_with(found, tmp_path, drift=[row])).change("i1").distance is None


@pytest.mark.parametrize(
    "row",
    [
        {},
        [],
        "i1",
        None,
        taxonomy_row("i1", "kept") | {"uid": ["i1"]},
        taxonomy_row("i1", "kept") | {"states": [3]},
        taxonomy_row("i1", "kept") | {"states": 3},
        taxonomy_row("i1", "kept") | {"share": {"before": "much", "after": 0.1}},
        taxonomy_row("i1", "kept") | {"related": [None]},
    ],
)
def test_a_damaged_file_is_named(found: Run, tmp_path: Path, row: Any) -> None:
    with pytest.raises(InputError, match=r"taxonomy\.json is damaged"):
        recorded_in(run_with(found, tmp_path, taxonomy=[row]))


@pytest.mark.parametrize("rows", [None, 3, {"uid": "i1"}])
def test_a_file_without_rows_is_damaged(found: Run, tmp_path: Path, rows: Any) -> None:
    with pytest.raises(InputError, match=r"drift\.json is damaged"):
        recorded_in(run_with(found, tmp_path, drift=rows))
