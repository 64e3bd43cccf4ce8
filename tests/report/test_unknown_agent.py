"""What a run says of roles of which none is known as the agent's, and where it stands."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from dialin.facts.build import facts_of
from dialin.facts.facts import Facts
from dialin.facts.loaded import load_files
from dialin.facts.unknown_speakers import unknown_agent_line
from dialin.report.html import fill_templates, open_page
from dialin.report.overview import MIN_ROLE_WIDTH, intents_grid
from dialin.report.totals import totals
from dialin.runs.run import Run, load
from fake_run import Said, fake_run

LINE = "Who is the agent? The roles are Berater and Kunde, so what agents say may count as needs"
LONG = "report-a-very-long-name-of-this"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    said = [Said("where is it", LONG, "d", role="Kunde"), Said("one moment", "provide-help", "d", role="Berater")]
    folder = tmp_path_factory.mktemp("roles") / "run"
    fake_run(folder, said)
    return load(folder)


@pytest.fixture(scope="module")
def facts(run: Run) -> Facts:
    return facts_of(load_files(run))


def test_the_terminal_and_the_page_ask_who_the_agent_is(run: Run, facts: Facts) -> None:
    assert any(line.startswith(LINE) for line in totals(run, facts.summary))
    assert LINE in fill_templates(open_page(run))


def test_nothing_is_asked_where_an_agent_is_known(facts: Facts) -> None:
    rows = [row | {"role": role} for row, role in zip(facts.summary.intents, ["customer", "agent"], strict=True)]
    assert replace(facts.summary, intents=rows).unknown_agent == ""


def test_many_roles_are_counted() -> None:
    """Of six roles, four are named."""
    assert "The roles are a, b, c, d and 2 more, so" in unknown_agent_line("abcdef")


@pytest.mark.parametrize(("width", "has_role"), [(MIN_ROLE_WIDTH - 1, False), (MIN_ROLE_WIDTH, True)])
def test_a_narrow_terminal_folds_names_and_leaves_roles_out(facts: Facts, width: int, has_role: bool) -> None:
    stream = io.StringIO()
    Console(file=stream, width=width).print(intents_grid(facts, facts.intents, width))
    shown = stream.getvalue()
    assert ("Kunde" in shown) == has_role
    assert "…" not in shown
    assert LONG in "".join(line[4:].split("  ")[0].strip() for line in shown.splitlines() if "─" not in line)
