"""The commands on the page about updates do what it says, and its figures are those of the study."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path

from conftest import Cli

from dialin.taxonomy.drift import DISTANCE, SHARE, UNASSIGNED
from doc_pages import page, shell_lines
from scripted import ScriptedBackend, sentences

PAGE = "docs/guide/update.md"
RESULTS = Path(__file__).parents[2] / "studies" / "own" / "results" / "update.json"


def write_days(folder: Path) -> None:
    texts = [text for text, _ in sentences()]
    gnomes = [f"my garden gnome number {i} wants a hat" for i in range(9)]
    for name, said in {"january": texts, "monday": gnomes, "tuesday": texts[:3]}.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("text",), *((text,) for text in said)])


def test_commands_run_in_their_order(cli: Cli, backend: ScriptedBackend, home: Path) -> None:
    write_days(home)
    lines = [shlex.split(line)[1:] for line in shell_lines(PAGE)]
    assert [words[0] for words in lines] == ["discover", "update", "update", "show"]
    for words in lines:
        done = cli(*words, *(["--llm", "test:scripted"] if words[0] == "discover" else []))
        assert done.exit_code == 0, done.output
    assert "candidate" in done.stdout
    assert (home / "tuesday" / "drift.json").is_file()


def test_every_figure_of_drift_is_on_the_page() -> None:
    text = page(PAGE)
    assert [name for name in (SHARE, DISTANCE, UNASSIGNED) if not re.search(rf"^\| `{name}` \|", text, re.M)] == []


def test_the_figures_on_the_page_are_those_of_the_study() -> None:
    text, found = page(PAGE), json.loads(RESULTS.read_text("utf-8"))
    courses = [one[how] for one in found.values() for how in ("one run", "updates") if how in one]
    assert len(courses) > 1
    told = [f"| {one['questions']:,} | {one['n_intents']} |" for one in courses]
    told += [f"| {one['acc']:.2f} |".replace("0.", ".") for one in courses]
    assert [figure for figure in told if figure not in text] == []
    months = [found["alarms"][kind] for kind in ("fresh", "same", "uneven")]
    n, n_alarms = (sum(one[name] for one in months) for name in ("months", "alarms"))
    assert f"{n_alarms or 'none'} of {n} such months" in text
