"""What an error of the command line has to look like."""

from __future__ import annotations

from pathlib import Path

from click.testing import Result


def one_line(result: Result, *words: str) -> None:
    """Check the exit code and the one line, which holds all the words."""
    assert not isinstance(result.exception, Exception), result.exception
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("dialin: error: ")
    assert [word for word in words if word not in lines[0]] == []
    assert result.stdout == ""


def nothing_left(before: set[str]) -> None:
    assert {path.name for path in Path().iterdir()} == before
