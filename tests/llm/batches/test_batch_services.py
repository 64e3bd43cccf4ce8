"""What is sent to batch interfaces, and what their answers mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from dialin.errors import InputError, ProviderError
from dialin.llm.accepts import Accepts
from dialin.llm.batches.anthropic import AnthropicBatches
from dialin.llm.batches.backend import check_batches
from dialin.llm.batches.base import BatchState, chunks_of
from dialin.llm.batches.openai import OpenAIBatches
from dialin.llm.batches.register import OpenBatch
from dialin.llm.dialects.openai import OpenAIDialect
from dialin.llm.http import Channel, RefusedError, Server
from dialin.llm.remote import RemoteBackend, ServerOptions
from scripted import ScriptedBackend

NOW = 1_790_000_000.0
BATCH = OpenBatch("ab" * 16, "m", ("1" * 64, "2" * 64), Accepts(), NOW)


def server(answer: Callable[[httpx.Request], Any]) -> Server:
    def handler(request: httpx.Request) -> httpx.Response:
        found = answer(request)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    return Server("https://llm.example/v1", "sk-secret-123", Channel(transport=httpx.MockTransport(handler)))


def pages(*found: Sequence[dict[str, Any]]) -> Callable[[httpx.Request], Any]:
    """Answer with a page after the other; the query has to name the last batch of the one before."""

    def answer(request: httpx.Request) -> Any:
        after = request.url.params.get("after") or request.url.params.get("after_id")
        number = 0 if after is None else next(i for i, page in enumerate(found) if page[-1]["id"] == after) + 1
        return {"data": found[number], "has_more": number + 1 < len(found)}

    return answer


def date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def test_openai_finds_a_batch_by_its_mark_on_any_page() -> None:
    first = [{"id": f"batch_{n}", "created_at": NOW + 50 - n, "metadata": None} for n in range(3)]
    second = [{"id": "batch_9", "created_at": NOW + 1, "metadata": {"dialin": BATCH.mark}}]
    assert OpenAIBatches(server(pages(first, second))).find(BATCH, set()) == ["batch_9"]


def test_openai_looks_no_further_back_than_the_batch_can_be() -> None:
    old = [{"id": "batch_1", "created_at": NOW - 3600, "metadata": {}}]
    never = [{"id": "batch_2", "created_at": NOW - 7200, "metadata": {"dialin": BATCH.mark}}]
    assert OpenAIBatches(server(pages(old, never))).find(BATCH, set()) == []


def test_anthropic_finds_batches_of_as_many_questions_since_then() -> None:
    counts = {"processing": 2, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
    first = [
        {"id": "msgbatch_5", "created_at": date(NOW + 60), "request_counts": counts | {"processing": 3}},
        {"id": "msgbatch_4", "created_at": date(NOW + 50), "request_counts": counts},
    ]
    second = [
        {"id": "msgbatch_3", "created_at": date(NOW + 1), "request_counts": counts | {"processing": 0, "expired": 2}},
        {"id": "msgbatch_2", "created_at": date(NOW), "request_counts": counts},
        {"id": "msgbatch_1", "created_at": date(NOW - 3600), "request_counts": counts},
    ]
    found = AnthropicBatches(server(pages(first, second))).find(BATCH, {"msgbatch_2"})
    assert found == ["msgbatch_3", "msgbatch_4"]


@pytest.mark.parametrize(
    ("status", "end"),
    [
        ("validating", ""),
        ("in_progress", ""),
        ("finalizing", ""),
        ("cancelling", ""),
        ("completed", "done"),
        ("expired", "expired"),
        ("cancelled", "cancelled"),
    ],
)
def test_states_of_openai(status: str, end: str) -> None:
    answer = {"status": status, "request_counts": {"total": 9, "completed": 3, "failed": 1}, "errors": None}
    assert OpenAIBatches(server(lambda _: answer)).state("batch_1") == BatchState(end, 4, 9)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "why", "is_too_much"),
    [
        ({"code": "token_limit_exceeded", "message": "Enqueued token limit reached"}, "Enqueued token limit", True),
        ({"code": "model_not_found", "message": None}, "model_not_found", False),
    ],
    ids=["too much", "no model"],
)
def test_openai_says_why_a_batch_failed(fault: dict[str, Any], why: str, is_too_much: bool) -> None:
    state = OpenAIBatches(server(lambda _: {"status": "failed", "errors": {"data": [fault]}})).state("batch_1")
    assert (state.end, state.is_too_much) == ("failed", is_too_much)
    assert state.why.startswith(why)


@pytest.mark.parametrize(
    ("status", "counts", "end"),
    [
        ("in_progress", {"processing": 4}, ""),
        ("canceling", {"processing": 4}, ""),
        ("ended", {"succeeded": 3, "errored": 1}, "done"),
        ("ended", {"succeeded": 3, "expired": 1}, "expired"),
        ("ended", {"succeeded": 3, "canceled": 1}, "cancelled"),
    ],
    ids=["in progress", "canceling", "done", "expired", "cancelled"],
)
def test_states_of_anthropic(status: str, counts: dict[str, int], end: str) -> None:
    answer = {"processing_status": status, "request_counts": counts}
    state = AnthropicBatches(server(lambda _: answer)).state("msgbatch_1")
    assert (state.end, state.n) == (end, 4)


def test_results_of_anthropic_of_each_kind() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    rows = [
        {"custom_id": "a", "result": {"type": "succeeded", "message": {"content": []}}},
        {"custom_id": "b", "result": {"type": "errored", "error": error}},
        {"custom_id": "c", "result": {"type": "errored", "error": {"type": "invalid_request_error", "message": "no"}}},
        {"custom_id": "d", "result": {"type": "expired"}},
        {"custom_id": "e", "result": {"type": "canceled"}},
    ]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    service = AnthropicBatches(server(lambda _: httpx.Response(200, content=content)))
    a, b, c, d, e = (row.received for row in service.rows("msgbatch_1"))
    assert (a, d, e) == ({"content": []}, None, None)
    assert isinstance(b, ProviderError)
    assert b.retryable
    assert isinstance(c, RefusedError)
    assert (c.status, c.complaint) == (400, "no")


def test_lines_of_any_text_are_read() -> None:
    """JSON may hold line ends that are none of JSON lines: U+2028, U+0085, and the text may come in any pieces."""
    text = "退款\u2028one\x85two\x0bthree 👩‍👩‍👧"
    rows = [{"custom_id": "a", "response": {"status_code": 200, "body": {"text": text}}}, {"custom_id": "b"}]
    whole = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    content = (whole[start : start + 3] for start in range(0, len(whole), 3))

    def answer(request: httpx.Request) -> Any:
        batch = {"status": "completed", "output_file_id": "file-1", "error_file_id": None}
        return httpx.Response(200, content=content) if request.url.path.endswith("content") else batch

    found = list(OpenAIBatches(server(answer)).rows("batch_1"))
    assert [(row.key, row.received) for row in found] == [("a", {"text": text}), ("b", None)]


@pytest.mark.parametrize("name", ["", None, 7, "../files/x", "a b"], ids=["empty", "null", "number", "path", "blank"])
def test_a_name_that_cannot_be_one_is_not_taken(name: Any) -> None:
    """It would become part of a URL that is asked with the user's key."""
    service = AnthropicBatches(server(lambda _: {"id": name}))
    with pytest.raises(ProviderError, match="no readable answer"):
        service.submit([("1" * 64, {})], "/messages", BATCH.mark)


def test_a_file_that_is_refused_says_why_without_the_key() -> None:
    refusal = {"error": {"message": "file of sk-secret-123 is too large"}}
    service = OpenAIBatches(server(lambda _: httpx.Response(413, json=refusal)))
    with pytest.raises(RefusedError, match=r"file of \*\*\* is too large"):
        service.submit([("1" * 64, {})], "/chat/completions", BATCH.mark)
    with pytest.raises(RefusedError, match=r"file of \*\*\* is too large"):
        next(server(lambda _: httpx.Response(413, json=refusal)).lines("/files/file-1/content"))


def test_a_file_that_is_no_json_is_not_read() -> None:
    broken = server(lambda _: httpx.Response(200, content=b"<html>\n"))
    with pytest.raises(ProviderError, match="no readable answer"):
        list(broken.lines("/files/file-1/content"))


def test_batches_keep_to_the_limits_of_the_provider() -> None:
    lines = [(str(number), {"text": "x" * 1000}) for number in range(10)]
    assert [len(chunk) for chunk in chunks_of(lines, 4, 10**6)] == [4, 4, 2]
    assert [len(chunk) for chunk in chunks_of(lines, 100, 3_000)] == [2] * 5
    assert [len(chunk) for chunk in chunks_of(lines, 100, 10)] == [1] * 10
    assert [line for chunk in chunks_of(lines, 3, 10**6) for line in chunk] == lines


def test_a_mark_is_not_taken_from_another_batch() -> None:
    theirs = [{"id": "batch_1", "created_at": NOW, "metadata": {"dialin": "cd" * 16}}]
    assert OpenAIBatches(server(pages(theirs))).find(replace(BATCH, time=NOW + 10), set()) == []


def test_a_provider_whose_batches_are_not_known_is_refused_before_anything_is_asked() -> None:
    class Elsewhere(OpenAIDialect):
        kind = "gemini"

    remote = RemoteBackend("m", "https://llm.example/v1", "sk-secret-123", dialect=Elsewhere())
    with pytest.raises(InputError, match=r"gemini:m@.* cannot be asked in batches; only openai and anthropic"):
        check_batches(None, remote)


def test_a_model_in_this_process_needs_no_batches_beside_one_that_has_them() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json={"data": []})

    options = ServerOptions(transport=httpx.MockTransport(answer))
    check_batches(ScriptedBackend(), RemoteBackend("m", "https://llm.example/v1", "sk-secret-123", options), None)
    assert asked == ["/v1/batches"]
