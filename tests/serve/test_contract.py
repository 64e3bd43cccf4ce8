"""The service answers as `dialin predict` does, to the bit, however the texts come and whatever else is asked."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import Cli
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from dialin.discover.settings import Settings
from dialin.errors import InputWarning
from dialin.jobs.predict import predict_parts
from dialin.jobs.predict_ranked import ranked_answers
from dialin.read.columns import Columns
from dialin.read.table import cleaned_table
from dialin.review.edits import Noise
from dialin.runs.manifest import write_manifest
from dialin.runs.run import Run, load
from fake_run import calls, decide, fake_run, reviewed_run
from scripted import ScriptedBackend, sentences
from service import connections, post, service_client, shelf_of

WISHES = [
    "where is my parcel 3",
    "refund please",
    "我的密码忘了",
    "我的密码忘了二",
    "thanks, bye",
    "hello good morning",
]
BLANKS = ["", "  ", "nan", "\u200b", "\t\n"]
LONG = "x " * 500
ODD = [
    "hm p1",
    "hello good morning",
    "gives data 4471",
    "gives thanks",
    "WHERE  is\u00a0my parcel",
    "zzz",
    "🇨🇳 退款",
    "x " * 500,
]
PRIVATE = ["my card 4111 1111 1111 1111 is lost", "refund it to ana@example.com please"]
TEXTS = [*WISHES, *BLANKS, *ODD, *PRIVATE]
ROLES = ["customer", "agent", None, "客服", "user", "bot", "clerk"]
FIELDS = ("intent_id", "intent", "p_intent")


def make_run(kind: str, folder: Path) -> Run:
    """Return a run of one kind: as found, reviewed or redacted, of needs only, or without what is said next."""
    if kind == "reviewed":
        return reviewed_run(folder)
    if kind == "redacted":
        found = fake_run(folder, calls())
        source = replace(found.manifest.source, redact="rules")
        write_manifest(found.folder, replace(found.manifest, source=source))
        return load(folder)
    changed = {"needs": Settings(only="needs"), "alone": Settings(context="none"), "no roles": Settings(roles="ignore")}
    return fake_run(folder, calls(), settings=changed.get(kind, Settings()))


@pytest.fixture(scope="module", params=["found", "reviewed", "redacted", "needs", "alone", "no roles"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_run(request.param, tmp_path_factory.mktemp("contract") / "run")


@pytest.fixture(scope="module")
def client(run: Run) -> Iterator[TestClient]:
    with service_client(shelf_of(run.folder)) as opened:
        yield opened


def predicted(run: Run, source: object) -> list[tuple[Any, ...]]:
    """Return what `dialin predict` says of each row."""
    table = pa.concat_tables(predict_parts(run, source, Columns(text="text"), connections()))
    return [(row["intent_id"], row["name"], row["p_intent"]) for row in table.to_pylist()]


def fields_of(results: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple(result[name] for name in FIELDS) for result in results]


def test_texts(run: Run, client: TestClient) -> None:
    expected = predicted(run, pa.table({"text": TEXTS}))
    assert len({intent for intent, _, _ in expected}) > 3
    found = post(client, "/predict", {"texts": TEXTS})
    assert fields_of(found["results"]) == expected
    assert [result["id"] for result in found["results"]] == list(range(len(TEXTS)))
    for text, each in zip(TEXTS, expected, strict=True):
        assert fields_of(post(client, "/predict", {"text": text})["results"]) == [each]


@pytest.mark.parametrize("roles", [ROLES, [None], ["agent", "system"], ["caller", "system"]])
def test_utterances_with_roles(run: Run, client: TestClient, roles: list[str | None]) -> None:
    """A system speaks for the agent, unless an agent speaks too: then it is a machine's prompt, which nobody says."""
    said = [{"text": text, "role": roles[i % len(roles)]} for i, text in enumerate(TEXTS * 7)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)  # of the prompts
        expected = predicted(run, said)
    found = post(client, "/predict", {"utterances": said})
    assert fields_of(found["results"]) == expected


def test_a_value_that_is_replaced_decides_nothing(tmp_path: Path) -> None:
    run = make_run("redacted", tmp_path / "run")
    with service_client(shelf_of(run.folder)) as client:
        cards = post(client, "/predict", {"texts": [f"my card {n} is lost" for n in ("4111111111111111", "<CARD_1>")]})
    assert fields_of(cards["results"][:1]) == fields_of(cards["results"][1:])


def test_lines(run: Run, client: TestClient) -> None:
    said = [{"id": f"n{i}", "text": text, "role": ROLES[i % 7]} for i, text in enumerate(TEXTS * 20)]
    body = "\n".join(json.dumps(each, ensure_ascii=i % 2 == 0) for i, each in enumerate(said))
    reply = client.post("/predict", content=body.encode(), headers={"Content-Type": "application/x-ndjson"})
    found = [json.loads(line) for line in reply.content.splitlines()]
    assert fields_of(found) == predicted(run, said)
    assert [each["id"] for each in found] == [each["id"] for each in said]
    assert {each["run"] for each in found} == {"run"}


def test_dialogues(run: Run, client: TestClient) -> None:
    """Also where a vector takes up what is said next, in any dialogue of the same request."""
    turns = [[{"text": TEXTS[(i * 5 + j * j) % len(TEXTS)], "role": ROLES[j % 2]} for j in range(5)] for i in range(12)]
    expected = predicted(run, [{"id": f"d{i}", "turns": each} for i, each in enumerate(turns)])
    asked = {"dialogues": [{"id": f"d{i}", "turns": each} for i, each in enumerate(turns)]}
    found = post(client, "/dialogues", asked)["dialogues"]
    assert fields_of([turn for dialogue in found for turn in dialogue["turns"]]) == expected


def test_the_form_of_rasa(run: Run, client: TestClient) -> None:
    for text, (intent, name, p) in zip(TEXTS, predicted(run, pa.table({"text": TEXTS})), strict=True):
        found = post(client, "/model/parse", {"text": text})
        assert found["intent"] == {"name": name if intent >= 0 else "nlu_fallback", "confidence": p}
        assert found["text"] == text
        assert found["entities"] == []


@settings(max_examples=6)
@given(said=st.lists(st.tuples(st.sampled_from(TEXTS), st.sampled_from(ROLES[:4])), min_size=1, max_size=12))
def test_no_answer_depends_on_the_others_of_its_request(client: TestClient, said: list[tuple[str, str | None]]) -> None:
    asked = [{"text": text, "role": role} for text, role in said]
    whole = post(client, "/predict", {"utterances": asked, "top_k": 3})["results"]
    each = [post(client, "/predict", {"utterances": [one], "top_k": 3})["results"][0] for one in asked]
    assert [result | {"id": 0} for result in whole] == each


def test_the_command_line_says_the_same(backend: ScriptedBackend, cli: Cli, calls: Path, home: Path) -> None:
    assert cli("discover", calls, "--out", "run", "--llm", "test:scripted").exit_code == 0
    new = home / "new.jsonl"
    texts = [text for text, _ in sentences(5, seed=3)]
    new.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    printed = cli("predict", "run", new, "--json").stdout
    expected = [json.loads(line) for line in printed.splitlines()]
    with service_client(shelf_of(Path("run"))) as client:
        found = post(client, "/predict", {"texts": texts})["results"]
    assert fields_of(found) == [(row["intent_id"], row["name"], row["p_intent"]) for row in expected]
    assert len({row["intent_id"] for row in expected}) > 2


# --- what is said beside the decision -------------------------------------------------------------


def test_a_ranking_begins_with_the_intent_and_then_falls(run: Run, client: TestClient) -> None:
    for result in post(client, "/predict", {"texts": TEXTS, "top_k": 4})["results"]:
        ids, p = ([each[key] for each in result["ranking"]] for key in ("intent_id", "p"))
        assert len(set(ids)) == len(ids) <= 4
        assert p[1:] == sorted(p[1:], reverse=True)
        assert sum(p) <= 1 + 1e-6
        if result["intent_id"] >= 0:
            assert (ids[0], p[0]) == (result["intent_id"], result["p_intent"])
            assert result["reason"] == ""
        else:
            assert result["reason"] in {"far", "blank", "not a need", "person"}


def test_a_longer_ranking_begins_with_the_shorter_one(client: TestClient) -> None:
    few, many = (post(client, "/predict", {"texts": TEXTS, "top_k": k})["results"] for k in (2, 100))
    assert [each["ranking"] for each in few] == [each["ranking"][:2] for each in many]


def test_a_ranking_holds_no_intent_of_another_role(client: TestClient, run: Run) -> None:
    roles = {row["intent_id"]: row["role"] for row in run.intents.to_pylist()}
    said = [{"text": text, "role": "agent"} for text in WISHES]
    found = post(client, "/predict", {"utterances": said, "top_k": 100})["results"]
    of_agent = {roles[each["intent_id"]] for result in found for each in result["ranking"]}
    assert of_agent == ({"customer", "agent"} if run.manifest.settings.roles == "ignore" else {"agent"})


def test_reasons_say_why_there_is_no_intent(tmp_path: Path) -> None:
    reviewed = reviewed_run(tmp_path / "reviewed")
    answers = shelf_of(reviewed.folder).current.answers
    said = cleaned_table(text=pa.array(["thanks, bye", "hm p1", ""], pa.large_string()), speakers=None)
    assert [each.reason for each in ranked_answers(answers, said, 1)] == ["person", "far", "blank"]
    needs = make_run("needs", tmp_path / "needs")
    answers = shelf_of(needs.folder).current.answers
    said = cleaned_table(
        text=pa.array(["gives thanks", "where is my parcel number 1"], pa.large_string()), speakers=None
    )
    assert [each.reason for each in ranked_answers(answers, said, 1)] == ["not a need", ""]


def test_a_sentence_that_people_took_out_says_so(tmp_path: Path) -> None:
    """It lies in a piece whose other sentences stay, so only the pin keeps it out."""
    run = fake_run(tmp_path / "run", calls(9))
    text = "money back, refund please 5 1"
    decide(run.folder, Noise((run.corpus.texts.index(text),)))
    with service_client(shelf_of(run.folder)) as client:
        (found,) = post(client, "/predict", {"utterances": [{"text": text, "role": "customer"}]})["results"]
    assert (found["intent_id"], found["reason"]) == (-1, "person")
    assert found["ranking"][0]["name"] == "request-refund"


def test_sentences_of_a_rejected_intent_say_so(tmp_path: Path) -> None:
    """No piece is left that would take them, so they are far from all; the answer is a person's all the same."""
    run = fake_run(tmp_path / "run", calls(9))
    text = "money back, refund please 5 1"
    wanted = run.sentences["intent_id"].to_pylist()[run.corpus.texts.index(text)]
    decide(run.folder, Noise(tuple(i for i, own in enumerate(run.sentences["intent_id"].to_pylist()) if own == wanted)))
    asked = [{"text": text, "role": "customer"}, {"text": text}, {"text": text, "role": "agent"}, {"text": "zebra"}]
    with service_client(shelf_of(run.folder)) as client:
        found = post(client, "/predict", {"utterances": asked})["results"]
    assert [(one["intent_id"], one["reason"]) for one in found] == [(-1, "person")] * 2 + [(-1, "far")] * 2
