"""A review of many intents: lists stay short, each intent can be named, and what is kept is what is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from dialin.review.edits import Merge, Move
from dialin.review.log import append, read_log
from dialin.runs.run import load
from dialin.web import pages
from dialin.web.app import Access, app_of
from dialin.web.desk import Desk
from fake_run import calls, fake_run
from review_client import BASE, TOKEN

LOG = "decisions.jsonl"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return fake_run(tmp_path / "run", calls()).folder


@pytest.fixture
def client(run: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """As if three intents were many."""
    monkeypatch.setattr(pages, "N_TARGETS", 3)
    made = TestClient(app_of(load(run), Access(token=TOKEN, user="Ana", port=8377)), base_url=BASE)
    made.headers["Origin"] = BASE
    made.get(f"/?token={TOKEN}")
    return made


def edit(client: TestClient, **fields: object) -> int:
    return client.post("/edit", data={"next": "/", **fields}, follow_redirects=False).status_code


def test_a_page_offers_the_nearest_and_says_how_many_it_leaves_out(client: TestClient, run: Path) -> None:
    html = client.get("/intent/0").text
    desk = Desk(load(run))
    near = desk.view().near
    assert near is not None
    for intent in near.nearest_to(0, 3):
        assert f'<option value="{intent}"' in html
    assert html.count("<option value=") == 3 + 3 + 2
    assert f"for one of the {len(desk.view().ranked) - 1 - 3} others, type its name" in html


def test_any_intent_is_merged_or_gets_sentences_by_its_name(client: TestClient, run: Path) -> None:
    view = Desk(load(run)).view()
    row = int(view.state.members(0)[0])
    assert edit(client, do="move", s=row, to="new", new=view.name(5).upper()) == 303
    assert edit(client, do="merge", intent=0, others="named", other=view.name(4)) == 303
    assert edit(client, do="merge", intent=0, others="named", other="no-such-name") == 409
    assert edit(client, do="merge", intent=0, others="named", other=view.name(0)) == 409
    assert [entry.edit for entry in read_log(run / LOG)] == [Move((row,), 5), Merge(0, (4,))]


def test_what_is_kept_between_decisions_is_what_a_fresh_look_finds(run: Path) -> None:
    desk = Desk(load(run))
    state = desk.view().state
    free = state.free
    decided = [
        Move(tuple(state.members(0)[:2].tolist()), 1),
        Merge(2, (3,), "both"),
        Move(tuple(state.members(4)[:1].tolist()), free, "new-one"),
    ]
    for made in decided:
        append(run / LOG, "Ana", lambda _, made=made: made)  # type: ignore[misc]
        kept, fresh = desk.view(), Desk(load(run)).view()
        for own, other in zip(kept.ranked, fresh.ranked, strict=True):
            assert (own.intent, own.name, own.size, own.examples, own.close) == (
                (other.intent, other.name, other.size, other.examples, other.close)
            )
            assert np.isclose(own.doubt, other.doubt)
            assert np.isclose(own.cosine, other.cosine, atol=1e-5)
        assert [r.intent for r in fresh.ranked] == [r.intent for r in kept.ranked]
        told = load(run).intents.to_pylist()
        assert {row["intent_id"]: row["examples"] for row in told} == {r.intent: list(r.examples) for r in kept.ranked}


def test_the_search_says_how_many_intents_it_found(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "N_FOUND", 1)
    html = client.get("/search?q=-").text
    assert "more; add another word of the name" in html
