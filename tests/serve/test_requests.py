"""What a request may hold, what comes back, and the one line that says what is wrong with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from dialin.errors import InputError
from dialin.runs.run import Run
from dialin.serve.app import LINES_AT_ONCE
from dialin.serve.gate import Gate
from dialin.serve.metrics import Metrics
from dialin.serve.questions import LONGEST_CUT, to_predict
from dialin.serve.rules import Rules
from dialin.serve.stopping import STREAM_SECONDS, Stopping
from fake_run import reviewed_run
from service import post, service_client, shelf_of

JSON, NDJSON = {"Content-Type": "application/json"}, {"Content-Type": "application/x-ndjson"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return reviewed_run(tmp_path_factory.mktemp("requests") / "run")


@pytest.fixture(scope="module")
def client(run: Run) -> Iterator[TestClient]:
    with service_client(shelf_of(run.folder), max_body=20_000, max_texts=50) as opened:
        yield opened


def problem(client: TestClient, path: str, body: bytes, status: int, headers: dict[str, str] = JSON) -> str:
    """Return the error of a reply, which is one line of JSON."""
    reply = client.post(path, content=body, headers=headers)
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/json"
    assert reply.text.count("\n") == 1
    (name,) = reply.json()
    assert name == "error"
    return str(reply.json()["error"])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "the body is not JSON"),
        ("{", "the body is not JSON"),
        ("[" * 100_00, "the body is not JSON"),
        ("[]", "the body is not an object"),
        ("{}", "give one of text, texts and utterances"),
        ('{"text": "a", "texts": []}', "give one of text, texts and utterances"),
        ('{"text": 3}', "text is not text"),
        ('{"text": null}', "text is not text"),
        ('{"texts": "a"}', "texts is not a list"),
        ('{"texts": ["a", 1]}', "texts is not text"),
        ('{"text": "a", "more": 1}', "the body has a field that is not one of multi, text, texts, top_k, utterances"),
        ('{"text": "\\ud800"}', "text holds an unpaired surrogate"),
        ('{"text": "a", "top_k": -1}', "top_k is not a whole number from 0 to 1,000"),
        ('{"text": "a", "top_k": 1.5}', "top_k is not a whole number from 0 to 1,000"),
        ('{"text": "a", "top_k": true}', "top_k is not a whole number from 0 to 1,000"),
        ('{"text": "a", "top_k": NaN}', "top_k is not a whole number from 0 to 1,000"),
        ('{"text": "a", "multi": 1}', "multi is neither true nor false"),
        ('{"text": "a", "multi": "true"}', "multi is neither true nor false"),
        ('{"text": "a", "multi": null}', "multi is neither true nor false"),
        (
            '{"utterances": [{"text": "a", "multi": true}]}',
            "utterances[0] has a field that is not one of id, role, text",
        ),
        ('{"utterances": [{"text": "a"}, {"id": 3}]}', "utterances[1] has no text"),
        ('{"utterances": [{"text": "a", "role": 3}]}', "utterances[0].role is not text"),
        ('{"utterances": [{"text": "a", "id": 1.5}]}', "utterances[0].id is neither text nor a whole number"),
        ('{"utterances": [{"text": "a", "top_k": 1}]}', "utterances[0] has a field that is not one of id, role, text"),
    ],
)
def test_a_body_that_is_not_what_it_should_be(client: TestClient, body: str, expected: str) -> None:
    assert problem(client, "/predict", body.encode(), 422) == expected


def test_bytes_that_are_not_text(client: TestClient) -> None:
    assert problem(client, "/predict", b'{"text": "\xff"}', 422) == "the body is not UTF-8"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"dialogues": [{"turns": []}]}', "dialogues[0].turns is empty"),
        ('{"dialogues": [{"id": "a"}]}', "dialogues[0].turns is not a list"),
        ('{"turns": []}', "the body has a field that is not one of dialogues, multi, top_k"),
        ("{}", "the body has no dialogues"),
        ('{"dialogues": [{"turns": [{"text": "a"}, 3]}]}', "dialogues[0].turns[1] is not an object"),
    ],
)
def test_dialogues_that_are_not_what_they_should_be(client: TestClient, body: str, expected: str) -> None:
    assert problem(client, "/dialogues", body.encode(), 422) == expected


def test_a_line_that_is_wrong_is_named_by_its_number(client: TestClient) -> None:
    """Nothing is answered then: a caller sees it by the status."""
    lines = b'{"text": "a"}\n\n{"text": 3}\n'
    assert problem(client, "/predict", lines, 422, NDJSON) == "line 3.text is not text"
    assert problem(client, "/predict", b'{"text": "a"}\n{\n', 422, NDJSON) == "line 2 is not JSON"


def test_a_line_has_its_own_multi_and_is_named_if_it_is_wrong(client: TestClient) -> None:
    lines = b'{"text": "a", "multi": true}\n{"text": "a"}\n{"text": "a", "multi": false}'
    found = [json.loads(line) for line in client.post("/predict", content=lines, headers=NDJSON).text.splitlines()]
    assert ["intents" in each for each in found] == [True, False, False]
    wrong = {
        b'"multi": 0': "line 2.multi is neither true nor false",
        b'"top_k": -1': "line 2.top_k is not a whole number",
    }
    for field, expected in wrong.items():
        body = b'{"text": "a"}\n{"text": "a", ' + field + b"}"
        assert problem(client, "/predict", body, 422, NDJSON).startswith(expected)
    long = json.dumps({"text": "a" * (LONGEST_CUT + 1), "multi": True}).encode()
    assert problem(client, "/predict", b'{"text": "a"}\n' + long, 422, NDJSON) == (
        "line 2 is too long for multi: at most 10,000 characters"
    )


def test_too_much_for_multi(client: TestClient) -> None:
    """50 utterances a request may have 100 characters each, or fewer of them more; without multi, this is no limit."""
    full = {"texts": ["a" * 100] * 50}
    assert client.post("/predict", json=full | {"multi": True}).status_code == 200
    over = {"texts": [*full["texts"][1:], "a" * 101]}
    assert client.post("/predict", json=over).status_code == 200
    message = "5,001 characters are too many for multi: at most 5,000 in a request"
    assert problem(client, "/predict", json.dumps(over | {"multi": True}).encode(), 422) == message
    turns = {"dialogues": [{"turns": [{"text": text} for text in over["texts"]]}], "multi": True}
    assert problem(client, "/dialogues", json.dumps(turns).encode(), 422) == message
    long = json.dumps({"texts": ["a", "我" * (LONGEST_CUT + 1)], "multi": True}, ensure_ascii=False).encode()
    with pytest.raises(HTTPException, match="422: utterance 1 is too long for multi: at most 10,000 characters"):
        to_predict(json.loads(long), 50)


def test_too_much(client: TestClient) -> None:
    long = json.dumps({"text": "a" * 20_000}).encode()
    assert problem(client, "/predict", long, 413) == "the body is longer than 20,000 bytes"
    many = json.dumps({"texts": ["a"] * 51}).encode()
    assert problem(client, "/predict", many, 422) == "51 texts are too many: at most 50 in a request"
    turns = json.dumps({"dialogues": [{"turns": [{"text": "a"}] * 26}] * 2}).encode()
    assert problem(client, "/dialogues", turns, 422) == "52 turns are too many: at most 50 in a request"


def test_a_long_body_of_unknown_length_is_cut_off(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b"a" * 1_000

    reply = client.post("/predict", content=chunks(), headers=JSON)
    assert (reply.status_code, reply.headers["connection"]) == (413, "close")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {},
    ],
)
def test_other_media_types(client: TestClient, headers: dict[str, str]) -> None:
    """A page of another site can send a form or plain text without asking, so neither is read."""
    assert problem(client, "/predict", b'{"text": "a"}', 415, headers).startswith("send ")


def test_a_charset_may_be_named(client: TestClient) -> None:
    headers = {"Content-Type": 'Application/JSON; charset="UTF-8"'}
    assert client.post("/predict", content=b'{"text": "a"}', headers=headers).status_code == 200


def test_paths_and_methods(client: TestClient) -> None:
    assert (client.get("/nothing").status_code, client.get("/nothing").json()) == (
        404,
        {"error": "there is no such path"},
    )
    reply = client.get("/predict")
    assert (reply.status_code, reply.json(), reply.headers["allow"]) == (405, {"error": "use POST here"}, "POST")
    assert client.post("/intents", json={}).status_code == 405


def test_no_utterances_are_no_error(client: TestClient) -> None:
    assert post(client, "/predict", {"texts": []})["results"] == []
    assert post(client, "/dialogues", {"dialogues": []})["dialogues"] == []
    assert client.post("/predict", content=b"\n", headers=NDJSON).content == b""


def test_ids_come_back(client: TestClient) -> None:
    asked = [{"text": "a", "id": "一"}, {"text": "b", "id": -(10**30)}, {"text": "c"}, {"text": "d", "id": None}]
    found = post(client, "/predict", {"utterances": asked})["results"]
    assert [each["id"] for each in found] == ["一", -(10**30), 2, 3]


def test_the_main_reason_is_the_first_thing_that_the_customer_wants(client: TestClient) -> None:
    """A greeting is routine, what an agent says is no reason, and a dialogue of thanks alone has none."""
    hello, parcel, refund = "hello good morning", "where is my parcel number 1", "money back, refund please 3 0"
    answer = "let me look that up: inquire parcel"
    turns = [(hello, "customer"), (answer, "agent"), ("我的密码忘了一", "customer"), (parcel, "customer")]
    dialogues = [
        {"id": "a", "turns": [{"text": text, "role": role} for text, role in turns]},
        {"id": "a", "turns": [{"text": refund}, {"text": parcel}]},
        {"turns": [{"text": hello, "role": "customer"}, {"text": ""}]},
    ]
    found = post(client, "/dialogues", {"dialogues": dialogues})["dialogues"]
    names = [each["main_reason"] and each["main_reason"]["intent"] for each in found]
    assert names == ["重置-密码", "ask-anything", None]
    assert [each["id"] for each in found] == ["a", "a", 2]
    assert [[turn["id"] for turn in each["turns"]] for each in found] == [[0, 1, 2, 3], [0, 1], [0, 1]]


def test_intents(client: TestClient, run: Run) -> None:
    listed = client.get("/intents").json()["intents"]
    assert [each["name"] for each in listed] == run.intents["name"].to_pylist()
    one = client.get(f"/intents/{listed[0]['intent_id']}").json()
    assert {key: one[key] for key in listed[0]} == listed[0]
    for name in ("99", "-1", "x", "1" * 5_000, "٣"):
        assert client.get(f"/intents/{name}").status_code == 404


def test_what_a_caller_of_rasa_sends(client: TestClient) -> None:
    found = post(client, "/model/parse", {"text": "refund please", "message_id": "m1", "metadata": {"a": 1}})
    assert found["message_id"] == "m1"
    assert found["intent"]["name"] == found["intent_ranking"][0]["name"] == "ask-anything"
    assert post(client, "/model/parse", {"text": "zzz"})["intent"] == {"name": "nlu_fallback", "confidence": 0.0}


def test_health_and_version(client: TestClient, run: Run) -> None:
    post(client, "/predict", {"text": "refund please"})  # after the first sentence, which loads the model
    assert client.get("/health").json() == {"status": "alive"}
    assert client.get("/ready").json() == {"status": "ready"}
    found = client.get("/version").json()
    assert (found["run"], found["n_intents"], found["failure"]) == ("run", run.intents.num_rows, "")


def test_counts(run: Run) -> None:
    with service_client(shelf_of(run.folder)) as client:
        post(client, "/predict", {"texts": ["refund please", "我的密码忘了一", "我的密码忘了零", "zzz", ""]})
        client.get("/nothing")
        client.get("/intents/77")
        text = client.get("/metrics").text
    lines = text.splitlines()
    assert 'dialin_requests_total{path="/predict",status="200"} 1.0' in lines
    assert 'dialin_requests_total{path="other",status="404"} 1.0' in lines
    assert 'dialin_requests_total{path="/intents/{intent_id}",status="404"} 1.0' in lines
    assert 'dialin_request_seconds_count{path="/predict"} 1.0' in lines
    assert "dialin_utterances_total 5.0" in lines
    assert "dialin_unassigned_share 0.4" in lines
    assert 'dialin_unassigned_total{reason="far"} 1.0' in lines
    assert next(line for line in lines if line.startswith("dialin_intent_total") and "重置" in line).endswith(" 2.0")
    assert "zzz" not in text


FIELDS = ["text", "texts", "utterances", "dialogues", "id", "role", "top_k", "multi", "turns"]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=25)
@given(value=values, path=st.sampled_from(["/predict", "/dialogues", "/model/parse"]))
def test_whatever_comes_gets_an_answer_or_a_refusal(client: TestClient, value: Any, path: str) -> None:
    reply = client.post(path, content=json.dumps(value).encode(), headers=JSON)
    assert reply.status_code in {200, 413, 422}
    assert ("error" in reply.json()) == (reply.status_code != 200)


def test_a_run_that_cannot_be_used_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run"):
        shelf_of(tmp_path)


def test_a_stream_ends_with_a_line_if_the_service_stops(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """300 lines are three parts: the first is answered, and before the second the time is over."""
    monkeypatch.setattr(Stopping, "is_over", True)
    lines = "\n".join(json.dumps({"text": f"refund {i}"}) for i in range(300))
    with service_client(shelf_of(run.folder)) as client:
        reply = client.post("/predict", content=lines, headers={"Content-Type": "application/x-ndjson"})
    *told, last = map(json.loads, reply.text.splitlines())
    assert (reply.status_code, len(told)) == (200, LINES_AT_ONCE)
    assert last == {"error": "the service stops: 128 of 300 utterances were answered"}


def test_a_stream_with_multi_is_answered_in_shorter_parts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that is cut costs as much as some others: 128 / 8 lines at once."""
    monkeypatch.setattr(Stopping, "is_over", True)
    lines = "\n".join(json.dumps({"text": f"refund {i}", "multi": i == 40}) for i in range(50))
    with service_client(shelf_of(run.folder)) as client:
        reply = client.post("/predict", content=lines, headers=NDJSON)
    assert json.loads(reply.text.splitlines()[-1])["error"] == "the service stops: 16 of 50 utterances were answered"


def test_a_stream_has_some_seconds_after_the_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    stopping = Stopping()
    found = []
    for now in (100.0, 110.0, 110.0 + STREAM_SECONDS - 0.1, 110.0 + STREAM_SECONDS):
        if now == 110.0:
            stopping.begin()
        found.append(stopping.is_over)
    assert found == [False, False, False, True]


def test_a_request_that_is_cut_off_is_one_note(run: Run) -> None:
    notes: list[str] = []

    async def cut(*_: object) -> Any:
        raise asyncio.CancelledError

    gate = Gate(cut, Rules(), Metrics(), notes.append)
    scope = {"type": "http", "path": "/health", "headers": [(b"host", b"x")]}
    asyncio.run(gate(scope, cut, cut))
    assert notes == ["the service stops, and a request was cut off"]
