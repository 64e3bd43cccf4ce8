"""The commands on the page about every month do what it says, one after the other."""

from __future__ import annotations

import csv
import re
import shlex
from pathlib import Path

from conftest import Cli

from dialin.taxonomy.alarm import FIGURES
from dialin.taxonomy.difference import STATES
from dialin.taxonomy.migration import COLUMNS
from doc_pages import page, shell_lines
from scripted import ScriptedBackend, sentences

PAGE = "docs/guide/every-month.md"
GNOMES = [f"my garden gnome number {i} wants a hat" for i in range(9)]


def write_months(folder: Path) -> None:
    texts = [text for text, _ in sentences()]
    for name, said in {"january": texts, "february": [*texts, *GNOMES]}.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("text",), *((text,) for text in said)])


def test_commands_run_in_their_order(cli: Cli, backend: ScriptedBackend, home: Path) -> None:
    write_months(home)
    lines = [shlex.split(line)[1:] for line in shell_lines(PAGE)]
    assert [words[0] for words in lines] == ["discover"] * 2 + ["diff"] * 5
    for words in lines:
        done = cli(*words, *(["--llm", "test:scripted"] if words[0] == "discover" else []))
        assert done.exit_code == (3 if "--fail-on" in words else 0), done.output
    assert "new is" in done.stderr
    assert (home / "february" / "taxonomy.json").is_file()
    assert "garden gnome" in Path("february.html").read_text()
    assert next(csv.reader(Path("moved.csv").read_text().splitlines())) == list(COLUMNS)


def test_every_state_figure_and_column_is_on_the_page() -> None:
    text = page(PAGE)
    assert [name for name in (*STATES, *FIGURES, *COLUMNS) if not re.search(rf"^\|.*`{name}`.*\|", text, re.M)] == []
