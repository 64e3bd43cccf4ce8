"""What the page about the service says is so: its requests are answered, its figures are those of the study."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from conftest import Cli
from starlette.testclient import TestClient

from dialin.cli.serve import serve
from dialin.review.edits import Accept
from dialin.serve.questions import CUT_CHARACTERS, LONGEST_CUT
from dialin.serve.rules import Rules
from doc_pages import ROOT, blocks, page, shell_lines
from fake_run import calls, decide, fake_run
from service import ADDRESS, service_client, shelf_of
from shop_run import shop_run

GUIDE, CLASSIFIER = "docs/guide/serve.md", "docs/guide/classifier.md"
REQUESTS = [line for block in blocks(page(GUIDE), "bash") for line in block.splitlines()]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    run = fake_run(tmp_path_factory.mktemp("guide") / "run", calls())
    with service_client(shelf_of(run.folder)) as opened:
        yield opened


@pytest.mark.parametrize("line", REQUESTS)
def test_requests_are_answered(client: TestClient, line: str) -> None:
    command, url, option, header, body_option, body = shlex.split(line)
    assert (command, option) == ("curl", "-H")
    assert body_option == ("--data-binary" if body.startswith("@") else "-d")
    content = '{"text": "where is my parcel number 1"}\n' * 300 if body.startswith("@") else body
    name, value = header.split(": ")
    reply = client.post(url.removeprefix(ADDRESS), content=content.encode(), headers={name: value})
    assert reply.status_code == 200, reply.text
    if "parcel" in content:
        assert "inquire-parcel" in reply.text


def test_the_reply_that_is_shown_has_the_form_of_a_reply(client: TestClient) -> None:
    shown, _ = map(json.loads, blocks(page(GUIDE), "json"))
    found = client.post("/predict", json={"text": "where is my parcel number 1"}).json()
    assert list(shown) == list(found)
    assert list(shown["results"][0]) == list(found["results"][0])
    assert list(shown["results"][0]["ranking"][0]) == list(found["results"][0]["ranking"][0])


def test_the_result_with_several_intents_is_shown_with_its_places(client: TestClient) -> None:
    _, shown = map(json.loads, blocks(page(GUIDE), "json"))
    (found,) = client.post("/predict", json={"text": shown["text"], "multi": True}).json()["results"]
    assert list(shown) == list(found)
    places = [[(one["start"], one["end"], one["name"]) for one in each["intents"]] for each in (shown, found)]
    assert places[0] == places[1]
    assert [list(one) for one in shown["intents"]] == [list(one) for one in found["intents"]]
    assert f"{LONGEST_CUT:,} characters in an utterance" in page(GUIDE)
    assert f"{CUT_CHARACTERS} characters in a JSON request" in page(GUIDE)


def test_the_cost_of_several_intents_is_that_of_the_study() -> None:
    clients = json.loads((ROOT / "studies/own/results/serve_multi.json").read_text("utf-8"))["clients"]
    for kind in ("one sentence", "two sentences"):
        ways = [clients[n][f"{kind}, {word}"] for n in ("1", "16") for word in ("without", "with")]
        cells = " | ".join(f"{way['requests_per_second']:.0f}" for way in ways)
        assert f"| {kind} | {cells} |" in page(GUIDE)
        assert {way["errors"] for way in ways} == {0}


def test_all_options_and_their_defaults_are_told() -> None:
    text = page(GUIDE)
    for option in serve.params:
        if isinstance(option, click.Option) and option.name != "_" and "--allow-server" not in option.opts:
            assert option.opts[0] in text
    rules = Rules()
    assert f"{rules.max_texts:,} utterances" in text
    assert f"{rules.max_waiting} requests" in text
    assert f"{rules.window * 1_000:.0f} milliseconds" in text
    assert f"{rules.max_body >> 20}MB" in text


def test_the_figures_of_the_classifier_are_those_of_the_study() -> None:
    sets = json.loads((ROOT / "studies/own/results/classifier.json").read_text("utf-8"))["sets"]
    rows = {"predict": "`dialin predict`", "classifier, 20% outside": "classifier"}
    rows |= {"classifier without none": "classifier without *none of these*"}
    rows |= {"classifier, 50% outside": "classifier, if half of what it hears is none of these"}
    for name, title in rows.items():
        figures = [each["scores"][name][key] for each in sets for key in ("accuracy", "rejected")]
        told = re.search(rf"^\| {re.escape(title)} \| (.*) \|$", page(CLASSIFIER), re.M)
        assert told is not None
        assert [float(cell) for cell in told[1].split(" | ")] == pytest.approx(figures, abs=0.0006)


def test_the_pages_of_the_classifier_lie_in_the_package() -> None:
    folder = Path(ROOT / "src/dialin/export/classifier_pages")
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == ["README.md", "predict.py"]


@pytest.mark.parametrize("line", shell_lines(CLASSIFIER))
def test_the_commands_of_the_classifier_run(cli: Cli, home: Path, line: str) -> None:
    run = shop_run(home / "run")
    decide(run.folder, *(Accept(intent) for intent in run.review.used))
    result = cli(*shlex.split(line)[1:])
    assert result.exit_code == 0, result.stderr
