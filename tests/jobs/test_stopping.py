"""A session that is stopped notes what it has paid, in room that was set aside for the case that the disk is full."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from dialin import room
from dialin.errors import DiskFullError, InputError, ProviderError
from dialin.jobs import stopping
from dialin.jobs.stopping import stop_noted
from dialin.jobs.timing import SessionLog
from dialin.room import Reserve


class Noting(SessionLog):
    """A log that notes in which order things happen."""

    def __init__(self, folder: Path, events: list[str], *, is_full: bool = False) -> None:
        super().__init__(folder)
        self.events, self.is_full = events, is_full

    def write(self, status: str) -> None:
        self.events.append(status)
        if self.is_full:
            raise DiskFullError("still no room")


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note when the room is taken and given up, and when the manifest is written."""
    found = list[str]()
    monkeypatch.setattr(Reserve, "take", lambda _: found.append("taken"))
    monkeypatch.setattr(Reserve, "give_up", lambda _: found.append("given up"))
    monkeypatch.setattr(stopping, "note_stop", lambda *_: found.append("manifest"))
    return found


RUN: Any = cast(Any, None)  # what is noted about it is not looked at here


@pytest.mark.parametrize("error", [KeyboardInterrupt, ProviderError("down"), DiskFullError("full")])
def test_a_stop_is_noted_in_the_room_that_was_set_aside(
    events: list[str], tmp_path: Path, error: BaseException | type[BaseException]
) -> None:
    kind = error if isinstance(error, type) else type(error)
    with pytest.raises(kind), stop_noted(RUN, Noting(tmp_path, events)):
        raise error
    assert events == ["taken", "given up", "interrupted", "manifest", "given up"]


def test_what_ends_the_work_is_raised_even_if_there_is_no_room_to_note_it(events: list[str], tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), stop_noted(RUN, Noting(tmp_path, events, is_full=True)):
        raise KeyboardInterrupt
    assert events == ["taken", "given up", "interrupted", "given up"]


def test_other_ends_are_not_noted(events: list[str], tmp_path: Path) -> None:
    with pytest.raises(InputError), stop_noted(RUN, Noting(tmp_path, events)):
        raise InputError("wrong")
    with stop_noted(RUN, Noting(tmp_path, events)):
        pass
    assert events == ["taken", "given up"] * 2


def test_without_room_for_notes_no_work_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "free_bytes", lambda _: 1 << 20)
    monkeypatch.setattr(stopping, "note_stop", lambda *_: None)
    begun = list[str]()
    said = r"cannot write .*timing\.json: it takes 8 MB, and 1 MB are free there"
    with pytest.raises(DiskFullError, match=said), stop_noted(RUN, Noting(tmp_path, [])):
        begun.append("work")
    assert begun == []
