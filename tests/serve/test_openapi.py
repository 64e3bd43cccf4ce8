"""The OpenAPI description names all routes, and each reply is as it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from dialin.runs.run import Run
from dialin.serve.app import http_service
from dialin.serve.openapi import description_of
from dialin.serve.questions import MOST_TOP, USUAL_TOP
from dialin.serve.rules import Rules
from fake_run import reviewed_run
from service import API_KEY, service_client, shelf_of

ASKED: list[tuple[str, dict[str, Any]]] = [
    ("/predict", {"text": "refund please"}),
    ("/predict", {"texts": ["", "zzz", "我的密码忘了二"], "top_k": 0}),
    ("/predict", {"utterances": [{"text": "thanks, bye", "role": "agent", "id": "a"}, {"text": "x", "id": 7}]}),
    ("/predict", {"texts": ["", "zzz", "refund please, and also 我的密码忘了二"], "multi": True}),
    ("/dialogues", {"dialogues": [{"turns": [{"text": "refund please"}]}], "multi": True}),
    ("/dialogues", {"dialogues": [{"turns": [{"text": "where is my parcel number 1"}]}, {"turns": [{"text": ""}]}]}),
    ("/model/parse", {"text": "refund please", "message_id": "m"}),
    ("/model/parse", {"text": ""}),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return reviewed_run(tmp_path_factory.mktemp("openapi") / "run")


@pytest.fixture(scope="module")
def client(run: Run) -> Iterator[TestClient]:
    with service_client(shelf_of(run.folder)) as opened:
        yield opened


@pytest.fixture(scope="module")
def description(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def check(value: object, schema: dict[str, Any], description: dict[str, Any]) -> None:
    """Raise if a value does not fit a schema of the description."""
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "components": description["components"],
    }
    jsonschema.Draft202012Validator(whole).validate(value)


def schema_of(description: dict[str, Any], path: str, method: str, status: int) -> dict[str, Any]:
    answer = description["paths"][path][method]["responses"][str(status)]
    found: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return found


@pytest.mark.parametrize(("path", "body"), ASKED)
def test_questions_and_answers_are_as_described(
    client: TestClient, description: dict[str, Any], path: str, body: dict[str, Any]
) -> None:
    asked = description["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    check(body, asked, description)
    reply = client.post(path, json=body)
    check(reply.json(), schema_of(description, path, "post", 200), description)


@pytest.mark.parametrize("path", ["/intents", "/intents/{intent_id}", "/version", "/health", "/ready"])
def test_what_is_shown_is_as_described(client: TestClient, description: dict[str, Any], path: str) -> None:
    client.post("/predict", json={"text": "after this, the model is loaded"})
    number = client.get("/intents").json()["intents"][0]["intent_id"]
    reply = client.get(path.replace("{intent_id}", str(number)))
    check(reply.json(), schema_of(description, path, "get", 200), description)


def test_refusals_are_as_described(client: TestClient, description: dict[str, Any]) -> None:
    bad = client.post("/predict", json={"texts": 1})
    check(bad.json(), schema_of(description, "/predict", "post", bad.status_code), description)
    gone = client.get("/intents/999")
    check(gone.json(), schema_of(description, "/intents/{intent_id}", "get", gone.status_code), description)


def test_the_examples_are_as_described(client: TestClient, description: dict[str, Any]) -> None:
    content = description["paths"]["/predict"]["post"]["requestBody"]["content"]
    assert client.post("/predict", json=content["application/json"]["example"]).status_code == 200
    lines = content["application/x-ndjson"]["example"]
    reply = client.post("/predict", content=lines.encode(), headers={"Content-Type": "application/x-ndjson"})
    assert [json.loads(line)["id"] for line in reply.text.splitlines()] == ["a", "b"]


def test_every_route_is_described(run: Run, description: dict[str, Any]) -> None:
    routes = http_service(shelf_of(run.folder), Rules(), lambda _: None).app.routes  # type: ignore[attr-defined]
    paths = {route.path: (route.methods or set()) - {"HEAD"} for route in routes if isinstance(route, Route)}
    described = {
        path: {method.upper() for method in operations if method != "parameters"}
        for path, operations in description["paths"].items()
    }
    pages = {"/", "/docs", "/docs.css", "/docs.js", "/openapi.json"}
    assert {path: methods for path, methods in paths.items() if path not in pages} == described


def test_limits_and_key_are_told() -> None:
    found = description_of(Rules(key=API_KEY, max_texts=7))
    text = json.dumps(found)
    assert '"maxItems": 7' in text
    assert "at most 10,000 characters, and the utterances of a JSON request have 700 together" in text
    assert found["components"]["schemas"]["Utterance"]["additionalProperties"] is False
    open_paths = {path for path, of in found["paths"].items() if "security" not in next(iter(of.values()))}
    assert open_paths == {"/health", "/ready"}
    assert f'"maximum": {MOST_TOP}' in text
    assert f'"default": {USUAL_TOP}' in text


def test_the_description_is_the_same_each_time(tmp_path: Path) -> None:
    assert description_of(Rules(key=API_KEY)) == description_of(Rules(key=API_KEY))
    assert description_of(Rules()) == description_of(Rules())
