"""What a run prints when it ends: the table of its intents and the lines under it, and the same as JSON."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Cli
from rich.cells import cell_len

from dialin.cluster.granularity import SuggestedNumber
from dialin.errors import InputError
from dialin.facts.headline import Summary, summary_of
from dialin.files import TIMING, write_json
from dialin.report.terminal import console_on, print_intents, print_report
from dialin.report.totals import said_line, stored_line, suggestion_line
from dialin.runs.run import load
from dialin.text.screen import SafeConsole
from fake_run import Said, fake_run
from run_commands import discover
from scripted import ScriptedBackend

KINDS = [
    *[Said(f"thanks {i}", "say-thanks", f"d{i % 2}", kind="social") for i in range(5)],
    *[Said(f"refund me {i}", "request-refund", "d0", kind="need") for i in range(3)],
]
LONG = ("inquire-credit-card-payment-status", "查询-信用卡还款状态和最近的账单明细")


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    return summary_of(fake_run(tmp_path_factory.mktemp("summary") / "run", KINDS))


def intent(name: str, role: str | None = None, *examples: str) -> dict[str, object]:
    base = {"intent_id": 0, "name": name, "size": 60, "n_occurrences": 1234, "p_good": 0.912, "kind": ""}
    counts = {"share": 0.6, "n_dialogues": None, "dialogue_share": None}
    return base | counts | {"description": "", "role": role, "examples": list(examples)}


def printed(*intents: dict[str, object], width: int | None = 80) -> list[str]:
    """Return the table on a terminal of this width; None: in a pipe."""
    stream = io.StringIO()
    options = {"width": width or 80, "force_terminal": width is not None}
    print_intents(SafeConsole(stream, color_system=None, **options), intents)
    return stream.getvalue().splitlines()


def test_the_table_fits_80_columns_with_chinese_and_long_texts() -> None:
    lines = printed(
        intent("查询-物流进度", "customer", "我的包裹到哪了" * 20, "快递怎么还没到"),
        intent("inquire-" + "very-" * 30 + "long", "agent", "word " * 200, "second"),
    )
    assert max(map(cell_len, lines)) <= 80
    assert len([line for line in lines if line.strip()]) == 2 + 2 * 2  # head and rule, two lines an intent
    assert any("查询-物流进度" in line for line in lines)
    assert any("…" in line for line in lines)


def test_columns_line_up_under_chinese_names() -> None:
    lines = printed(intent("查询-物流", None, "甲"), intent("inquire-x", None, "乙"))
    rows = [line for line in lines if "1,234" in line]
    ends = {cell_len(line[: line.index("1,234")]) for line in rows}
    assert len(rows) == 2
    assert len(ends) == 1


def test_beside_the_probability_stands_its_word() -> None:
    assert any("0.91 clear" in line for line in printed(intent("a-b", "agent", "x")))


def test_the_role_column_is_there_only_where_roles_are() -> None:
    assert "role" not in printed(intent("a-b", None, "x"))[1]
    assert "role" in "".join(printed(intent("a-b", "agent", "x")))


def test_markup_in_the_data_is_text() -> None:
    lines = "".join(printed(intent("a-b", None, "[red]x[/red] [/]")))
    assert "[red]x[/red] [/]" in lines


@pytest.mark.parametrize("role", [None, "customer"])
@pytest.mark.parametrize("width", [70, 80, 120, 200])
def test_names_are_cut_only_where_a_terminal_has_no_room(width: int, role: str | None) -> None:
    """The figures and blanks take 35 columns, and 10 more with roles; the examples keep the 8 of their heading.

    The longer name takes 35 columns, so there is room for it from 35 + 35 + 8 = 78 columns on, or 88 with roles.
    """
    lines = printed(*(intent(name, role, "word " * 100, "文" * 200) for name in LONG), width=width)
    assert {cell_len(line) for line in lines} == {width}
    is_whole = [any(name in line for line in lines) for name in LONG]
    assert is_whole == [width >= (88 if role else 78)] * 2
    names = [line.split()[0] for line in lines[3:7:2]]
    assert all(
        long.startswith(name.removesuffix("…")) and len(name) > 5 for long, name in zip(LONG, names, strict=True)
    )
    heads = ("intent", "utterances", "share", "P(good)", "role" if role else "", "examples")
    assert all(word in lines[1] for word in heads)
    assert sum("1,234  60.0%  0.91 clear" in line for line in lines) == 2


@pytest.mark.parametrize("width", [30, 40, 50])
def test_a_narrow_terminal_still_has_the_beginning_of_names(width: int) -> None:
    lines = printed(*(intent(name, "customer", "word " * 100) for name in LONG), width=width)
    assert max(map(cell_len, lines)) <= width
    assert any(line.strip().startswith("in") for line in lines[3:])


def test_examples_have_the_room_that_short_names_leave() -> None:
    assert any(
        "how do i block my card right now" in line
        for line in printed(intent("a-b", None, "how do i block my card right now"))
    )


def test_where_there_are_dialogues_the_share_is_that_of_calls_and_utterances_follow() -> None:
    """27 of 120 calls are 22.5 %. One whose calls are withheld has no share of them."""
    told = intent("find-bike", "customer", "x") | {"n_dialogues": 27, "dialogue_share": 27 / 120}
    _, head, _, first, second, *_ = printed(told, intent("a-b", "customer", "y"), width=None)
    assert head.split()[:4] == ["intent", "of", "calls", "utterances"]
    assert first.split()[:3] == ["find-bike", "22.5%", "1,234"]
    assert second.split()[:2] == ["a-b", "1,234"]


@pytest.mark.parametrize(
    ("suggested", "line"),
    [
        (SuggestedNumber(16, 8, 29), "The number of intents, 14, is plausible: the sentences suggest 8 to 29."),
        (SuggestedNumber(9, 3, 27), "… plausible: the sentences suggest very roughly 9 (the report has the interval)."),
        (SuggestedNumber(30, 20, 40), "… low: the sentences suggest 20 to 40."),
        (SuggestedNumber(5, 3, 8), "… high: the sentences suggest 3 to 8."),
        (None, ""),
    ],
)
def test_the_number_of_intents_is_compared_with_the_suggested_one(
    summary: Summary, suggested: SuggestedNumber | None, line: str
) -> None:
    """An interval from 3 to 27 is ninefold, so it is not shown."""
    intents = [{"kind": ""}] * 14
    said = line.replace("…", "The number of intents, 14, is")
    assert suggestion_line(replace(summary, intents=intents, suggested=suggested, is_fitted=True)) == said


def test_utterances_that_are_needs_and_those_in_intents_of_needs_are_told_apart(summary: Summary) -> None:
    intents = [{"kind": "need", "n_occurrences": 129}, {"kind": "social", "n_occurrences": 9}]
    told = replace(summary, intents=intents, kinds={"need": 114, "social": 24})
    apart = "read one by one, 114 state a need, 24 are social; the intents of needs, leftover groups included, hold 129"
    assert said_line(told) == f"{apart} of any kind"
    alike = replace(told, kinds={"need": 129, "social": 9})
    assert said_line(alike) == "of the utterances, 129 state a need, 9 are social"


def test_stored_replies_are_told_from_calls_that_were_made(tmp_path: Path, summary: Summary) -> None:
    run = fake_run(tmp_path / "run", KINDS)
    sessions = [{"actual": {"calls": 20, "cached": 0}}, {"actual": {"calls": 3, "cached": 20}}]
    write_json(run.folder / TIMING, {"sessions": sessions})
    line = "of the 215 LLM calls, the run made 23; 192 replies were stored already"
    assert stored_line(run, replace(summary, questions=215)) == line
    assert stored_line(run, replace(summary, questions=23)) == ""
    (run.folder / TIMING).unlink()
    assert stored_line(run, replace(summary, questions=215)) == ""


def test_a_heading_says_how_many_intents_and_utterances_it_has(tmp_path: Path) -> None:
    stream = io.StringIO()
    print_report(fake_run(tmp_path / "run", KINDS), stream)
    assert "WHY PEOPLE CALL  1 intent, 3 utterances\n" in stream.getvalue()
    assert "WHAT ELSE IS SAID  1 intent, 5 utterances\n" in stream.getvalue()
    assert " in 2 calls · expected goodness" in stream.getvalue()
    assert re.search(r"request-refund +50\.0% +3 ", stream.getvalue())  # of the two dialogues, in one


def test_a_pipe_gets_names_and_examples_whole() -> None:
    long = "word " * 100 + "end"
    lines = printed(*(intent(name, "agent", long, "文" * 200) for name in LONG), width=None)
    rows = [line for line in lines if "1,234" in line]
    assert [line.split()[0] for line in rows] == list(LONG)
    assert all(line.endswith(f"  {long}") for line in rows)
    assert "…" not in "".join(lines)
    assert len({cell_len(line[: line.index("1,234")]) for line in rows}) == 1
    others = [line for line in lines if "word" not in line and "文" not in line and "utterances" not in line]
    assert max(map(cell_len, others)) <= 80
    assert [line for line in lines if line != line.rstrip()] == []


def test_what_acts_on_a_terminal_is_not_in_a_pipe() -> None:
    assert any("a [31mred b" in line for line in printed(intent("a-b", None, "a \x1b[31mred\u202e b"), width=None))


def test_a_pipe_gets_no_colours_and_80_columns() -> None:
    console = console_on(io.StringIO())
    assert (console.width, console.color_system) == (80, None)


def test_totals_say_what_was_found_paid_and_left(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    result = cli("discover", calls, "--out", "run", "--llm", "test:scripted")
    assert "\x1b" not in result.stdout
    assert "…" not in result.stdout
    found = r"^5 intents · [\d.]+% of 80 utterances · expected goodness \d\.\d\d \(.*\), purity \d\.\d\d$"
    assert re.search(found, result.stdout, re.M)
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
