"""The commands on the page about known intents do what it says, one after the other."""

from __future__ import annotations

import csv
import json
import shlex
from pathlib import Path

from conftest import Cli

from dialin.read.intent_list import FIELDS, MAX_NAME, read_intent_list
from dialin.review.edits import Accept
from dialin.review.listed import LEVEL
from dialin.runs.run import load
from doc_pages import ROOT, blocks, page, shell_lines
from fake_run import decide
from scripted import ScriptedBackend, sentences

PAGE = "docs/guide/known-intents.md"
RULES = {
    "dialin, names alone": "dialin, names",
    "BERTopic's zero-shot topics": "BERTopic zero-shot, names",
    "nearest name": "nearest vector, names",
    "dialin, three examples each": "dialin, three examples",
    "nearest example": "nearest text, three examples",
}
"""The rows of the table of figures, and what the study calls them."""


def test_commands_run_in_their_order(cli: Cli, home: Path, backend: ScriptedBackend) -> None:
    for name in ("calls.csv", "new-calls.csv"):
        with (home / name).open("w", newline="") as file:
            csv.writer(file).writerows([("text",), *([text] for text, _ in sentences())])
    (block,) = blocks(page(PAGE), "csv")
    Path("intents.csv").write_text(block)
    first, show, following = (shlex.split(line)[1:] for line in shell_lines(PAGE))
    assert cli(*first, "--llm", "none").exit_code == 0
    assert "listed, but no cluster was near enough: guitar-lessons" in cli(*show).stdout
    names = load(Path("run")).intents["name"].to_pylist()
    assert {"refund", "parcel-tracking"} <= set(names)
    decide(Path("run"), Accept(names.index("refund")))
    done = cli(*following, "--llm", "none")
    assert done.exit_code == 0, done.stderr
    assert load(Path("next-run")).intents["name"].to_pylist().count("refund") == 1


def test_the_page_has_every_column_and_the_numbers_of_the_code(tmp_path: Path) -> None:
    text = page(PAGE)
    assert [field for field in FIELDS if f"| `{field}` |" not in text] == []
    assert f"at most {MAX_NAME} characters" in text
    assert f"nearer than {1 - LEVEL:.0%} of those".replace("%", " %") in text
    (block,) = blocks(text, "csv")
    (tmp_path / "a.csv").write_text(block)
    assert read_intent_list(tmp_path / "a.csv")[0].examples == ("i want my money back", "give me a refund")


def test_the_figures_are_those_of_the_study() -> None:
    sets = json.loads((ROOT / "studies" / "own" / "results" / "known_list.json").read_text("utf-8"))["sets"]
    rows = [line.strip("|").split("|") for line in page(PAGE).splitlines() if line.count(" / ") == 6]
    assert [cells[0].strip() for cells in rows] == list(RULES)
    for title, *cells in rows:
        for cell, name in zip(cells, ("clinc_i_small", "hwu64", "bank77_small"), strict=True):
            found = sets[name][RULES[title.strip()]]
            told = [f"{found[key]:.2f}".lstrip("0") if key in found else "–" for key in ("listed", "hidden", "found")]
            assert cell.strip() == " / ".join(told)
