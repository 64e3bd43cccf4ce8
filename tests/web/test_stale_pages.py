"""Pages that are older than what others decided since, and keys that only read: nothing is written, and why is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dialin.review.edits import Accept, Edit, Merge, Move, Noise, Rename, Split, Undo
from dialin.review.log import DECISIONS, read_log
from dialin.runs.run import load
from dialin.web.app import Access, app_of
from fake_run import calls, fake_run, note
from review_client import BASE, Elements

READER = "a-reading-key"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return fake_run(tmp_path / "run", calls(4)).folder


def browser(folder: Path, name: str = "Ana", key: str = "", group: int = 0) -> TestClient:
    access = Access("a-token", reader=READER, group=group)
    client = TestClient(app_of(load(folder), access), base_url=BASE, headers={"Origin": BASE})
    client.get(f"/?token={key or access.token}")
    client.post("/name", data={"user": name, "next": "/"})
    return client


def seen_on(client: TestClient, path: str) -> str:
    """Return the line of the log that a page says it has seen."""
    found = re.search(r'name="seen" value="(\d+)"', client.get(path).text)
    assert found
    return found[1]


STALE: dict[str, tuple[Edit, dict[str, object]]] = {
    "merged away": (Merge(1, (0,)), {"do": "accept", "intent": 0}),
    "merged into": (Merge(0, (1,)), {"do": "accept", "intent": 0}),
    "renamed": (Rename(0, "other"), {"do": "rename", "intent": 0, "name": "mine"}),
    "lost a sentence": (Noise((0,)), {"do": "accept", "intent": 0}),
    "gained a sentence": (Move((1,), 0), {"do": "merge", "intent": 2, "others": 0}),
    "marked": (Split(0), {"do": "accept", "intent": 0}),
    "accepted": (Accept(0), {"do": "merge", "intent": 2, "others": 0}),
    "sentence moved": (Move((0,), 1), {"do": "move", "s": 0, "to": 2}),
    "sentence is noise": (Noise((0,)), {"do": "give", "s": 0, "name": "mine"}),
    "target renamed": (Rename(2, "other"), {"do": "move", "s": 0, "to": 2}),
}


@pytest.mark.parametrize(("since", "form"), STALE.values(), ids=STALE)
def test_a_stale_page_changes_nothing_and_says_what_changed(folder: Path, since: Edit, form: dict[str, object]) -> None:
    ana = browser(folder)
    seen = seen_on(ana, "/")
    note(folder / DECISIONS, "<b>本</b>", since)
    before = (folder / DECISIONS).read_bytes()
    answer = ana.post("/edit", data={**form, "seen": seen, "next": "/"})
    assert answer.status_code == 409
    assert "older than these decisions" in answer.text
    assert "Line 2:" in answer.text
    assert "&lt;b&gt;本" in answer.text
    assert (folder / DECISIONS).read_bytes() == before
    assert ana.post("/edit", data={"do": "accept", "intent": 3, "seen": seen_on(ana, "/")}).status_code == 200


FRESH: dict[str, tuple[tuple[Edit, ...], dict[str, object]]] = {
    "another intent": ((Rename(1, "other"),), {"do": "accept", "intent": 0}),
    "accepted as well": ((Accept(0),), {"do": "accept", "intent": 0}),
    "undone since": ((Rename(0, "other"), Undo(2)), {"do": "accept", "intent": 0}),
    "target gained": ((Move((1,), 2),), {"do": "move", "s": 0, "to": 2}),
    "verdict on a cluster as found": ((Rename(0, "other"),), {"do": "good", "intent": 0, "group": 1, "look": 0}),
}


@pytest.mark.parametrize(("since", "form"), FRESH.values(), ids=FRESH)
def test_what_others_did_elsewhere_hinders_nobody(
    folder: Path, since: tuple[Edit, ...], form: dict[str, object]
) -> None:
    ana = browser(folder)
    seen = seen_on(ana, "/")
    for edit in since:
        note(folder / DECISIONS, "Ben", edit)
    assert ana.post("/edit", data={**form, "seen": seen}, follow_redirects=False).status_code == 303


def test_only_what_concerns_the_decision_is_listed(folder: Path) -> None:
    ana = browser(folder)
    seen = seen_on(ana, "/intent/0")
    for edit in (Rename(1, "not-this"), Rename(0, "this"), Accept(2), Undo(3)):
        note(folder / DECISIONS, "Ben", edit)
    note(folder / DECISIONS, "Ben", Rename(0, "that"))
    main = ana.post("/edit", data={"do": "accept", "intent": 0, "seen": seen}).text.split("<main")[1]
    assert re.findall(r"Line (\d):", main) == ["6", "5", "3"]


def test_many_decisions_since_are_counted(folder: Path) -> None:
    ana = browser(folder)
    seen = seen_on(ana, "/intent/0")
    for i in range(13):
        note(folder / DECISIONS, "Ben", Rename(0, f"name-{i}"))
    main = ana.post("/edit", data={"do": "accept", "intent": 0, "seen": seen}).text.split("<main")[1]
    assert len(re.findall(r"Line \d+:", main)) == 10
    assert "3 older ones" in main


def test_an_old_page_undoes_nothing_that_it_does_not_show(folder: Path) -> None:
    ana = browser(folder)
    assert ana.post("/edit", data={"do": "accept", "intent": 0}).status_code == 200
    seen = seen_on(ana, "/")
    note(folder / DECISIONS, "Ben", Accept(1))
    note(folder / DECISIONS, "Ana", Rename(2, "in-another-window"))
    answer = ana.post("/edit", data={"do": "undo", "seen": seen})
    assert (answer.status_code, "in-another-window" in answer.text) == (409, True)
    note(folder / DECISIONS, "Ben", Accept(3))
    answer = ana.post("/edit", data={"do": "undo", "seen": seen_on(ana, "/")}, follow_redirects=False)
    assert (answer.status_code, read_log(folder / DECISIONS)[-1].edit) == (303, Undo(4))


@pytest.mark.parametrize("group", [0, 1], ids=["review", "annotation"])
def test_every_form_says_what_its_page_has_seen(folder: Path, group: int) -> None:
    note(folder / DECISIONS, "Ben", Accept(0))
    note(folder / DECISIONS, "Ben", Split(1))
    client = browser(folder, group=group)
    paths = ("/", "/intents", "/intent/0", "/intent/0/split", "/unassigned", "/log", "/search?q=a", "/share-out")
    for path in (*paths, "/judge", "/naming"):
        forms = re.findall(r'<form[^>]*method="post".*?</form>', client.get(path).text, re.S)
        assert forms
        assert all('name="seen" value="3"' in form for form in forms), path


# --- a key that only reads ------------------------------------------------------------------------


def test_the_reading_key_reads_and_writes_nothing(folder: Path) -> None:
    browser(folder).post("/edit", data={"do": "accept", "intent": 0})
    before = (folder / DECISIONS).read_bytes()
    reader = browser(folder, key=READER)
    several = next(i for i in range(9) if len(load(folder).review.members(i)) > 1)
    own = (f"/intent/{several}", f"/intent/{several}/split")
    for path in ("/", *own, "/unassigned", "/log", "/search?q=a", "/progress", "/share-out"):
        answer = reader.get(path)
        assert answer.status_code == 200
        assert "read only" in answer.text
        assert '<fieldset class="read-only" disabled>' in answer.text
        outside = answer.text.split("<fieldset")[0]
        assert [tag for tag, a in Elements(outside).found if tag == "form" and a.get("method") == "post"] == []
    for path in ("/edit", "/name"):
        answer = reader.post(path, data={"do": "accept", "intent": 1, "user": "Ana"}, follow_redirects=False)
        assert (answer.status_code, "only read" in answer.text) == (403, True)
    assert (folder / DECISIONS).read_bytes() == before


def test_the_reading_key_is_not_the_key_and_the_key_replaces_it(folder: Path) -> None:
    reader = browser(folder, key=READER)
    assert "a-token" not in reader.get("/").text
    assert reader.cookies["dialin-0"] == READER
    reader.get("/?token=a-token")
    assert reader.post("/edit", data={"do": "accept", "intent": 0}).status_code == 200


def test_a_reader_gives_no_verdict_and_sees_nobodys(folder: Path) -> None:
    browser(folder, group=1).post("/edit", data={"do": "bad", "intent": 0, "group": 1, "look": 0})
    reader = browser(folder, "Ana", READER, 1)
    reader.cookies["dialin-name"] = "Ana"
    assert reader.get("/judge").status_code == reader.get("/verify").status_code == 403
    assert "judged cluster 0" in reader.get("/log").text
    assert "found cluster 0 bad" not in reader.get("/log").text


def test_each_start_has_two_new_keys() -> None:
    keys = [key for access in (Access(), Access()) for key in (access.token, access.reader)]
    assert len(set(keys)) == 4
    assert min(map(len, keys)) == 32
