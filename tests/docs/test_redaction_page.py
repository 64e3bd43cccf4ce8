"""The commands on the page about redaction do what it says, one after the other."""

from __future__ import annotations

import csv
import re
import shlex
from pathlib import Path

import pytest
from conftest import Cli

import dialin
from dialin.redact.finding import TYPES
from dialin.redact.table import redacted_text
from doc_pages import page, shell_lines
from scripted import ScriptedBackend, sentences

PAGE = "docs/guide/redaction.md"
BERTHA = "our boiler, whom we call Bertha, wants her money back"


@pytest.fixture
def input_files(home: Path) -> None:
    """Write the files that the page reads."""
    rows = [(text, f"d{i // 4}") for i, (text, _) in enumerate(sentences())]
    rows += [(BERTHA, "x1"), (f"{rows[0][0]}, my card is 4111 1111 1111 1111", "d1")]
    for name in ("calls.csv", "new.csv"):
        with (home / name).open("w", newline="") as file:
            csv.writer(file).writerows([("text", "dialogue_id"), *rows])


def test_commands_run_in_their_order(cli: Cli, backend: ScriptedBackend, input_files: None) -> None:
    lines = [shlex.split(line)[1:] for line in shell_lines(PAGE) if line.startswith("dialin ")]
    assert [words[0] for words in lines] == ["discover", "show", "predict", "estimate", "forget", "forget"]
    for words in lines:
        model = ["--llm", "none"] if words[0] in ("discover", "estimate") else []
        done = cli(*words, *model)
        assert done.exit_code == 0, done.output
    text = Path("new-intents.csv").read_text()
    assert "<CARD_1>" in text
    assert "4111" not in text
    assert "no forgotten text is left" in done.stdout


def test_what_is_said_becomes_what_the_table_says() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", page(PAGE), re.M)
    assert len(rows) == 3
    assert [redacted_text(said) for said, _ in rows] == [becomes for _, becomes in rows]


def test_every_type_is_on_the_page() -> None:
    assert [kind for kind in TYPES if f"`{kind}`" not in page(PAGE)] == []


def test_the_python_on_the_page_prints_what_it_says() -> None:
    corpus = dialin.read(["my mail is ana@example.com", "where is my parcel?"], redact="rules")
    assert str(corpus.texts) in page(PAGE)
