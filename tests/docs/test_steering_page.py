"""The page about telling the LLM more says what the code does, and its commands run."""

from __future__ import annotations

import csv
import shlex
from pathlib import Path

import click
import pytest
from conftest import Cli

from dialin.cli.tune_calibrate import calibrate
from dialin.prompts.steering import MAX_ABOUT, MAX_NAME_CHARS, MAX_NAMES, Steering
from dialin.runs.run import load
from doc_pages import blocks, page, shell_lines
from scripted import ScriptedBackend, sentences

PAGE = "docs/guide/steering.md"
LINES = [shlex.split(line)[1:] for line in shell_lines(PAGE)]
DISCOVER = [words for words in LINES if words[0] == "discover"]


@pytest.mark.parametrize("words", DISCOVER)
def test_commands_run(cli: Cli, home: Path, backend: ScriptedBackend, words: list[str]) -> None:
    with (home / "calls.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("text",), *([text] for text, _ in sentences())])
    done = cli(*("test:scripted" if word.startswith("openai:") else word for word in words))
    assert done.exit_code == 0, done.stderr
    settings = load(Path(words[words.index("--out") + 1])).manifest.settings
    assert settings.about or settings.name_examples


def test_the_command_that_calibrates_has_these_options() -> None:
    (words,) = [words for words in LINES if words[0] == "tune"]
    known = {option for one in calibrate.params if isinstance(one, click.Option) for option in one.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_line_and_the_numbers_are_those_of_the_code() -> None:
    (line,) = blocks(page(PAGE), "text")
    assert line.strip() == Steering("calls to a broadband provider's support").lines("judge", "en")
    assert f"at most {MAX_ABOUT} characters" in page(PAGE)
    assert f"at most {MAX_NAMES} names of at most {MAX_NAME_CHARS} characters" in page(PAGE)
