"""The commands on the page about outcomes do what it says, and its figures are those of the code."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from conftest import Cli

from dialin.facts.contacts import MAX_VALUES
from dialin.facts.outcomes import REPEAT_DAYS
from dialin.facts.significance import MIN_COMPARED, MIN_EXPECTED
from dialin.read.columns import Columns
from dialin.read.outcomes import CUSTOMER
from dialin.read.table import read
from doc_pages import page, shell_lines
from outcome_calls import write_calls
from scripted import ScriptedBackend

PAGE = "docs/guide/outcomes.md"


def test_commands_run_in_their_order(cli: Cli, backend: ScriptedBackend, home: Path) -> None:
    write_calls(home / "calls.csv")
    printed = {}
    for line in shell_lines(PAGE):
        words = shlex.split(line)[1:]
        done = cli(*words, *(["--llm", "none"] if words[0] == "discover" else []))
        assert done.exit_code == 0, done.stderr
        printed[line] = done.stdout
    assert "by channel:" in printed["dialin show run --by channel"]
    found = json.loads(printed["dialin show run --by channel --repeat-days 14 --json"])["outcomes"]
    assert found["repeat_days"] == 14
    assert "<h3>By channel</h3>" in Path("run/report.html").read_text("utf-8")


def test_the_python_on_the_page_reads_outcomes(home: Path) -> None:
    write_calls(home / "calls.csv")
    found = read("calls.csv", Columns(outcomes=("duration", "channel")))
    assert found.occurrences.column_names[6:] == ["duration", "channel"]


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    text = page(PAGE)
    assert f"the {MAX_VALUES} most frequent values" in text
    assert f"at least {MIN_COMPARED} dialogues" in text
    assert f"expected counts is at least {MIN_EXPECTED}" in text
    assert f"`--repeat-days`, {REPEAT_DAYS} if" in text


def test_the_columns_of_customers_on_the_page_are_known() -> None:
    (row,) = [line for line in page(PAGE).splitlines() if line.startswith("| `customer`")]
    names = row.split("|")[1].replace("`", "").split(", ")
    assert [name for name in names if not CUSTOMER.fullmatch(name.strip())] == []
