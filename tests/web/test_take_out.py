"""The form that takes the intents out of a review: what it offers, what it gives, and what it refuses."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dialin.export.registry import FORMATS
from dialin.export.run_export import export_of
from dialin.export.wanted import Wanted
from dialin.review.edits import Accept
from dialin.runs.run import load
from dialin.web.app import Access, app_of
from dialin.web.serve import access_of
from fake_run import decide
from review_client import BASE, TOKEN, Elements
from shop_run import shop_run

READER = "a-reader"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shop_run(tmp_path / "my shop").folder


def client_of(folder: Path, key: str = TOKEN) -> TestClient:
    hosts = access_of("127.0.0.1", 8377, "").hosts
    app = app_of(load(folder), Access(token=TOKEN, reader=READER, port=8377, hosts=hosts, user="Ana"))
    client = TestClient(app, base_url=BASE, headers={"Origin": BASE})
    client.get(f"/?token={key}")
    return client


def test_the_archive_holds_the_export_with_the_decisions_so_far(folder: Path) -> None:
    client = client_of(folder)
    client.get("/")
    run = load(folder)
    run = decide(folder, Accept(min(run.review.used)))
    answer = client.get("/export.zip?to=clu&reviewed=on&max_phrases=7&min_p_good=0.50&role=customer&none=on")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="my_shop-clu.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    wanted = Wanted(max_phrases=7, reviewed=True, min_p_good=0.5, with_none=True)
    assert found == export_of(run, FORMATS["clu"], wanted).files
    assert json.loads(found["export.json"])["n_intents"] == 1


def test_an_empty_form_gives_what_is_usual(folder: Path) -> None:
    answer = client_of(folder).get("/export.zip?to=rasa&max_phrases=&min_p_good=&role=customer")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == export_of(
            load(folder), FORMATS["rasa"]
        ).files


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("to=alexa", "there is no format &#39;alexa&#39;"),
        ("", "there is no format &#39;&#39;"),
        ("to=rasa&max_phrases=0", "must be a number of 1 or more"),
        ("to=rasa&max_phrases=many", "must be a number of 1 or more"),
        ("to=rasa&min_p_good=2", "must be between 0 and 1"),
        ("to=rasa&role=nobody", "there is no role"),
        ("to=rasa&reviewed=on", "6 not accepted in a review"),
        ("to=botpress&max_phrases=500", "must be at most 100 for botpress"),
    ],
)
def test_what_cannot_be_exported_is_said_on_a_page(folder: Path, query: str, message: str) -> None:
    answer = client_of(folder).get(f"/export.zip?{query}")
    assert answer.status_code == 409
    assert "Nothing was exported: " in answer.text
    assert message in answer.text


def test_the_form_offers_the_formats_and_the_command(folder: Path) -> None:
    html = client_of(folder).get("/export").text
    values = [attributes.get("value") for tag, attributes in Elements(html).found if tag == "option"]
    assert [value for value in values if value in FORMATS] == [name for name, form in FORMATS.items() if name in values]
    assert set(FORMATS) - set(values) <= {"spacy", "xlsx"}
    assert "dialin export &#39;" in html
    assert "6 intents" not in html
    assert "8 intents, 0 accepted" in html


def test_who_may_only_read_may_export(folder: Path) -> None:
    client = client_of(folder, READER)
    html = client.get("/export").text
    assert "read only" in html
    assert not [tag for tag, attributes in Elements(html).found if tag == "fieldset"]
    assert client.get("/export.zip?to=csv").status_code == 200
    assert [tag for tag, _ in Elements(client.get("/").text).found if tag == "fieldset"]


def test_strangers_get_nothing(folder: Path) -> None:
    assert client_of(folder, "wrong").get("/export.zip?to=csv").status_code == 403
