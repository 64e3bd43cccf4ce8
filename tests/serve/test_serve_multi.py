"""With `multi`, the service tells the intents of an utterance as `dialin predict --multi --json` does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli
from starlette.testclient import TestClient

from dialin.runs.manifest import write_manifest
from dialin.runs.run import Run, load
from dialin.serve.batches import answers_to
from dialin.serve.questions import to_predict
from fake_run import Said, fake_run
from scripted import HashingEmbedder, ScriptedBackend
from service import post, service_client, shelf_of

BOTH = "I lost my card, and also want to change my address"
BOTH_CHINESE = "我的卡丢了，还想改一下地址"
KNOWN = {
    "block-card": ("lost my card", "card is lost", "lost card"),
    "change-address": ("change my address", "address change", "want to change the address"),
    "挂失-卡": ("我的卡丢了", "卡丢了"),
    "改-地址": ("改一下地址", "想改一下地址"),
}
SAID = [
    "lost my card",
    "😡👨‍👩‍👧 " + BOTH,
    "🇨🇳😡 " + BOTH_CHINESE,
    "  I lost\n my card 😡,  and also\twant to change my address ",
    "卡丢了",
    "zebra",
    "",
    " \u200b",
    "thanks, bye",
    BOTH,
    BOTH,
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    said = [Said(text, name) for name, texts in KNOWN.items() for text in (*texts, *texts)]
    return fake_run(tmp_path_factory.mktemp("multi") / "run", said)


@pytest.fixture(scope="module")
def client(run: Run) -> Iterator[TestClient]:
    with service_client(shelf_of(run.folder)) as opened:
        yield opened


def predicted(cli: Cli, run: Run, folder: Path, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of `dialin predict --multi --json`."""
    new = folder / "new.jsonl"
    new.write_text("".join(json.dumps(one) + "\n" for one in said), "utf-8")
    found = cli("predict", run.folder, new, "--multi", "--json")
    assert found.exit_code == 0, found.output
    return [json.loads(line) for line in found.stdout.splitlines()]


def as_predict(results: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    """Check that the results tell what the rows do."""
    assert [(one["text"], one["intents"]) for one in results] == [(row["text"], row["intents"]) for row in rows]
    names = [("intent_id", "intent_id"), ("intent", "name"), ("p_intent", "p_intent")]
    assert [[one[a] for a, _ in names] for one in results] == [[row[b] for _, b in names] for row in rows]


def test_intents_and_places_are_those_of_predict(
    cli: Cli, backend: ScriptedBackend, run: Run, client: TestClient, tmp_path: Path
) -> None:
    """None, one and two intents; places count code points, so what is an emoji or a flag before them moves them."""
    turns = [{"text": text} for text in SAID]
    rows = predicted(cli, run, tmp_path, turns)
    assert [len(row["intents"]) for row in rows] == [1, 2, 2, 2, 1, 0, 0, 0, 0, 2, 2]
    results = post(client, "/predict", {"texts": SAID, "multi": True})["results"]
    as_predict(results, rows)
    words = [[one["text"][each["start"] : each["end"]] for each in one["intents"]] for one in results[1:4]]
    assert words[0][1] == "want to change my address"
    assert [part.lstrip("🇨🇳😡 ") for part in words[1]] == ["我的卡丢了", "想改一下地址"]
    assert words[2] == ["I lost my card 😡", "want to change my address"]
    lines = "\n".join(json.dumps({"text": text, "multi": True}) for text in SAID)
    reply = client.post("/predict", content=lines, headers={"Content-Type": "application/x-ndjson"})
    as_predict([json.loads(line) for line in reply.text.splitlines()], rows)
    dialogue = {"id": "d", "turns": turns}
    found = post(client, "/dialogues", {"dialogues": [dialogue], "multi": True})["dialogues"][0]["turns"]
    as_predict(found, predicted(cli, run, tmp_path, [dialogue]))  # by what is said next, too


def test_places_count_in_the_text_with_placeholders(
    cli: Cli, backend: ScriptedBackend, run: Run, tmp_path: Path
) -> None:
    private = ["lost my card 4111 1111 1111 1111, and also want to change my address", "lost card of ana@example.com"]
    found = fake_run(tmp_path / "run", [Said(text, name) for name, texts in KNOWN.items() for text in (*texts, *texts)])
    write_manifest(found.folder, replace(found.manifest, source=replace(found.manifest.source, redact="rules")))
    rows = predicted(cli, load(found.folder), tmp_path, [{"text": text} for text in private])
    with service_client(shelf_of(found.folder)) as client:
        reply = client.post("/predict", json={"texts": private, "multi": True})
    results = reply.json()["results"]
    as_predict(results, rows)
    assert "4111" not in reply.text
    assert "ana@" not in reply.text
    first = results[0]["intents"][0]
    assert results[0]["text"][first["start"] : first["end"]] == "lost my card <CARD_1>"


def test_nothing_else_changes_with_it(client: TestClient) -> None:
    with_it, without = (post(client, "/predict", {"texts": SAID, "multi": each})["results"] for each in (True, False))
    assert [set(one) - set(other) for one, other in zip(with_it, without, strict=True)] == [{"text", "intents"}] * 11
    assert [{name: one[name] for name in without[0]} for one in with_it] == without
    assert post(client, "/predict", {"texts": SAID})["results"] == without


def test_requests_with_and_without_are_answered_together_and_only_what_is_asked_is_cut(run: Run) -> None:
    """The same sentence, asked both ways in one batch, is cut once; a part of another one is never embedded."""
    asked = list[str]()

    class Noting(HashingEmbedder):
        def encode(self, texts: Any) -> Any:
            asked.extend(texts)
            return super().encode(texts)

    served = shelf_of(run.folder, embedder=Noting()).current
    other = "lost card, and also an address change"
    values = [{"texts": [BOTH, other]}, {"text": BOTH, "multi": True}, {"text": "zebra"}]
    plain, cut, none = answers_to(served, [to_predict(value, 9) for value in values])
    assert [one.stated for one in (*plain, *none)] == [None] * 3
    assert cut[0].stated is not None
    assert [each["name"] for each in cut[0].stated.intents] == ["block-card", "change-address"]
    assert "I lost my card" in asked
    assert "lost card" not in asked


def test_one_that_is_cut_counts_as_several_in_a_batch() -> None:
    assert to_predict({"texts": ["a", "b"]}, 9).cost == 2
    assert to_predict({"texts": ["a", "b"], "multi": True}, 9).cost == 16
