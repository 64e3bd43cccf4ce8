"""The commands on the page about known intents do what it says, one after the other."""

from __future__ import annotations

import csv
import shlex
from pathlib import Path

from conftest import Cli

from dialin.read.intent_list import FIELDS, MAX_NAME, read_intent_list
from dialin.review.edits import Accept
from dialin.review.listed import LEVEL
from dialin.runs.run import load
from doc_pages import blocks, page, shell_lines
from fake_run import decide
from scripted import ScriptedBackend, sentences

PAGE = "docs/guide/known-intents.md"


def test_commands_run_in_their_order(cli: Cli, home: Path, backend: ScriptedBackend) -> None:
    for name in ("calls.csv", "new-calls.csv"):
        with (home / name).open("w", newline="") as file:
            csv.writer(file).writerows([("text",), *([text] for text, _ in sentences())])
    (block,) = blocks(page(PAGE), "csv")
    Path("intents.csv").write_text(block)
    first, show, following = (shlex.split(line)[1:] for line in shell_lines(PAGE))
    assert cli(*first, "--llm", "none").exit_code == 0
    assert "listed, but never said: guitar-lessons" in cli(*show).stdout
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
