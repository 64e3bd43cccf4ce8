"""Groups of new sentences inside known intents: in the review, the report and the terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from starlette.testclient import TestClient

from dialin import files
from dialin.facts.build import facts_of
from dialin.facts.loaded import load_files
from dialin.facts.withheld import withhold
from dialin.report.html import ReportView, report_html
from dialin.report.overview import print_facts
from dialin.review.edits import Move
from dialin.review.log import DECISIONS, read_log
from dialin.runs.run import Run, load
from dialin.web.app import Access, app_of
from fake_run import calls, fake_run
from later_run import numbers_by_name, uids_by_name
from review_client import BASE, TOKEN

TAKEN_BY = "request-refund"
WORDS = ("New groups inside known intents", "money back, refund please 3 0", "3 new utterances")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run in which three sentences of one intent, and one of none, are a new group."""
    run = fake_run(tmp_path_factory.mktemp("groups") / "run", calls())
    rows = [i for i, text in enumerate(run.corpus.texts) if "refund please 3" in text]
    intents = [{"uid": uids_by_name(run)[TAKEN_BY], "n": 3}, {"uid": "gone", "n": 0}]
    group = {"p": 0.004, "n_new": 4, "n_old": 0, "n_nowhere": 1, "intents": intents, "sentences": rows}
    files.write_json(run.folder / files.DRIFT, {"intents": [], "inside": [group]})
    return run


@pytest.fixture
def client(run: Run) -> TestClient:
    (run.folder / DECISIONS).unlink(missing_ok=True)
    client = TestClient(app_of(load(run.folder), Access(TOKEN, "Ana")), base_url=BASE, headers={"Origin": BASE})
    client.get(f"/?token={TOKEN}")
    return client


def rows_of(run: Run) -> list[int]:
    return [i for i, text in enumerate(run.corpus.texts) if "refund please 3" in text]


def test_the_desk_tells_the_group_with_its_sentences(client: TestClient) -> None:
    assert '<a href="/groups">New groups <span class="count">1</span></a>' in client.get("/").text
    page = client.get("/groups").text
    assert "3 new utterances, and 1 without an intent" in page
    assert page.count(" checked ") == 3
    assert "request-refund" in page


def test_one_decision_makes_an_intent_of_it_and_one_undo_takes_it_back(client: TestClient, run: Run) -> None:
    fields = {"do": "move", "to": "new", "new": "refund-on-card", "s": rows_of(run), "next": "/groups"}
    assert client.post("/edit", data=fields, follow_redirects=False).status_code == 303
    (entry,) = read_log(run.folder / DECISIONS)
    assert isinstance(entry.edit, Move)
    assert (entry.edit.name, sorted(entry.edit.sentences)) == ("refund-on-card", rows_of(run))
    assert "No group waits." in client.get("/groups").text
    assert 'href="/groups"' not in client.get("/").text
    assert load_files(load(run.folder)).groups == ()
    client.post("/edit", data={"do": "undo", "next": "/"})
    assert "3 new utterances" in client.get("/groups").text


def test_the_report_and_the_terminal_tell_it(run: Run) -> None:
    html, stream = report_html(run), io.StringIO()
    print_facts(run, facts_of(load_files(run)), Console(file=stream, width=100))
    assert all(word in html for word in WORDS)
    number = numbers_by_name(run)[TAKEN_BY]
    told = stream.getvalue().split("NEW GROUPS INSIDE KNOWN INTENTS")[1]
    assert f"3 new utterances in #{number} request-refund (3), and 1 without an intent:" in told
    assert "dialin review makes an intent of a group" in told


def test_sentences_and_groups_of_few_people_can_be_left_out(run: Run) -> None:
    html = report_html(run, ReportView(sentences=False))
    assert "3 new utterances" in html
    assert "refund please 3 0" not in html
    assert withhold(load_files(run), 2).groups == ()


def test_a_run_without_groups_has_no_such_part(tmp_path: Path) -> None:
    run = fake_run(tmp_path / "run", calls())
    client = TestClient(app_of(run, Access(TOKEN, "Ana")), base_url=BASE, headers={"Origin": BASE})
    client.get(f"/?token={TOKEN}")
    assert 'href="/groups"' not in client.get("/").text
    assert 'id="groups"' not in report_html(run)
