"""What a run prints when it ends: the table of its intents and the lines under it, and the same as JSON."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from conftest import Cli
from rich.cells import cell_len
from rich.console import Console

from dialin.errors import InputError
from dialin.facts.headline import Summary, summary_of
from dialin.report.terminal import console_on, intents_rich, print_report
from dialin.runs.run import load
from dialin.score.reliability import goodness
from run_commands import discover
from scripted import ScriptedBackend


def intent(name: str, role: str | None = None, *examples: str) -> dict[str, object]:
    base = {"intent_id": 0, "name": name, "size": 1234, "n_occurrences": 60, "p_good": 0.912, "kind": ""}
    return base | {"description": "", "role": role, "examples": list(examples), "share": 0.6}


def summary(*intents: dict[str, object]) -> Summary:
    found = goodness([True] * len(intents))
    return Summary("complete", list(intents), 90, 100, 60, {"rare": 40}, found, 12, 3400, 12)


def printed(table: Summary, width: int = 80) -> list[str]:
    stream = io.StringIO()
    Console(file=stream, width=width).print(intents_rich(table))
    return stream.getvalue().splitlines()


def test_the_table_fits_80_columns_with_chinese_and_long_texts() -> None:
    lines = printed(
        summary(
            intent("查询-物流进度", "customer", "我的包裹到哪了" * 20, "快递怎么还没到"),
            intent("inquire-" + "very-" * 30 + "long", "agent", "word " * 200, "second"),
        )
    )
    assert max(map(cell_len, lines)) <= 80
    assert len([line for line in lines if line.strip()]) == 2 + 2 * 2  # head and rule, two lines an intent
    assert any("查询-物流进度" in line for line in lines)
    assert any("…" in line for line in lines)


def test_columns_line_up_under_chinese_names() -> None:
    rows = [
        line
        for line in printed(summary(intent("查询-物流", None, "甲"), intent("inquire-x", None, "乙")))
        if "1,234" in line
    ]
    ends = {cell_len(line[: line.index("1,234")]) for line in rows}
    assert len(rows) == 2
    assert len(ends) == 1


def test_beside_the_probability_stands_its_word() -> None:
    assert any("0.91 clear" in line for line in printed(summary(intent("a-b", "agent", "x"))))


def test_the_role_column_is_there_only_where_roles_are() -> None:
    assert "role" not in printed(summary(intent("a-b", None, "x")))[1]
    assert "role" in "".join(printed(summary(intent("a-b", "agent", "x"))))


def test_markup_in_the_data_is_text() -> None:
    lines = "".join(printed(summary(intent("a-b", None, "[red]x[/red] [/]"))))
    assert "[red]x[/red] [/]" in lines


def test_a_pipe_gets_no_colours_and_80_columns() -> None:
    console = console_on(io.StringIO())
    assert (console.width, console.color_system) == (80, None)


def test_totals_say_what_was_found_paid_and_left(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    result = cli("discover", calls, "--out", "run", "--llm", "test:scripted")
    assert "\x1b" not in result.stdout
    assert max(map(cell_len, result.stdout.splitlines())) <= 80
    assert re.search(r"^5 intents · [\d.]+% of 80 utterances · expected goodness \d\.\d\d \(.*\)$", result.stdout, re.M)
    assert f"{len(backend.asked)} LLM calls · " in result.stdout
    stream = io.StringIO()
    print_report(load(Path("run")), stream)
    assert stream.getvalue() == result.stdout


def test_json_has_the_same_numbers(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    discover(cli, calls, "run")
    value = json.loads(cli("report", "run", "--json").stdout)
    assert value["status"] == "complete"
    assert value["coverage"] == value["n_assigned"] / value["n_occurrences"]
    assert sum(i["n_occurrences"] for i in value["intents"]) == value["n_assigned"]
    assert value["n_assigned"] + sum(value["unassigned"].values()) == 80
    assert sum(i["share"] for i in value["intents"]) == pytest.approx(value["coverage"])


def test_nothing_found_is_said(cli: Cli, backend: ScriptedBackend) -> None:
    Path("few.txt").write_text("refund money\nparcel delivery\npassword login\n")
    result = cli("discover", "few.txt", "--out", "run", "--llm", "test:scripted", "--judge", "llm")
    assert result.exit_code == 0
    assert "no intents were found" in result.stdout
    assert "0 intents · 0.0% of 3 utterances" in result.stdout
    assert cli("report", "run", "--json").exit_code == 0


def test_a_run_without_result_is_no_report(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    discover(cli, calls, "run")
    manifest = Path("run/manifest.json")
    manifest.write_text(manifest.read_text().replace('"complete"', '"running"'))
    with pytest.raises(InputError, match="dialin resume run"):
        summary_of(load(Path("run")))
