"""Room on a disk: what is said where there is none, and the reserve that keeps what was paid for."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from dialin import files, room
from dialin.errors import DiskFullError, InputError
from dialin.room import RESERVE_BYTES, Reserve, check_room, disk_full, free_bytes, is_full, temporary_folder

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def failed(code: int, said: str) -> sqlite3.OperationalError:
    """Return an error as SQLite raises it."""
    error = sqlite3.OperationalError(said)
    error.sqlite_errorcode = code
    return error


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> dict[str, int | None]:
    """Say how many bytes are free on each disk."""
    said: dict[str, int | None] = {"bytes": 3 << 20}
    monkeypatch.setattr(room, "free_bytes", lambda _path: said["bytes"])
    return said


def test_a_disk_and_a_quota_can_be_full(tmp_path: Path) -> None:
    assert is_full(FULL, tmp_path)
    assert is_full(OSError(getattr(errno, "EDQUOT", errno.ENOSPC), "quota"), tmp_path)
    assert is_full(failed(sqlite3.SQLITE_FULL, "database or disk is full"), tmp_path)
    assert not is_full(PermissionError(errno.EACCES, "no"), tmp_path)
    assert not is_full(failed(sqlite3.SQLITE_LOCKED, "locked"), tmp_path)
    assert not is_full(ValueError("full"), tmp_path)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_IOERR | 19 << 8])
def test_sqlite_that_fails_to_write_beside_its_file_means_a_full_disk_if_nothing_is_free(
    free: dict[str, int | None], code: int
) -> None:
    """19 is of SQLITE_IOERR_SHMSIZE: no room for what the processes share."""
    assert not is_full(failed(code, "disk I/O error"), Path("a"))
    free["bytes"] = 4_096
    assert is_full(failed(code, "disk I/O error"), Path("a"))
    free["bytes"] = None
    assert not is_full(failed(code, "disk I/O error"), Path("a"))


def test_the_error_says_what_where_and_what_is_free(free: dict[str, int | None]) -> None:
    assert str(disk_full(Path("a.npy"), FULL)) == (
        f"cannot write a.npy: {os.strerror(errno.ENOSPC)}; 3 MB are free there (make room on that disk)"
    )
    free["bytes"] = None
    assert disk_full(Path("a"), failed(13, "disk is full")).message == "cannot write a: disk is full"
    assert isinstance(files.cannot_write(Path("a"), FULL), DiskFullError)
    assert not isinstance(files.cannot_write(Path("a"), PermissionError(errno.EACCES, "no")), DiskFullError)


def test_a_file_that_does_not_fit_is_not_begun(free: dict[str, int | None]) -> None:
    check_room(Path("a"), 3 << 20)
    with pytest.raises(DiskFullError, match="cannot write a: it takes 4 MB, and 3 MB are free there"):
        check_room(Path("a"), 4 << 20)
    free["bytes"] = None
    check_room(Path("a"), 1 << 60)


def test_what_is_free_is_known_of_a_file_that_does_not_exist(tmp_path: Path) -> None:
    assert (free_bytes(tmp_path / "none") or 0) > 0
    assert free_bytes(tmp_path / "no" / "folder") is None


def test_a_reserve_takes_room_under_no_name(tmp_path: Path) -> None:
    with Reserve(tmp_path / "a") as reserve:
        reserve.take()
        reserve.take()
        assert os.name != "posix" or list(tmp_path.iterdir()) == []
        assert reserve._file is not None
        assert os.fstat(reserve._file.fileno()).st_size == RESERVE_BYTES
    assert reserve._file is None


def test_no_reserve_is_taken_where_it_does_not_fit(free: dict[str, int | None], tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match="it takes 8 MB, and 3 MB are free there"):
        Reserve(tmp_path / "a").take()


def test_a_disk_that_fills_up_while_the_reserve_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk of Linux that is always full; of any other fault, the store tells when it writes."""
    reserve = Reserve(tmp_path / "a")
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: (tmp_path / "full").open("wb"))
    monkeypatch.setattr(os, "urandom", lambda _: (_ for _ in ()).throw(FULL))
    with pytest.raises(DiskFullError, match="cannot write"):
        reserve.take()
    assert reserve._file is None
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: (_ for _ in ()).throw(PermissionError(13, "no")))
    reserve.take()
    assert reserve._file is None


def test_in_the_room_of_the_reserve_what_was_paid_for_is_stored(tmp_path: Path) -> None:
    """The error is raised all the same: nothing more may be paid for."""
    kept, reserve = list[str](), Reserve(tmp_path / "a")
    reserve.take()

    def store() -> None:
        if reserve._file:
            raise disk_full(tmp_path / "a", FULL)
        kept.append("reply")

    with pytest.raises(DiskFullError):
        reserve.stored(store)
    assert kept == ["reply"]
    reserve.stored(store)
    assert kept == ["reply", "reply"]


def test_other_faults_of_a_store_pass() -> None:
    def store() -> None:
        raise InputError("damaged")

    with pytest.raises(InputError, match="damaged"):
        Reserve(Path("a")).stored(store)


def test_no_place_for_temporary_files_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python raises where every such place is full."""
    said = "No usable temporary directory found in ['/tmp']"
    monkeypatch.setattr("tempfile.mkdtemp", lambda *_: (_ for _ in ()).throw(FileNotFoundError(errno.ENOENT, said)))
    with pytest.raises(InputError, match=r"cannot make a folder for temporary files: No usable .*TMPDIR"):
        temporary_folder().__enter__()
