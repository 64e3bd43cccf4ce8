"""The scripted batch interfaces: states, files in another order, failures, and hours that pass in seconds."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from servers.anthropic_batch import AnthropicBatch
from servers.batches import FastClock
from servers.openai_batch import OpenAIBatch
from servers.personality import KEY, Personality
from servers.world import World

QUESTION = "- refund money\n- payment back"
BASE = OpenAIBatch.base
BATCHES = f"{AnthropicBatch.base}/messages/batches"


def client(server: Personality) -> httpx.Client:
    headers = {"Authorization": f"Bearer {KEY}", "x-api-key": KEY, "anthropic-version": "2023-06-01"}
    return httpx.Client(transport=httpx.MockTransport(World(server).answer), headers=headers)


def line(name: str, **body: Any) -> dict[str, Any]:
    asked = {"model": OpenAIBatch.model, "messages": [{"role": "user", "content": QUESTION}]} | body
    return {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": asked}


def submitted(http: httpx.Client, lines: list[dict[str, Any]]) -> str:
    data = "\n".join(map(json.dumps, lines)).encode()
    file = http.post(f"{BASE}/files", data={"purpose": "batch"}, files={"file": ("questions.jsonl", data)}).json()
    assert file["bytes"] == len(data)
    wanted = {"input_file_id": file["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    return str(http.post(f"{BASE}/batches", json=wanted).json()["id"])


def file_of(http: httpx.Client, name: str) -> list[dict[str, Any]]:
    return [json.loads(row) for row in http.get(f"{BASE}/files/{name}/content").text.splitlines()]


def test_a_batch_of_openai_goes_through_its_states_and_leaves_two_files() -> None:
    clock = FastClock(now=lambda: 0.0)
    http = client(OpenAIBatch(clock, hours=3))
    batch = submitted(http, [line("a"), line("b"), line("c", grammar="root")])
    states = []
    for hours in (0, 0.5, 2.51, 0.5):
        clock.skip(hours)
        states.append(http.get(f"{BASE}/batches/{batch}").json())
    assert [state["status"] for state in states] == ["validating", "in_progress", "finalizing", "completed"]
    assert states[-1]["request_counts"] == {"total": 3, "completed": 2, "failed": 1}
    good, bad = (file_of(http, states[-1][f"{kind}_file_id"]) for kind in ("output", "error"))
    assert [entry["custom_id"] for entry in good] == ["b", "a"]
    assert good[0]["response"]["body"]["choices"][0]["message"]["content"] == "inquire-refund"
    assert (bad[0]["custom_id"], bad[0]["response"]["status_code"]) == ("c", 400)


def test_a_batch_of_openai_that_takes_too_long_expires_in_part() -> None:
    clock = FastClock(now=lambda: 0.0)
    http = client(OpenAIBatch(clock, hours=30))
    batch = submitted(http, [line("a"), line("b")])
    clock.skip(24.1)
    state = http.get(f"{BASE}/batches/{batch}").json()
    assert state["status"] == "expired"
    assert [entry["custom_id"] for entry in file_of(http, state["output_file_id"])] == ["a"]
    assert file_of(http, state["error_file_id"])[0]["error"]["code"] == "batch_expired"


def test_a_batch_of_openai_with_an_id_twice_fails() -> None:
    clock = FastClock(now=lambda: 0.0)
    http = client(OpenAIBatch(clock))
    batch = submitted(http, [line("a"), line("a")])
    clock.skip(1)
    state = http.get(f"{BASE}/batches/{batch}").json()
    assert (state["status"], state["errors"]["data"][0]["code"]) == ("failed", "duplicate_custom_id")


def test_hours_pass_in_seconds() -> None:
    seconds = [0.0]
    clock = FastClock(speed=3600.0, now=lambda: seconds[0])
    seconds[0] = 2.5
    assert clock() == pytest.approx(2.5 * 3600)


def params(**more: Any) -> dict[str, Any]:
    asked = {"model": AnthropicBatch.model, "max_tokens": 8, "messages": [{"role": "user", "content": QUESTION}]}
    return asked | more


def test_a_batch_of_anthropic_ends_with_results_of_each_kind() -> None:
    clock = FastClock(now=lambda: 0.0)
    http = client(AnthropicBatch(clock, hours=2))
    wanted = [{"custom_id": "a", "params": params()}, {"custom_id": "b", "params": params(grammar="root")}]
    batch = http.post(BATCHES, json={"requests": wanted}).json()
    assert (batch["processing_status"], batch["results_url"]) == ("in_progress", None)
    assert http.get(f"{BATCHES}/{batch['id']}/results").status_code == 404
    clock.skip(2)
    batch = http.get(f"{BATCHES}/{batch['id']}").json()
    assert (batch["processing_status"], batch["request_counts"]["succeeded"]) == ("ended", 1)
    results = [json.loads(row) for row in http.get(batch["results_url"]).text.splitlines()]
    assert [(row["custom_id"], row["result"]["type"]) for row in results] == [("b", "errored"), ("a", "succeeded")]
    assert results[1]["result"]["message"]["content"][0]["text"] == "inquire-refund"


def test_a_batch_of_anthropic_that_takes_too_long_expires_in_part() -> None:
    clock = FastClock(now=lambda: 0.0)
    http = client(AnthropicBatch(clock, hours=30))
    wanted = [{"custom_id": name, "params": params()} for name in "ab"]
    batch = http.post(BATCHES, json={"requests": wanted}).json()
    clock.skip(24)
    url = http.get(f"{BATCHES}/{batch['id']}").json()["results_url"]
    results = [json.loads(row)["result"]["type"] for row in http.get(url).text.splitlines()]
    assert sorted(results) == ["expired", "succeeded"]


@pytest.mark.parametrize("name", ["", "with blank", "x" * 65], ids=["empty", "blank", "too long"])
def test_anthropic_takes_only_short_ids_of_plain_letters(name: str) -> None:
    http = client(AnthropicBatch(FastClock(now=lambda: 0.0)))
    refused = http.post(BATCHES, json={"requests": [{"custom_id": name, "params": params()}]})
    assert refused.status_code == 400
    assert "custom_id" in refused.json()["error"]["message"]
