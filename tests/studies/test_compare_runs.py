"""Two run folders are equal, or the files that differ are named."""

from __future__ import annotations

from pathlib import Path

from fake_run import Said, calls, fake_run
from studies.own.compare_runs import differences


def test_equal_runs_have_no_differences(tmp_path: Path) -> None:
    before, after = (fake_run(tmp_path / name, calls()).folder for name in ("before", "after"))
    assert differences(before, after) == []


def test_what_differs_is_named_with_its_columns(tmp_path: Path) -> None:
    said = calls()
    before = fake_run(tmp_path / "before", said).folder
    other = [
        Said(one.text, "other" if one.intent == "重置-密码" else one.intent, one.dialogue, one.role, one.date)
        for one in said
    ]
    after = fake_run(tmp_path / "after", other).folder
    assert "intents.parquet (name)" in differences(before, after)
    assert not any("sentences" in name for name in differences(before, after))
