"""Outcomes on the terminal, in JSON and in the report, of a run that a user makes with --outcome."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import openpyxl
import pytest
from conftest import Cli
from rich.cells import cell_len

from browser import browser, installed
from dialin.facts.outcomes import OutcomeMean, OutcomeShare, SegmentDifference
from dialin.report.outcome_words import compared_text, segment_text, with_margin
from dialin.runs.manifest import read_manifest
from dialin.runs.run import load
from fake_run import calls as made_calls
from fake_run import fake_run
from outcome_calls import OUTCOMES, write_calls
from scripted import ScriptedBackend


@pytest.fixture
def run(cli: Cli, backend: ScriptedBackend, home: Path) -> Path:
    write_calls(home / "calls.csv")
    words = [word for name in OUTCOMES for word in ("--outcome", name)]
    result = cli("discover", "calls.csv", "--out", "run", "--llm", "none", *words)
    assert result.exit_code == 0, result.stderr
    return home / "run"


def test_the_terminal_shows_means_repeats_minutes_and_what_differs(cli: Cli, run: Path) -> None:
    result = cli("show", run, "--by", "channel", "--repeat-days", 10)
    part = result.stdout.split("OUTCOMES")[1].split("OVER TIME")[0]
    for said in ("duration, s", "min/week", "differs from the rest", "by channel", "within 10 days", "±"):
        assert said in part
    assert max(map(cell_len, result.stdout.splitlines())) <= 80


def test_a_run_without_outcomes_shows_none(cli: Cli, home: Path) -> None:
    fake_run(home / "plain", made_calls())
    assert "OUTCOMES" not in cli("show", "plain").stdout
    assert 'id="outcomes"' not in (home / "plain" / "report.html").read_text("utf-8")
    assert json.loads(cli("show", "plain", "--json").stdout)["outcomes"] is None
    failed = cli("show", "plain", "--by", "channel")
    assert failed.exit_code == 2
    assert "the run has no outcomes to compare dialogues by (make the run with --outcome COL" in failed.stderr
    assert "channel'" not in failed.stderr


def test_json_has_all_figures_and_no_nan(cli: Cli, run: Path) -> None:
    text = cli("show", run, "--by", "channel", "--json").stdout
    found = json.loads(text, parse_constant=pytest.fail)["outcomes"]
    assert (found["n_dialogues"], found["numbers"], found["words"]) == (90, ["duration", "rating"], ["channel"])
    longest = max(found["intents"], key=lambda one: one["means"][0]["mean"])
    assert longest["means"][0]["low"] < longest["means"][0]["mean"] < longest["means"][0]["high"]
    assert found["segments"]["by"] == "channel"


def test_the_run_keeps_which_columns_are_outcomes(run: Path) -> None:
    assert read_manifest(run).source.columns.outcomes == OUTCOMES


def test_the_report_has_a_table_with_bars_and_legend(run: Path) -> None:
    html = (run / "report.html").read_text("utf-8")
    part = html.split('<section id="outcomes"')[1].split("</section>")[0]
    assert 'href="#outcomes"' in html
    assert part.count('class="gauge"') >= 6
    assert "Again within 7 days" in part
    assert "<b>" in part
    widths = [float(width) for width in re.findall(r"(?:left|width):([\d.]+)%", part)]
    assert widths
    assert all(0 <= width <= 100 for width in widths)


def test_the_report_compares_segments_if_asked(cli: Cli, run: Path) -> None:
    assert cli("report", run, "--by", "channel", "--repeat-days", 3, "--out", "by.html").exit_code == 0
    html = Path("by.html").read_text("utf-8")
    assert "<h3>By channel</h3>" in html
    assert "Again within 3 days" in html


@pytest.mark.skipif(installed() is None, reason="no Chromium with its driver is here: apt-get install chromium-driver")
def test_the_table_sorts_by_a_click_on_a_heading(run: Path) -> None:
    script = """
        const table = document.querySelector("table.sortable");
        table.tHead.querySelectorAll("button")[arguments[0]].click();
        return [...table.tBodies[0].rows].map((row) => row.cells[arguments[0]].dataset.v);
    """
    with browser() as window:
        window.open(run / "report.html")
        down = [float(value) for value in window.run(script, 3) if value]
        up = [float(value) for value in window.run(script, 3) if value]
        names = window.run(script, 0)
        assert window.problems() == []
    assert len(down) > 2
    assert down == sorted(up, reverse=True)
    assert up == sorted(up)
    assert names == sorted(names)


def test_figures_are_written_for_people() -> None:
    mean = OutcomeMean("duration", 9, 1234.4, 1200.0, 1268.8, 300.0, 0.01)
    assert with_margin(mean) == "1,234 ±34.4"
    assert compared_text(mean) == ("duration, s", "1,234", "300")
    assert compared_text(OutcomeShare("渠道", "电话", 3, 0.25, None, None)) == ("渠道: 电话", "25.0%", "")
    assert segment_text(SegmentDifference(0, "chat", "rating", 9, 4.5, 3.25, 0.01)) == ("rating", "4.50", "3.25")
    assert segment_text(SegmentDifference(0, "chat", "", 9, 0.5, 0.25, 0.01))[0] == "share of dialogues"


def test_one_intent_has_its_outcomes_and_its_uid(cli: Cli, run: Path) -> None:
    """The calls about refunds take 600 seconds and more, the others 180; repeats are within 7 days."""
    names = load(run).intents["name"].to_pylist()
    shown = {name: cli("show", run, name).stdout for name in names}
    found = {name: json.loads(cli("show", run, name, "--json").stdout) for name in names}
    longest = max(found, key=lambda name: found[name]["outcomes"]["means"][0]["mean"])
    text = shown[longest]
    for said in ("in 30 dialogues", "minutes a week", "again within 7 days", "duration, s: 60", "±", "(the rest 18"):
        assert said in text
    assert re.search(r"channel: .*phone \d+%", text)
    assert found[longest]["uid"] not in text  # it is for machines
    assert f'<code class="uid">{found[longest]["uid"]}</code>' in (run / "report.html").read_text("utf-8")
    whole = json.loads(cli("show", run, "--json").stdout)
    assert {one["uid"] for one in whole["intents"]} == {one["uid"] for one in found.values()}


def test_exports_have_the_outcomes_of_each_intent(cli: Cli, run: Path, home: Path) -> None:
    """As a table beside the phrases; with a threshold above all numbers of dialogues, nothing is left to export."""
    for form in ("csv", "jsonl", "xlsx"):
        done = cli("export", run, "--to", form, "--out", form, "--all", "--role", "all", "--min-dialogues", 5)
        assert done.exit_code == 0, done.stderr
    rows = list(csv.DictReader((home / "csv" / "outcomes.csv").read_text("utf-8").splitlines()))
    lines = [json.loads(line) for line in (home / "jsonl" / "outcomes.jsonl").read_text("utf-8").splitlines()]
    sheet = openpyxl.load_workbook(home / "xlsx" / "intents.xlsx")["outcomes"]
    assert [cell.value for cell in sheet[1]] == list(rows[0]) == list(lines[0])
    assert {"share", "n_dialogues", "minutes_a_week", "repeat_share", "mean_duration", "low_rating"} <= set(rows[0])
    longest = max(lines, key=lambda one: one["mean_duration"])
    assert longest["low_duration"] < longest["mean_duration"] < longest["high_duration"]
    assert [float(row["mean_duration"]) for row in rows] == [line["mean_duration"] for line in lines]
    assert cli("export", run, "--to", "csv", "--out", "none", "--min-dialogues", 99).exit_code == 2


def test_an_export_without_outcomes_has_no_table_of_them(cli: Cli, home: Path) -> None:
    fake_run(home / "plain", made_calls())
    assert cli("export", "plain", "--to", "csv", "--out", "csv").exit_code == 0
    assert sorted(path.name for path in (home / "csv").iterdir()) == ["export.json", "intents.csv", "names.csv"]
