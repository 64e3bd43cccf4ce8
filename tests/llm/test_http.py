"""The look whether a server is there, and what is not worth another try."""

from __future__ import annotations

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
