"""The look whether a server is there, and what is not worth another try."""

from __future__ import annotations

import traceback
from threading import Event

import httpx
import pytest

from dialin.errors import InputError, ProviderError
from dialin.llm.http import Channel, Server
from dialin.llm.retry import Retry

URL = "http://127.0.0.1:8000/v1"
KEY = "sk-secret-123"


def server(answer: httpx.Response | Exception, asked: list[httpx.Request] | None = None) -> Server:
    """Return a server that always gives one answer."""

    def handler(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Server(URL, KEY, Channel(transport=httpx.MockTransport(handler)))


@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_server_that_is_there_passes_the_check(status: int) -> None:
    asked: list[httpx.Request] = []
    server(httpx.Response(status), asked).check()
    assert str(asked[0].url) == f"{URL}/models"
    assert asked[0].headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_fails_the_check(status: int) -> None:
    with pytest.raises(InputError, match=rf"refuses the key \({status}\)") as caught:
        server(httpx.Response(status, text=KEY)).check()
    assert "OPENAI_API_KEY" in caught.value.hint
    assert KEY not in str(caught.value)


def test_a_server_that_is_not_there_fails_the_check() -> None:
    with pytest.raises(InputError, match=r"cannot reach the LLM server at http://127\.0\.0\.1:8000/v1 \(ConnectError"):
        server(httpx.ConnectError(KEY)).check()


def test_an_empty_account_is_not_worth_another_try() -> None:
    with pytest.raises(ProviderError, match="429") as caught:
        server(httpx.Response(429, json={"error": {"code": "insufficient_quota"}})).post("/embeddings", {})
    assert not caught.value.retryable
    assert "no credit" in caught.value.hint


@pytest.mark.parametrize(("asked_seconds", "n_tries"), [("300", 2), ("301", 1)])
def test_a_wait_over_five_minutes_ends_the_call(asked_seconds: str, n_tries: int) -> None:
    asked: list[httpx.Request] = []
    busy = server(httpx.Response(429, headers={"Retry-After": asked_seconds}), asked)
    retry = Retry(attempts=2, sleep=lambda _: None)
    with pytest.raises(ProviderError, match="429"):
        retry.retrying(Event())(busy.post, "/chat/completions", {})
    assert len(asked) == n_tries


def test_a_server_that_has_moved_says_where_to() -> None:
    moved = httpx.Response(308, headers={"Location": f"https://models.example/v1?key={KEY}"})
    asked: list[httpx.Request] = []
    with pytest.raises(ProviderError, match="308") as caught:
        server(moved, asked).post("/chat/completions", {})
    assert caught.value.hint == "it has moved to https://models.example/v1?key=***: name that address"
    assert len(asked) == 1


ECHO = {"error": {"message": f"wrong key {KEY}"}, KEY: [f"Bearer {KEY}", 3]}


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(400, json=ECHO),
        httpx.Response(500, text=f"<html>{KEY}\n{KEY}</html>"),
        httpx.Response(200, text=f"not JSON {KEY}"),
        httpx.Response(200, json=[KEY]),
        httpx.Response(200, text="[" * 100_000 + KEY),
        httpx.RemoteProtocolError(f"illegal status line {KEY}"),
    ],
    ids=["complaint", "page", "no JSON", "no object", "deep nesting", "broken status line"],
)
def test_a_key_that_a_server_echoes_stands_in_no_message_and_no_traceback(
    answer: httpx.Response | Exception,
) -> None:
    with pytest.raises(ProviderError) as caught:
        server(answer).post("/embeddings", {"model": "m"})
    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_a_key_in_an_answer_is_blackened_before_anybody_reads_it() -> None:
    found = server(httpx.Response(200, json=ECHO | {"choices": []})).post("/chat/completions", {"model": "m"})
    assert found == {"error": {"message": "wrong key ***"}, "***": ["Bearer ***", 3], "choices": []}


@pytest.mark.parametrize("end", ["\r", "\n", " ", "\r\n", "\t"], ids=["return", "newline", "blank", "both", "tab"])
def test_what_a_shell_leaves_at_the_end_of_a_key_is_cut_off(end: str) -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={})

    Server(URL, KEY + end, Channel(transport=httpx.MockTransport(handler))).post("/embeddings", {})
    assert asked[0].headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("key", ["sk-SECR“ET", "sk-a\nb", "sk-\x00a"], ids=["quotation mark", "newline", "NUL"])
def test_a_key_that_cannot_be_sent_is_refused_without_quoting_it(key: str) -> None:
    with pytest.raises(InputError, match="OPENAI_API_KEY") as caught:
        Server(URL, key)
    assert key not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "url",
    ["http://user:pass-word@h/v1", "https://h/v1?key=pass-word", "http://pass-word@h"],
    ids=["user", "query", "at"],
)
def test_a_password_in_a_base_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(InputError, match="holds a password or a query") as caught:
        Server(url)
    assert "pass-word" not in str(caught.value)
