"""The terminal: everything about a run, or one intent; found by number or name, in 80 columns, in any language."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli
from rich.cells import cell_len
from rich.console import Console

from branched_run import branched_run
from dialin import files
from dialin.facts.build import facts_of
from dialin.facts.facts import Facts
from dialin.facts.loaded import load_files
from dialin.report.inputs import inputs_line
from dialin.report.one_intent import find_intent, near_names
from dialin.report.overview import print_facts
from dialin.report.terminal import print_report, sparkline
from dialin.runs.manifest import MAX_UPDATES, updated_runs, write_manifest
from dialin.runs.run import load
from dialin.taxonomy.added import follows
from fake_run import Said, calls, fake_run, reviewed_run, without_hashes

HEADINGS = ["INTENTS", "MAIN REASONS FOR CALLS", "OVER TIME", "WHO SPEAKS", "WITHOUT AN INTENT"]
EVIL = "[red]x[/red] [/]"


@pytest.fixture
def run(home: Path) -> Path:
    fake_run(home / "run", calls())
    return home / "run"


@pytest.fixture
def facts(run: Path) -> Facts:
    return facts_of(load_files(load(run)))


# --- everything -------------------------------------------------------------------------------------


def test_everything_is_shown_plainly_in_80_columns(cli: Cli, run: Path) -> None:
    result = cli("show", run)
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert [line for line in lines if line in HEADINGS] == HEADINGS
    assert max(map(cell_len, lines)) <= 80
    assert "\x1b" not in result.stdout
    assert "8 intents · 80.0% of 105 utterances" in result.stdout
    assert "21 dialogues, 0 of them without a main reason" in result.stdout
    assert "2024-01-01 to 2024-02-05\nutterances per week; the highest bar is 25\n" in result.stdout


def test_columns_line_up_under_chinese_names(cli: Cli, run: Path) -> None:
    table = cli("show", run).stdout.split("MAIN REASONS FOR CALLS")[0].splitlines()
    rows = [line for line in table if "customer" in line]
    assert any("重置-密码" in line for line in rows)
    assert len({cell_len(line[: line.index("customer")]) for line in rows}) == 1


def test_long_names_and_sentences_are_cut(cli: Cli, home: Path) -> None:
    said = [Said("退款 " * 4000, "申请-" + "很长" * 40, "d"), Said("b c", "x-" + "y" * 90, "d"), Said("c d", "", "d")]
    fake_run(home / "long", said)
    for arguments in (["show", "long"], ["show", "long", "0"], ["show", "long", "1"]):
        lines = cli(*arguments).stdout.splitlines()
        assert max(map(cell_len, lines)) <= 80
        assert len(lines) < 60


def test_a_terminal_is_used_in_its_width_and_has_colours(run: Path, facts: Facts) -> None:
    stream = io.StringIO()
    print_facts(load(run), facts, Console(file=stream, width=140, force_terminal=True, color_system="standard"))
    assert "\x1b[1m" in stream.getvalue()
    assert max(map(cell_len, Console(file=io.StringIO()).render_str(stream.getvalue()).plain.splitlines())) > 100


def test_markup_in_the_data_is_text(cli: Cli, home: Path) -> None:
    fake_run(home / "evil", [Said(EVIL, "ask-[bold]x", "d"), Said("b c", "", "d"), Said("c d", "", "d")])
    printed = cli("show", "evil").stdout + cli("show", "evil", "0").stdout
    assert "ask-[bold]x" in printed
    assert "[red]x[/red] [/]" in printed


def test_a_run_with_nothing_in_it_says_so(cli: Cli, home: Path) -> None:
    fake_run(home / "none", [Said(text, "") for text in ("a b", "c d", "e f")])
    result = cli("show", "none")
    assert "no intents were found" in result.stdout
    assert "MAIN REASONS FOR CALLS" not in result.stdout
    assert cli("show", "none", "0").exit_code == 2


def test_rounds_of_two_scripts_are_told_apart(cli: Cli, run: Path) -> None:
    (line,) = (run / "rounds.jsonl").read_text(encoding="utf-8").splitlines()
    round_ = json.loads(line)
    assert round_.pop("script") == ""
    rows = [
        round_ | {"script": "other scripts"},
        round_ | {"role": "agent", "script": "Chinese"},
        round_ | {"script": ""},
    ]
    (run / "rounds.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    without_hashes(run)
    table = cli("show", run).stdout.split("HOW THEY WERE FOUND")[1]
    whose = ["all, not Chinese", "agent, Chinese", "all"]
    assert re.findall(r"^ *\d  (\D*?) {2,}", table, re.MULTILINE) == whose
    cli("report", run, "--out", run / "page.html")
    assert re.findall(r'<td rowspan="2">([a-z][^<]*)</td>', (run / "page.html").read_text(encoding="utf-8")) == whose


def test_json_has_the_facts_and_the_summary(cli: Cli, run: Path) -> None:
    value = json.loads(cli("show", run, "--json").stdout)
    assert value["coverage"] == 0.8
    assert value["calls"]["n_dialogues"] == 21
    assert value["intents"][0]["followed_by"]
    assert value["timeline"]["names"][0] == "2024-01-01"
    assert value["settings"]["seed"] == 0


def test_a_reviewed_run_is_shown_by_its_numbers(cli: Cli, home: Path) -> None:
    run = reviewed_run(home / "reviewed")
    number = {row["name"]: row["intent_id"] for row in run.intents.to_pylist()}
    everything, one = cli("show", run.folder).stdout, cli("show", run.folder, number["新-密码"])
    assert "removed in the review" in everything
    assert all(re.search(rf"^ *{i} +{re.escape(name[:12])}", everything, re.MULTILINE) for name, i in number.items())
    assert one.stdout.startswith(f"#{number['新-密码']} 新-密码")
    answer = f" 60%  #{number['answer-request-refund']} answer-request-refund"  # 9 of 15
    assert answer in cli("show", run.folder, "ask-anything").stdout
    value = json.loads(cli("show", run.folder, "--json").stdout)
    assert [intent["intent_id"] for intent in value["intents"]] == run.intents["intent_id"].to_pylist()
    assert cli("show", run.folder, "3").exit_code == 2  # merged into another one


# --- one intent -------------------------------------------------------------------------------------


def test_one_intent_has_all_its_facts(cli: Cli, run: Path) -> None:
    printed = cli("show", run, "request-refund").stdout
    for part in (
        "request-refund  customer",
        "9 utterances, 8.6% of all · 9 sentences · P(good) 0.90 clear",
        "said in 9 of 21 calls, 42.9% · main reason for 9 of 21 calls, 42.9%",
        "▁▁▁███ share of the utterances per week · 5.5% → 12.0%, not significant",
        "examples",
        "customer usually continues with",
        "100%  #1 thank-agent",
        "the other side usually says",
    ):
        assert part in printed


@pytest.mark.parametrize("wanted", ["3", "#3", "request-refund", "Request Refund", "REQUEST_REFUND"])
def test_an_intent_is_found_by_number_or_name(facts: Facts, wanted: str) -> None:
    assert find_intent(facts, wanted).name == "request-refund"


def test_chinese_names_are_found_and_shown(cli: Cli, run: Path) -> None:
    assert "重置-密码" in cli("show", run, "重置-密码").stdout


def test_routine_is_called_so(cli: Cli, run: Path) -> None:
    assert "never the main reason for a call" in cli("show", run, "greet-agent").stdout


@pytest.mark.parametrize(
    ("wanted", "near"),
    [("refnd", "request-refund (#3)"), ("refund", "request-refund (#3)"), ("密码", "重置-密码 (#"), ("99", "0 to 7")],
)
def test_an_unknown_intent_is_one_line_with_the_names_near_to_it(cli: Cli, run: Path, wanted: str, near: str) -> None:
    result = cli("show", run, wanted)
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert wanted in result.stderr
    assert near in result.stderr


def test_near_names_are_few_and_distinct() -> None:
    names = [f"inquire-refund-{i}" for i in range(9)]
    assert near_names("refund", names) == names[:4]
    assert near_names("zzzz", names) == []
    assert near_names("", names) == []


def test_json_of_one_intent_names_its_links(cli: Cli, run: Path) -> None:
    value = json.loads(cli("show", run, "request-refund", "--json").stdout)
    assert value["followed_by"] == [{"intent_id": 1, "share": 1.0, "name": "thank-agent"}]
    assert value["periods"][0] == "2024-01-01"
    assert value["branch"] == []


def test_a_long_line_of_blocks_is_shortened() -> None:
    assert len(sparkline(range(1000))) <= 52
    assert sparkline([1.0]) == "█"


# --- kinds ------------------------------------------------------------------------------------------


KINDS = [
    *[Said(f"thanks {i}", "say-thanks", kind="social") for i in range(5)],
    *[Said(f"refund me {i}", "request-refund", kind="need") for i in range(3)],
]


@pytest.mark.parametrize("command", ["show", "discover"])
def test_needs_stand_first_under_a_heading(cli: Cli, home: Path, command: str) -> None:
    run = fake_run(home / "run", KINDS)
    stream = io.StringIO()
    if command == "show":
        print_facts(run, facts_of(load_files(run)), Console(file=stream, width=80))
    else:
        print_report(run, stream)
    order = ["WHY PEOPLE CALL", "request-refund", "WHAT ELSE IS SAID", "say-thanks"]
    places = [stream.getvalue().index(word) for word in order]
    assert places == sorted(places)
    assert "of the utterances, 3 state a need, 5 are social" in stream.getvalue()


def test_an_intent_says_what_it_does(cli: Cli, home: Path) -> None:
    fake_run(home / "run", KINDS)
    assert "social: 100% of its utterances" in cli("show", home / "run", "say-thanks").stdout
    assert json.loads(cli("show", home / "run", "say-thanks", "--json").stdout)["kind"] == "social"
    assert json.loads(cli("show", home / "run", "--json").stdout)["kinds"] == {"need": 3, "social": 5}


def test_a_description_stands_below_the_name(cli: Cli, home: Path) -> None:
    """On a wide terminal, in the table too; in JSON, and under the name that `discover` prints."""
    about = {"request-refund": "Customers want [b]their[/b] money back."}
    run = fake_run(home / "run", [replace(said, description=about.get(said.intent, "")) for said in KINDS])
    lines = cli("show", home / "run", "request-refund").stdout.splitlines()
    assert lines[1] == "Customers want [b]their[/b] money back."
    wide, table = io.StringIO(), io.StringIO()
    print_facts(run, facts_of(load_files(run)), Console(file=wide, width=140))
    print_report(run, table)
    assert "Customers want [b]their[/b] money back." in wide.getvalue()
    assert "about: Customers want [b]their" in table.getvalue()
    lines = [line.strip() for line in table.getvalue().splitlines()]
    assert "about:" not in lines[next(i for i, line in enumerate(lines) if line.startswith("request-refund"))]
    assert json.loads(cli("show", home / "run", "--json").stdout)["intents"][0]["description"].startswith("Customers")


def test_without_kinds_there_are_no_headings(cli: Cli, run: Path) -> None:
    shown = cli("show", run).stdout
    assert "WHY PEOPLE CALL" not in shown
    assert "utterances: " not in shown


def test_the_tree_is_shown_with_its_branches_indented(cli: Cli, home: Path) -> None:
    run = branched_run(home / "branched")
    shown = cli("show", run.folder).stdout.split("TREE OF INTENTS")[1].split("WHO SPEAKS")[0]
    lines = [re.sub(r" {3,}[\d,]+ +[\d.]+%$", "", line.rstrip()).removeprefix(" ") for line in shown.splitlines()]
    place = lines.index("wishes  3 intents")
    number = {name: intent for intent, name in run.found_names.items()}
    assert lines[place : place + 5] == [
        "wishes  3 intents",
        f"├ #{number['重置-密码']} 重置-密码",
        "  orders  2 intents",
        f"  ├ #{number['request-refund']} request-refund",
        f"  └ #{number['inquire-parcel']} inquire-parcel",
    ]
    assert "greet-agent" in shown  # which stands alone


def test_one_intent_says_where_it_is(cli: Cli, home: Path) -> None:
    run = branched_run(home / "branched")
    assert "wishes › orders" in cli("show", run.folder, "request-refund").stdout
    value = json.loads(cli("show", run.folder, "--json").stdout)
    assert [(one["name"], one["parent"], one["n_intents"]) for one in value["branches"]] == [
        ("wishes", -1, 3),
        ("orders", 0, 2),
    ]
    assert {tuple(one["path"]) for one in value["intents"]} == {(), ("wishes",), ("wishes", "orders")}


# --- after an update --------------------------------------------------------------------------------


def test_a_candidate_is_marked_everywhere(cli: Cli, run: Path) -> None:
    path = run / files.INTENTS
    table = pq.read_table(path)
    names = table["name"].to_pylist()
    marks = pa.array([name == "request-refund" for name in names])
    place = table.column_names.index("candidate")
    pq.write_table(table.set_column(place, "candidate", marks), path)
    without_hashes(run)
    everything = cli("show", run).stdout
    assert "1 candidate that nobody has accepted yet: dialin review" in everything
    assert [line for line in everything.splitlines() if "request-refund  candidate" in line]
    assert everything.count("  candidate") == 1
    assert "request-refund  customer  candidate: nobody has" in cli("show", run, "request-refund").stdout
    assert "candidate" not in cli("show", run, "greet-agent").stdout
    cli("report", run)
    html = (run / files.REPORT).read_text("utf-8")
    assert html.count('accepted it yet">candidate</span>') == 1
    assert "1 is a candidate" in html


def test_an_update_names_all_its_inputs(home: Path, run: Path) -> None:
    first = load(run).manifest
    second = replace(first, source=replace(first.source, path="/in/second.csv"), since=str(run), is_update=True)
    assert inputs_line(first) == "calls.jsonl"
    assert inputs_line(second) == "calls.jsonl and second.csv"
    gone = replace(second, since=str(home / "gone"))
    assert inputs_line(gone) == "second.csv and what the updated run held"


def test_a_run_that_follows_itself_is_followed_back_to_an_end(home: Path, run: Path) -> None:
    """A run folder may come from somebody else."""
    found = load(run)
    write_manifest(run, replace(found.manifest, since=str(run), is_update=True))
    assert len(updated_runs(load(run).manifest)) == MAX_UPDATES
    elsewhere = replace(found, folder=home / "elsewhere")
    assert not follows(load(run), elsewhere)
