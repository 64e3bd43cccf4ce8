"""The page about telling the LLM more says what the code does, and its commands run."""

from __future__ import annotations

import csv
import shlex
from pathlib import Path

import click
import pytest
from conftest import Cli

from dialin.cli.tune_calibrate import calibrate
from dialin.prompts.glossary import MAX_MEANING_CHARS, MAX_TERM_CHARS, MAX_TERMS, MAX_TOLD
from dialin.prompts.steering import MAX_ABOUT, MAX_NAME_CHARS, MAX_NAMES, MAX_STYLE, Steering
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
    (home / "glossary.csv").write_text(blocks(page(PAGE), "csv")[0], "utf-8")
    done = cli(*("test:scripted" if word.startswith("openai:") else word for word in words))
    assert done.exit_code == 0, done.stderr
    settings = load(Path(words[words.index("--out") + 1])).manifest.settings
    assert settings.about or settings.name_examples or settings.name_style or len(settings.glossary) == 3


def test_the_command_that_calibrates_has_these_options() -> None:
    (words,) = [words for words in LINES if words[0] == "tune"]
    known = {option for one in calibrate.params if isinstance(one, click.Option) for option in one.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_line_and_the_numbers_are_those_of_the_code() -> None:
    words, line = blocks(page(PAGE), "text")
    assert line.strip() == Steering("calls to a broadband provider's support").lines("judge", "en")
    told = Steering(glossary=("FTTC = fibre to the cabinet",))
    assert words.strip() == told.words_in("my FTTC is slow", "judge", "en")
    assert told.words_in("FTTCs", "judge", "en") == ""
    for number in (MAX_TERMS, MAX_TERM_CHARS, MAX_MEANING_CHARS, MAX_TOLD, MAX_STYLE):
        assert f"at most {number}" in page(PAGE)
    assert f"at most {MAX_ABOUT} characters" in page(PAGE)
    assert f"at most {MAX_NAMES} names of at most {MAX_NAME_CHARS} characters" in page(PAGE)
