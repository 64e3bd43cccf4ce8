"""The page about exports says what the code does: its commands run, its Python runs, and its table has every format."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from conftest import Cli

from dialin.export.registry import FORMATS
from dialin.review.edits import Accept
from doc_pages import ROOT, blocks, page, shell_lines
from fake_run import decide
from shop_run import shop_run

NAME = "docs/guide/export.md"
COMMANDS = [line for line in shell_lines(NAME) if line.startswith("dialin export")]


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a run of which an intent is accepted."""
    run = shop_run(tmp_path_factory.mktemp("shop") / "run")
    decide(run.folder, Accept(min(run.review.used)))
    return run.folder


@pytest.fixture
def runs(home: Path, reviewed: Path) -> Path:
    """Put the run where the page has its runs."""
    for name in ("run", "demo-run"):
        shutil.copytree(reviewed, home / name)
    return home


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_run(cli: Cli, runs: Path, line: str) -> None:
    words = shlex.split(line)[1:]
    library = FORMATS[words[words.index("--to") + 1]].library
    if library:
        pytest.importorskip(library, reason="needs an extra")
    result = cli(*words)
    assert result.exit_code == 0, result.stderr
    assert (Path(words[words.index("--out") + 1]) / "export.json").is_file()


def test_python_runs(cli: Cli, runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("export", "demo-run", "--to", "csv", "--out", "table").exit_code == 0
    (block,) = blocks(page(NAME), "python")
    exec(compile(block, NAME, "exec"), {})
    assert "cancel-order" in capsys.readouterr().out


def test_every_format_has_a_command_and_a_row_with_its_usual_number() -> None:
    assert {shlex.split(line)[4] for line in COMMANDS} == set(FORMATS)
    rows = "\n".join(line for line in page(NAME).splitlines() if line.startswith("| `"))
    for name, form in FORMATS.items():
        usual = form.limits("en").usual
        (row,) = re.findall(rf"^\|.*`{name}`.*$", rows, re.M)
        assert row.split("|")[3].strip() == ("all" if usual is None else str(usual)), name


def test_numbers_in_the_table_are_those_of_the_code() -> None:
    for name, form in FORMATS.items():
        (row,) = re.findall(rf"^\| `{name}` \|.*$", page(NAME), re.M) or [""]
        limits = form.limits("en")
        for number in filter(None, (limits.phrases, limits.length, limits.total_phrases, limits.total_length)):
            if row and "as above" not in row:
                assert f"{number:,}" in row, (name, number)


def test_the_page_says_that_no_live_platform_has_seen_an_export() -> None:
    assert "**No export has been tried on a live platform.**" in page(NAME)


def test_the_example_is_a_strict_script_whose_commands_exist() -> None:
    text = (ROOT / "examples" / "export_demo.sh").read_text("utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in text
    assert set(re.findall(r"-m dialin export .*? --to ([\w-]+)", text)) == {"rasa", "spacy"}
    assert (ROOT / "examples" / "export_demo.sh").stat().st_mode & 0o100
