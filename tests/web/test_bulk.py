"""Several intents are accepted at once, one line of the log each, and come back with one Undo."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dialin.review.edits import Accept, Entry, Redo, Undo, entry_of
from dialin.review.log import DECISIONS, DecisionLog, read_log
from dialin.runs.run import Run, load
from dialin.web.app import Access, app_of
from fake_run import Said, calls, fake_run, note
from review_client import BASE, TOKEN

N_MANY = 200
MOST_SECONDS = 1.0
"""Seconds of a processor, far more than it takes."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Eight intents, all of them of P(good) 0.9."""
    return fake_run(tmp_path_factory.mktemp("bulk") / "run", calls())


@pytest.fixture
def client(run: Run) -> TestClient:
    (run.folder / DECISIONS).unlink(missing_ok=True)
    return client_of(run)


def client_of(run: Run, user: str = "Ana") -> TestClient:
    client = TestClient(app_of(load(run.folder), Access(TOKEN, user)), base_url=BASE, headers={"Origin": BASE})
    client.get(f"/?token={TOKEN}")
    return client


def post(client: TestClient, **fields: object) -> int:
    return client.post("/edit", data={"next": "/", **fields}, follow_redirects=False).status_code


def n_confirmed(client: TestClient) -> int:
    found = re.search(r"([\d,]+) confirmed", client.get("/").text)
    assert found
    return int(found[1].replace(",", ""))


def edits(run: Run) -> list[object]:
    return [entry.edit for entry in read_log(run.folder / DECISIONS)]


def test_the_ticked_are_accepted_and_undone_and_redone_together(client: TestClient, run: Run) -> None:
    assert post(client, do="accept", intent=5) == 303
    assert post(client, do="accept-ticked", others=["1", "3", "5"]) == 303
    assert edits(run) == [Accept(5), Accept(1), Accept(3)]
    assert n_confirmed(client) == 3
    assert "accepted “" in client.get("/").text
    assert "with 1 other at once" in client.get("/").text
    assert post(client, do="undo") == 303
    assert edits(run)[3:] == [Undo(4), Undo(3)]
    assert n_confirmed(client) == 1
    assert post(client, do="redo") == 303
    assert {edit.line for edit in edits(run)[5:] if isinstance(edit, Redo)} == {3, 4}
    assert n_confirmed(client) == 3


def test_one_line_of_them_can_be_undone_alone_in_the_log(client: TestClient, run: Run) -> None:
    post(client, do="accept-ticked", others=["1", "3", "4"])
    assert post(client, do="undo", line=3) == 303
    assert edits(run)[-1] == Undo(3)
    assert n_confirmed(client) == 2


def test_all_that_are_clear_are_accepted_but_not_what_is_settled(client: TestClient, run: Run) -> None:
    assert "Accept all 8 with P(good) ≥ 0.9" in client.get("/").text
    post(client, do="want-split", intent=2)
    post(client, do="accept", intent=0)
    assert "Accept all 6 with P(good) ≥ 0.9" in client.get("/").text
    assert post(client, do="accept-clear", list="all") == 303
    assert n_confirmed(client) == 7
    assert "Accept all" not in client.get("/").text
    assert len({entry.batch for entry in read_log(run.folder / DECISIONS)[2:]} - {""}) == 1


def test_nothing_to_accept_is_refused(client: TestClient, run: Run) -> None:
    assert post(client, do="accept-ticked") == 409
    post(client, do="accept", intent=1)
    assert post(client, do="accept-ticked", others="1") == 409
    assert post(client, do="accept-ticked", others="999") == 409
    assert edits(run) == [Accept(1)]


def test_what_has_changed_since_the_page_was_shown_is_not_accepted(client: TestClient, run: Run) -> None:
    note(run.folder / DECISIONS, "Ben", Accept(1))
    post(client_of(run, "Ben"), do="rename", intent=3, name="another-name")
    assert post(client, do="accept-ticked", others=["3", "4"], seen=2) == 409
    assert post(client, do="accept-ticked", others=["1", "4"], seen=1) == 303


def test_a_batch_is_read_as_it_was_written(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / DECISIONS)
    one, *two = log.append("Ana", lambda _: Accept(1)), *log.append_all("Ana", lambda _: [Accept(2), Accept(3)])[1:]
    assert one[0].batch == ""
    assert two[0].batch == two[1].batch != ""
    assert read_log(tmp_path / DECISIONS) == [one[0], *two]
    assert entry_of('{"intent_id": 3, "decision": "accept", "batch": 7}', 1) == Entry(1, Accept(3))


def test_many_are_accepted_and_undone_quickly(tmp_path: Path) -> None:
    said = [Said(f"sentence {i} {j}", f"intent-{i}") for i in range(N_MANY) for j in range(2)]
    client = client_of(fake_run(tmp_path / "run", said))
    for do in ("accept-clear", "undo"):
        began = time.process_time()
        assert post(client, do=do, list="all") == 303
        page = client.get("/").text
        assert time.process_time() - began < MOST_SECONDS
        assert f"{N_MANY if do == 'accept-clear' else 0:,} confirmed" in page
