"""Two processes on one run: the second is told who has it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import Cli

from dialin.errors import InputError
from dialin.runs.lock import LOCK, held
from fake_run import calls as said
from fake_run import fake_run
from one_line import one_line
from scripted import ScriptedBackend


def refused(folder: Path, command: str, *, alone: bool = True) -> str:
    """Return what a process is told that cannot have the run."""
    with pytest.raises(InputError, match="is in use by") as caught, held(folder, command, alone=alone):
        pytest.fail("both have it")
    return str(caught.value)


def test_the_second_is_told_who_has_the_run(tmp_path: Path) -> None:
    with held(tmp_path, "dialin discover"):
        assert f"by dialin discover (process {os.getpid()} on " in refused(tmp_path, "dialin resume")
        assert (tmp_path / LOCK).exists()
    with held(tmp_path, "dialin resume"):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no shared locks")
def test_several_may_serve_but_nobody_works_on_it_meanwhile(tmp_path: Path) -> None:
    with held(tmp_path, "dialin review", alone=False), held(tmp_path, "dialin annotate", alone=False):
        assert "dialin annotate" in refused(tmp_path, "dialin resume")
    with held(tmp_path, "dialin resume"):
        assert "dialin resume" in refused(tmp_path, "dialin review", alone=False)


def test_what_a_killed_process_left_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text("{")
    with held(tmp_path, "dialin resume"):
        pass


def test_a_folder_that_cannot_be_written_is_not_held(tmp_path: Path) -> None:
    with held(tmp_path / "gone", "dialin resume"):
        pass


@pytest.mark.parametrize(
    "command", [("resume", "run"), ("review", "run", "--port", "0"), ("annotate", "run")], ids=" ".join
)
def test_commands_say_who_has_the_run(
    cli: Cli, backend: ScriptedBackend, served: object, command: tuple[str, ...]
) -> None:
    fake_run(Path("run"), said())
    with held(Path("run"), "dialin discover"):
        result = cli(*command)
    one_line(result, "run is in use by dialin discover")
    assert result.exit_code == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_does_not_keep_a_run_from_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the text that says who has it is missing; nothing is left in a buffer that fails when the file is closed."""
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, flags, *mode: real("/dev/full", os.O_RDWR))
    with held(tmp_path, "dialin resume"):
        pass
