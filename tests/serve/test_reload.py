"""New decisions and a new run are taken up without a lost request, and a broken one changes nothing."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dialin.review.edits import Merge, Rename
from dialin.review.log import DECISIONS
from dialin.runs.run import Run
from dialin.serve import app
from dialin.serve.served import Shelf
from fake_run import calls, decide, fake_run, reviewed_run
from service import connections, post, service_client, shelf_of

REFUND, PARCEL = "money back, refund please 3 0", "where is my parcel number 1"


@pytest.fixture(autouse=True)
def quick_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "LOOK_SECONDS", 0.02)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return fake_run(tmp_path / "run", calls())


def name_of(client: TestClient, text: str = REFUND) -> str:
    found = post(client, "/predict", {"text": text})
    return str(found["results"][0]["intent"])


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("never came true")


def number(run: Run, name: str) -> int:
    return {known: i for i, known in run.found_names.items()}[name]


def test_a_decision_is_followed(run: Run) -> None:
    notes: list[str] = []
    with service_client(shelf_of(run.folder, notes)) as client:
        before = client.get("/version").json()["version"]
        assert name_of(client) == "request-refund"
        decide(run.folder, Rename(number(run, "request-refund"), "ask-for-money"))
        wait_for(lambda: name_of(client) == "ask-for-money")
        after = client.get("/version").json()["version"]
        assert client.get(f"/intents/{number(run, 'request-refund')}").json()["name"] == "ask-for-money"
        assert 'dialin_renewals_total{outcome="loaded"}' in client.get("/metrics").text
    assert before != after
    assert set(notes) == {f"now serving version {after}"}  # a busy machine may look twice while one decision is written


def test_a_new_run_in_the_folder_is_followed(run: Run, tmp_path: Path) -> None:
    reviewed = reviewed_run(tmp_path / "new" / "run")
    with service_client(shelf_of(run.folder)) as client:
        assert name_of(client, PARCEL) == "inquire-parcel"
        run.folder.rename(tmp_path / "old")
        reviewed.folder.rename(run.folder)
        wait_for(lambda: name_of(client, PARCEL) == "ask-anything")


def test_a_version_belongs_to_its_result_and_decisions(run: Run, tmp_path: Path) -> None:
    first = shelf_of(run.folder).current.version
    shutil.copytree(run.folder, tmp_path / "copy")
    assert shelf_of(tmp_path / "copy").current.version == first
    decide(tmp_path / "copy", Rename(0, "say-hello"))
    assert shelf_of(tmp_path / "copy").current.version != first


@pytest.mark.parametrize("what", ["decisions", "manifest", "missing", "result"])
def test_a_broken_run_is_not_taken_up(run: Run, what: str) -> None:
    """The old one serves on, the service says so, and takes up the next one that can be used."""
    notes: list[str] = []
    manifest = (run.folder / "manifest.json").read_text("utf-8")
    with service_client(shelf_of(run.folder, notes)) as client:
        version = client.get("/version").json()["version"]
        break_run(run.folder, what)
        wait_for(lambda: bool(client.get("/version").json()["failure"]))
        found = client.get("/version").json()
        assert found["version"] == version
        assert name_of(client) == "request-refund"
        assert client.get("/ready").status_code == 200
        time.sleep(0.1)
        (note,) = notes  # not tried again, and again said, until it changes
        assert note == f"keeps version {version}, since the new one cannot be used: {found['failure']}"
        assert 'dialin_renewals_total{outcome="kept the old one"} 1.0' in client.get("/metrics").text
        (run.folder / DECISIONS).unlink(missing_ok=True)
        (run.folder / "manifest.json").write_text(manifest, "utf-8")
        wait_for(lambda: not client.get("/version").json()["failure"])


def break_run(folder: Path, what: str) -> None:
    manifest = folder / "manifest.json"
    if what == "decisions":
        (folder / DECISIONS).write_text("no decision\n", "utf-8")
    elif what == "manifest":
        manifest.write_text("{", "utf-8")
    elif what == "missing":
        manifest.unlink()
    else:
        manifest.write_text(manifest.read_text("utf-8").replace('"complete"', '"started"'), "utf-8")


def test_no_request_is_lost_or_mixed_while_versions_change(run: Run) -> None:
    """Each reply is wholly of one version: its name of the refunds is the one that this version gave them."""
    refund, parcel = number(run, "request-refund"), number(run, "inquire-parcel")
    names = {shelf_of(run.folder).current.version: "request-refund"}
    is_over = False

    def ask(client: TestClient) -> list[tuple[str, set[str]]]:
        found = []
        while not is_over:
            reply = post(client, "/predict", {"texts": [REFUND] * 20})
            found.append((reply["version"], {each["intent"] for each in reply["results"]}))
        return found

    with service_client(shelf_of(run.folder)) as client, ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask, client) for _ in range(4)]
        for n in range(4):
            name = f"name-{n}"
            decide(run.folder, Rename(refund, name) if n < 3 else Merge(parcel, (refund,), name))
            version = shelf_of(run.folder).current.version
            names[version] = name
            wait_for(lambda version=version: client.get("/version").json()["version"] == version)  # type: ignore[misc]
        is_over = True
        replies = [reply for each in asking for reply in each.result()]
    assert {version for version, _ in replies} == set(names)
    assert all(found == {names[version]} for version, found in replies)


def test_the_embedder_stays_open_unless_another_one_is_needed(run: Run) -> None:
    opened = []

    def connect(_: Run) -> object:
        opened.append(connections())
        return opened[-1]

    shelf = Shelf(run.folder, connect, lambda _: None)  # type: ignore[arg-type]
    assert not shelf.is_due
    shelf.ask()  # as SIGHUP does
    assert shelf.is_due
    assert shelf.renew()
    assert not shelf.is_due
    assert len(opened) == 1
    assert shelf.current.answers.opened is opened[0]
