"""An export is written whole or not at all, and replaces nothing but an earlier export."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialin.errors import InputError
from dialin.export.account import ACCOUNT
from dialin.export.folder import save_export

FILES = {"a/one.txt": b"1", ACCOUNT: b'{"files": {"a/one.txt": ""}}', "names.csv": b"x"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_and_an_empty_folder_are_filled(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("new", "deep/er", "empty"):
        save_export(FILES, tmp_path / name)
        assert contents(tmp_path / name) == FILES


def test_an_earlier_export_is_replaced_only_by_force(tmp_path: Path) -> None:
    save_export(FILES, tmp_path / "out")
    other = {ACCOUNT: b"{}", "b.txt": b"2"}
    with pytest.raises(InputError, match=r"is not empty .*--force"):
        save_export(other, tmp_path / "out")
    assert contents(tmp_path / "out") == FILES
    save_export(other, tmp_path / "out", force=True)
    assert contents(tmp_path / "out") == other
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", ["mine.txt", "a/mine.txt"])
def test_force_deletes_no_file_of_somebody_else(tmp_path: Path, name: str) -> None:
    save_export(FILES, tmp_path / "out")
    (tmp_path / "out" / name).write_text("precious")
    with pytest.raises(InputError, match=f"holds {name}, which is not of an export"):
        save_export(FILES, tmp_path / "out", force=True)
    assert (tmp_path / "out" / name).read_text() == "precious"


@pytest.mark.parametrize("account", [None, "no json", "[]", '{"files": 3}'])
def test_force_deletes_no_folder_that_is_no_export(tmp_path: Path, account: str | None) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").write_text("precious")
    if account is not None:
        (tmp_path / "out" / ACCOUNT).write_text(account)
    with pytest.raises(InputError, match="not of an export"):
        save_export(FILES, tmp_path / "out", force=True)
    assert (tmp_path / "out" / "a.txt").exists()


def test_a_file_and_the_name_of_a_file_are_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("precious")
    with pytest.raises(InputError, match="is a file, not a folder"):
        save_export(FILES, tmp_path / "out", force=True)
    with pytest.raises(InputError, match=r"names a file, but an export is a folder \(use --out .*intents\)"):
        save_export(FILES, tmp_path / "intents.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_nothing_is_left_of_an_export_that_cannot_be_written(tmp_path: Path) -> None:
    """A file cannot be where a folder has to be."""
    save_export(FILES, tmp_path / "out")
    impossible = {"a": b"1", "a/b": b"2"}
    with pytest.raises(InputError, match="cannot write"):
        save_export(impossible, tmp_path / "other")
    with pytest.raises(InputError, match="cannot write"):
        save_export(impossible, tmp_path / "out", force=True)
    assert contents(tmp_path / "out") == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_link_leads_to_the_folder_and_stays(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    save_export(FILES, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert contents(tmp_path / "real") == FILES
