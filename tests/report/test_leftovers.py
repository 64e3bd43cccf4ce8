"""Leftover groups come after the needs, wherever intents are listed; their numbers stay those of the files."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from dialin.facts.build import facts_of
from dialin.facts.facts import Facts
from dialin.facts.loaded import LoadedRun, load_files
from dialin.report.html import fill_templates, open_page
from dialin.report.notebook import Picture
from dialin.report.one_intent import LEFTOVER_LINE, figure_lines
from dialin.report.overview import print_facts
from dialin.report.page import Page
from dialin.runs.run import Run
from fake_run import Said, fake_run

SAID = [
    *[Said(f"hm {i}", "various-requests", f"a{i}", "customer", kind="need") for i in range(5)],
    *[Said(f"refund me {i}", "request-refund", f"b{i}", "customer", kind="need") for i in range(3)],
    *[Said(f"thanks {i}", "say-thanks", f"b{i}", "customer", kind="social") for i in range(4)],
]
ORDER = ["request-refund", "various-requests", "say-thanks"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return fake_run(tmp_path_factory.mktemp("runs") / "run", SAID)


@pytest.fixture(scope="module")
def facts(run: Run) -> Facts:
    """All P(good) are 0.2, so that nothing is clear."""
    contents: LoadedRun = load_files(run)
    rows = [row | {"p_good": 0.2} for row in contents.summary.intents]
    return facts_of(replace(contents, summary=replace(contents.summary, intents=rows)))


@pytest.fixture(scope="module")
def page(run: Run, facts: Facts) -> Page:
    return replace(open_page(run), facts=facts)


def test_the_largest_leftover_comes_after_the_needs(facts: Facts) -> None:
    assert [one.name for one in facts.listed] == ORDER
    assert [one.intent_id for one in facts.listed] == [1, 0, 2]
    assert sum(one.n_occurrences for _, own in facts.sections for one in own) == len(SAID)


def test_a_leftover_is_the_last_main_reason(facts: Facts) -> None:
    assert [(one.name, one.n_reason) for one in facts.reasons] == [("request-refund", 3), ("various-requests", 5)]


def test_the_terminal_lists_them_under_their_heading(run: Run, facts: Facts) -> None:
    stream = io.StringIO()
    print_facts(run, facts, Console(file=stream, width=100))
    heads = ["WHY PEOPLE CALL  1 intent, 3 utterances", "LEFTOVER GROUPS: READ BEFORE USE  1 intent, 5 utterances"]
    reasons = ["MAIN REASONS FOR CALLS", "request-refund", "various-requests  leftover group"]
    places = [stream.getvalue().rindex(part) for part in [*heads, "WHAT ELSE IS SAID  1 intent, 4"]]
    assert places == sorted(places)
    told = stream.getvalue().split(reasons[0])[1]
    assert told.index(reasons[1]) < told.index(reasons[2])


def test_one_of_them_says_what_it_is(facts: Facts) -> None:
    assert LEFTOVER_LINE in figure_lines(facts, facts.intent(0))
    assert LEFTOVER_LINE not in figure_lines(facts, facts.intent(1))


def test_the_page_and_the_notebook_list_them_alike(page: Page) -> None:
    html = fill_templates(page)
    assert [group.name for group in page.groups] == ["needs", "leftovers", "others"]
    places = [html.index(f'id="intent-{number}"') for number in (1, 0, 2)]
    assert places == sorted(places)
    assert '<span class="tag">leftover group</span>' in html
    assert page.about_intents == "1 role; 1 is why people call; 1 leftover group"
    assert [one.name for one in Picture(page).intents] == ORDER
    assert '"listed":[1,0,2]' in html.replace(" ", "")  # the list beside the map


def test_no_bar_of_a_main_reason_is_longer_than_its_cell(page: Page) -> None:
    """The leftover has more calls than the reason that stands first: 3 of 5 is 60 %."""
    html = fill_templates(page).split('id="calls-title"')[1].split("</section>")[0]
    assert "width:60.0%" in html
    assert "width:100.0%" in html


def test_a_leftover_with_more_calls_than_a_shown_reason_is_shown_with_it(facts: Facts) -> None:
    """Of two reasons, the first has 3 calls; the leftover group has 5, so it is not hidden among the others."""
    assert [one.n_reason for one in facts.top_reasons(1)] == [3, 5]
    assert facts.top_reasons(0) == [facts.intent(0)]
