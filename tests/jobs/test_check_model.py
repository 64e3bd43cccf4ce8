"""What a check of a model finds out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from dialin.embed.remote import RemoteEmbedder
from dialin.errors import InputError, ProviderError
from dialin.jobs.check_model import LLMCheck, check_embedder, check_llm
from dialin.llm.http import Channel, Server
from dialin.llm.remote import RemoteBackend, ServerOptions
from scripted import HashingEmbedder

URL = "http://h/v1"
Handler = Callable[[dict[str, Any]], httpx.Response]


def chat(content: str, *top: str) -> httpx.Response:
    entries = [{"token": token, "logprob": -0.5} for token in top]
    logprobs = {"content": [{"token": content, "top_logprobs": entries}]} if top else None
    choice = {"message": {"content": content}, "logprobs": logprobs, "finish_reason": "stop"}
    return httpx.Response(200, json={"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 2}})


def refusal(words: str) -> httpx.Response:
    return httpx.Response(400, json={"error": {"message": words}})


def able(body: dict[str, Any]) -> httpx.Response:
    return chat("parcel") if "grammar" in body else chat("Good", "Good", "Bad")


def unable(body: dict[str, Any]) -> httpx.Response:
    if body["messages"][0]["role"] == "system":
        return refusal("System role not supported")
    for name in ("temperature", "logprobs", "grammar"):
        if name in body:
            return refusal(f"Unsupported parameter: '{name}'")
    if body["max_tokens"] < 1000:
        return httpx.Response(200, json={"choices": [{"message": {"content": ""}, "finish_reason": "length"}]})
    return chat("Good")


def backend(handler: Handler, remembered: Path | None = None) -> RemoteBackend:
    def answer(request: httpx.Request) -> httpx.Response:
        return handler(json.loads(request.content)) if request.method == "POST" else httpx.Response(404)

    return RemoteBackend("m", URL, None, ServerOptions(transport=httpx.MockTransport(answer), remembered=remembered))


def checked(handler: Handler) -> LLMCheck:
    return check_llm(backend(handler), clock=count().__next__)


def test_a_model_that_can_do_everything() -> None:
    assert checked(able) == LLMCheck(
        model="openai:m@http://h/v1",
        is_readable=True,
        n_candidates=20,
        n_draws=1,
        grammar="obeyed",
        system=True,
        temperature=True,
        n_thoughts=0,
        has_batches=False,
        is_paid=True,
        price=None,
        seconds=0.5,
        tokens_in=20,
        tokens_out=4,
    )


def test_a_model_that_can_do_next_to_nothing() -> None:
    found = checked(unable)
    assert (found.is_readable, found.n_candidates, found.n_draws, found.grammar) == (True, 0, 3, "refused")
    assert (found.system, found.temperature, found.n_thoughts) == (False, False, 1024)


def test_grammars_that_are_ignored_and_answers_that_are_none_are_found() -> None:
    found = checked(lambda _: chat("white", "white"))
    assert (found.is_readable, found.grammar) == (False, "ignored")


def test_what_was_learnt_before_is_forgotten(tmp_path: Path) -> None:
    remembered = tmp_path / "accepts.json"
    backend(able, remembered).learnt.learn({"n_top": 0, "system": False})
    again = backend(able, remembered)
    assert not again.learnt.now.system
    found = check_llm(again)
    assert (found.n_candidates, found.system) == (20, True)
    assert json.loads(remembered.read_text()) == {}


@pytest.mark.parametrize(("answer", "expected"), [({"data": []}, True), ("no such path", False)], ids=["has", "lacks"])
def test_a_batch_interface_is_looked_for(answer: object, expected: bool) -> None:
    def server(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/batches":
            return httpx.Response(200 if expected else 404, json=answer)
        return able(json.loads(request.content)) if request.method == "POST" else httpx.Response(404)

    transport = httpx.MockTransport(server)
    assert check_llm(RemoteBackend("m", URL, None, ServerOptions(transport=transport))).has_batches is expected


def test_a_server_that_refuses_harmless_questions_is_a_fault() -> None:
    def filtered(_: dict[str, Any]) -> httpx.Response:
        return refusal("blocked by the content filter")

    with pytest.raises(ProviderError, match="refuses a harmless question: blocked"):
        checked(filtered)


def test_a_wrong_key_is_said_before_any_question() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(401))
    with pytest.raises(InputError, match="refuses the key"):
        check_llm(RemoteBackend("m", URL, "sk-12345678", ServerOptions(transport=transport)))


def test_an_embedder_that_takes_few_texts_at_once() -> None:
    def embed(request: httpx.Request) -> httpx.Response:
        texts = json.loads(request.content)["input"]
        if len(texts) > 32:
            return httpx.Response(413, json={"message": "batch size 128 > maximum allowed batch size 32"})
        return httpx.Response(200, json={"data": [{"index": i, "embedding": [1.0, 2.0]} for i in range(len(texts))]})

    embedder = RemoteEmbedder("m", Server(URL, None, Channel(transport=httpx.MockTransport(embed))))
    found = check_embedder(embedder, count().__next__)
    assert (found.model, found.n_dims, found.n_texts, found.seconds) == ("openai:m@http://h/v1", 2, 32, 1.0)
    assert (found.n_encoded, found.n_tokens) == (128, 1152)


def test_an_embedder_in_this_process_takes_any_number() -> None:
    found = check_embedder(HashingEmbedder())
    assert replace(found, seconds=0.0).n_texts == 0
    assert found.n_dims == HashingEmbedder().encode(["a"]).shape[1]
