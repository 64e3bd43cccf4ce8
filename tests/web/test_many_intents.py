"""A review of many intents: lists stay short, each intent can be named, and what is kept is what is there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from dialin.review.edits import Accept, Edit, Merge, Move, Noise, Redo, Rename, Split, SplitPart, Undo
from dialin.review.log import append, read_log
from dialin.review.rank import RankedIntent
from dialin.review.state import ReviewState
from dialin.runs.run import load
from dialin.web import pages
from dialin.web.app import Access, app_of
from dialin.web.desk import Desk, View
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


def test_the_bar_of_doubt_is_explained_and_counts_nothing(client: TestClient) -> None:
    html = client.get("/intents").text
    assert "The longer the bar “look”, the more there may be to correct" in html
    assert "eeds come before leftover groups and what else is said, and the most doubtful intents before" in html
    assert re.search(r'<span class="unseen">100 of 100</span>', html)
    assert re.search(r"about [\d,]+ of the utterances may not fit · close to", client.get("/intent/0").text)


@pytest.mark.parametrize(
    ("misfits", "line"),
    [
        (34.4, "Much of this is unsure: begin at the top, and stop where the intents look right."),
        (33.3, "About 33 of the 100 utterances with an intent may not fit theirs."),
        (0.0, "About 0 of the 100 utterances with an intent may not fit theirs."),
    ],
)
def test_how_many_are_in_doubt_is_told_where_that_is_a_small_part(run: Path, misfits: float, line: str) -> None:
    found = pages.overview(Desk(load(run)).view(), 1)
    assert replace(found, misfits=misfits, n_assigned=100).in_doubt == line


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
        check_as_fresh(desk.view(), run)
        assert [row.close for row in desk.view().ranked] == [row.close for row in Desk(load(run)).view().ranked]


def without_sums(row: RankedIntent) -> RankedIntent:
    """Return an intent without what rounding may change: of two that are equally near, it decides which is nearest."""
    return row._replace(doubt=0.0, cosine=0.0, close=0, close_name="")


def check_as_fresh(kept: View, run: Path) -> None:
    """Check what a desk keeps against a desk that has just been opened, and against the tables of the run."""
    fresh = Desk(load(run)).view()
    for own, other in zip(kept.ranked, fresh.ranked, strict=True):
        assert np.isclose(own.doubt, other.doubt)
        assert np.isclose(own.cosine, other.cosine, atol=1e-5)
        assert without_sums(own) == without_sums(other)
    told = load(run).intents.to_pylist()
    assert {row["intent_id"]: row["examples"] for row in told} == {r.intent: list(r.examples) for r in kept.ranked}
    assert {row["intent_id"]: row["uid"] for row in told} == {r.intent: r.uid for r in kept.ranked}


def any_edit(state: ReviewState, rng: Random, line: int) -> Edit:
    """Return an edit of any kind, which mostly fits the state."""
    ids, rows = sorted(state.intents), rng.sample(range(len(state.labels)), 3)
    own, other = rng.sample(ids, 2)
    members = state.members(own).tolist()
    halves = (SplitPart(own, "", tuple(members[1:])), SplitPart(state.free, "part", tuple(members[:1])))
    parts = Split(own, halves) if len(members) > 1 else Split(own)
    edits: list[Edit] = [
        *(Accept(own), Rename(own, f"name-{line}"), Merge(own, (other,)), parts, Split(own), Noise(tuple(rows))),
        *(Move(tuple(rows), own), Move(tuple(rows), state.free, "new"), Undo(rng.randint(2, line)), Redo(line - 1)),
    ]
    return rng.choice(edits)


def test_after_any_decisions_what_is_kept_is_what_a_fresh_look_finds(run: Path) -> None:
    desk, rng = Desk(load(run)), Random(2)
    for n in range(40):
        made = any_edit(desk.view().state, rng, n + 2)
        append(run / LOG, "Ana", lambda _, made=made: made)  # type: ignore[misc]
        if n % 8 == 7:
            check_as_fresh(desk.view(), run)


def test_the_pages_after_a_decision_are_those_of_a_review_that_is_opened_then(client: TestClient, run: Path) -> None:
    """Each kind of decision, one after the other: what is kept between them shows on no page."""
    forms = (
        {"do": "accept", "intent": "0"},
        {"do": "rename", "intent": "1", "name": "renamed"},
        {"do": "merge", "intent": "2", "others": "3"},
        {"do": "move", "s": "0", "to": "5"},
        {"do": "noise", "s": "9"},
        {"do": "undo"},
    )
    for form in forms:
        assert edit(client, **form) == 303
        opened = TestClient(app_of(load(run), Access(token=TOKEN, user="Ana", port=8377)), base_url=BASE)
        opened.get(f"/?token={TOKEN}")
        for path in ("/", "/intents?list=check", "/intent/0", "/intent/5", "/unassigned", "/search?q=card", "/log"):
            assert client.get(path).text == opened.get(path).text, (form, path)


@given(
    st.lists(st.text("ab c取消.*\\\0", max_size=6), max_size=8),
    st.lists(st.text("ab取.*\\\0", min_size=1, max_size=2), max_size=3),
)
def test_the_search_finds_the_texts_that_hold_every_word(texts: list[str], wanted: list[str]) -> None:
    found = pages.holding(pa.array(texts, pa.large_string()), wanted).tolist()
    assert found == [i for i, text in enumerate(texts) if wanted and all(word in text for word in wanted)]


def test_the_search_says_how_many_intents_it_found(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "N_FOUND", 1)
    html = client.get("/search?q=-").text
    assert "more; add another word of the name" in html
