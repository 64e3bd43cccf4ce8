"""The page of the tree: branches with their intents, and the forms that change it."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from branched_run import branched_run
from dialin.runs.run import Run, load
from dialin.web.app import Access, app_of
from review_client import BASE, TOKEN


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return branched_run(tmp_path / "run")


def client_of(run: Run) -> TestClient:
    client = TestClient(app_of(run, Access(TOKEN, "Ana", 8377, frozenset({"127.0.0.1:8377"}))), base_url=BASE)
    client.get(f"/?token={TOKEN}")
    return client


def send(client: TestClient, **fields: object) -> int:
    headers = {"origin": BASE}
    return client.post("/edit", data={"next": "/tree", **fields}, headers=headers, follow_redirects=False).status_code


def test_branches_are_renamed_and_intents_move(run: Run) -> None:
    client = client_of(run)
    assert "What people want." in client.get("/tree").text
    number = {name: intent for intent, name in run.found_names.items()}
    greet, refund = number["greet-agent"], number["request-refund"]
    assert send(client, do="rename-branch", branch=0, name="why people call") == 303
    assert send(client, do="place", placed=greet, into="new", name="manners") == 303
    assert send(client, do="place", placed=refund, into="none") == 303
    tree = load(run.folder).tree
    assert (tree.path(number["重置-密码"]), tree.path(greet), tree.path(refund)) == (
        ("why people call",),
        ("manners",),
        (),
    )
    log = client.get("/log").text
    assert "renamed a branch to “why people call”" in log
    assert "moved “greet-agent” into the branch “manners”" in log
    assert send(client, do="undo") == 303
    assert load(run.folder).tree.path(refund) == ("why people call", "orders")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"do": "rename-branch", "branch": 0, "name": " "}, "the name of the branch is missing"),
        ({"do": "rename-branch", "branch": 9, "name": "x"}, "branch 9 no longer exists"),
        ({"do": "place", "into": 0}, "nothing is selected"),
        ({"do": "place", "placed": 0, "into": "new", "name": "Wishes"}, "another branch is named"),
        ({"do": "place", "placed": 0, "into": "x"}, "must be a number"),
    ],
)
def test_a_form_that_does_not_fit_changes_nothing(run: Run, fields: dict[str, object], why: str) -> None:
    client = client_of(run)
    answer = client.post("/edit", data={"next": "/tree", **fields}, headers={"origin": BASE})
    assert answer.status_code == 409
    assert why in answer.text
    assert load(run.folder).tree == run.tree
