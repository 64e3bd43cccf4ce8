"""Providers on the command line: the environment names servers, a run pins them, and `models check` asks them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Cli

from dialin.llm.servers import allowed
from fake_run import calls as said
from fake_run import fake_run
from one_line import one_line
from scripted import ScriptedBackend

Asked = list[httpx.Request]
KEY = "sk-secret-123456"


def reply(body: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of a server with OpenAI's protocol: Yes, or a name."""
    if "input" in body:
        return {"data": [{"index": i, "embedding": [1.0, len(text)]} for i, text in enumerate(body["input"])]}
    text = "Yes" if "logprobs" in body else "ask-refund"
    top = [{"token": "Yes", "logprob": -0.1}, {"token": "Good", "logprob": -3.0}]
    logprobs = {"content": [{"token": text, "top_logprobs": top}]} if "logprobs" in body else None
    return {"choices": [{"message": {"content": text}, "logprobs": logprobs, "finish_reason": "stop"}]}


@pytest.fixture
def asked(home: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Put a server in the place of the network, and return what it is asked."""
    requests: Asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        is_get = request.method == "GET"
        response = httpx.Response(200, json={"data": []} if is_get else reply(json.loads(request.read())))
        response.request = request
        return response

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda _, request: answer(request))
    return requests


def hosts(asked: Asked) -> set[str]:
    return {request.url.host for request in asked}


def test_a_run_pins_the_server_that_the_environment_names(
    cli: Cli, calls: Path, backend: ScriptedBackend, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://10.0.0.5:8000/v1/")
    result = cli("discover", calls, "--out", "run", "--llm", "openai:m", "--max-calls", 2)
    assert result.exit_code == 0, result.stderr
    assert result.stderr.count("openai:m is asked at http://10.0.0.5:8000/v1, as OPENAI_BASE_URL says") == 1
    manifest = json.loads(Path("run/manifest.json").read_text())
    assert manifest["llm"] == manifest["judge_llm"] == "openai:m@http://10.0.0.5:8000/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://another:1/v1")
    result = cli("resume", "run")
    assert result.exit_code == 0, result.stderr
    assert "is asked at" not in result.stderr
    assert hosts(asked) == {"10.0.0.5"}


def test_a_run_of_an_older_version_asks_the_providers_own_server(
    cli: Cli, backend: ScriptedBackend, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_run(Path("run"), said(), status="capped", llm="openai:m", embedder="test:hashing")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://another:1/v1")
    one_line(cli("resume", "run"), "this run asks https://api.openai.com")
    assert not asked


FOREIGN = {
    "anthropic": ("anthropic:m@http://10.0.0.5:8000", "ANTHROPIC_API_KEY"),
    "gemini": ("gemini:m@http://10.0.0.5:8000", "GEMINI_API_KEY"),
    "azure": ("azure:m@http://10.0.0.5:8000", "AZURE_OPENAI_API_KEY"),
}


@pytest.mark.parametrize("provider", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_run_gets_no_key_unless_the_user_allows_it(
    cli: Cli, backend: ScriptedBackend, asked: Asked, monkeypatch: pytest.MonkeyPatch, provider: tuple[str, str]
) -> None:
    monkeypatch.setattr("tenacity.sleep_using_event", lambda _: lambda _seconds: None)
    llm, variable = provider
    fake_run(Path("run"), said(), status="capped", llm=llm, judge_llm=llm, embedder="test:hashing")
    monkeypatch.setenv(variable, KEY)
    result = cli("resume", "run")
    one_line(result, variable, "--allow-server http://10.0.0.5:8000")
    assert KEY not in result.stderr
    assert not asked
    cli("resume", "run", "--allow-server", "http://10.0.0.5:8000")
    assert hosts(asked) == {"10.0.0.5"}
    assert allowed() == {"http://10.0.0.5:8000"}


KEYS = {
    "OpenAI": ("openai:m", "OPENAI_API_KEY", "authorization", f"Bearer {KEY}", "api.openai.com"),
    "Anthropic": ("anthropic:m", "ANTHROPIC_API_KEY", "x-api-key", KEY, "api.anthropic.com"),
    "Gemini": ("gemini:m", "GOOGLE_API_KEY", "x-goog-api-key", KEY, "generativelanguage.googleapis.com"),
    "Azure": ("azure:m@https://r.openai.azure.com", "AZURE_OPENAI_API_KEY", "api-key", KEY, "r.openai.azure.com"),
}


@pytest.mark.parametrize("provider", KEYS.values(), ids=KEYS)
def test_each_key_goes_to_its_own_host_in_its_own_header(
    cli: Cli, asked: Asked, monkeypatch: pytest.MonkeyPatch, provider: tuple[str, str, str, str, str]
) -> None:
    spec, variable, header, value, host = provider
    for _, name, *_ in KEYS.values():
        monkeypatch.setenv(name, "another-key-123456")
    monkeypatch.setenv(variable, KEY)
    monkeypatch.setattr("tenacity.sleep_using_event", lambda _: lambda _seconds: None)
    result = cli("models", "check", spec)
    assert hosts(asked) == {host}
    assert {request.headers[header] for request in asked} == {value}
    for request in asked:
        assert "another-key" not in str(request.headers.raw)
        assert KEY not in str(request.url)
    assert KEY not in result.stderr + result.stdout


def test_a_check_says_what_a_model_can_do(cli: Cli, asked: Asked) -> None:
    result = cli("models", "check", "openai:m@http://10.0.0.5/v1")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "openai:m@http://10.0.0.5/v1"
    for row in (
        "answers ",
        "token probabilities ",
        "grammar ",
        "system message ",
        "temperature ",
        "batch interface ",
        "price ",
    ):
        assert [line for line in lines if line.startswith(row)]
    assert len([request for request in asked if request.method == "POST"]) == 2


def test_a_check_says_what_a_model_costs(cli: Cli, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    known = cli("models", "check", "openai:gpt-4o-mini").stdout
    assert "price                 0.1500 / 0.6000 USD  per million tokens in / out (genai-prices" in known
    assert "price                 unknown" in cli("models", "check", "openai:m@http://10.0.0.5/v1").stdout


def test_a_check_is_for_machines_too(cli: Cli, asked: Asked) -> None:
    found = json.loads(cli("models", "check", "openai:m@http://10.0.0.5/v1", "--json").stdout)
    assert (found["n_candidates"], found["grammar"], found["has_batches"]) == (20, "ignored", True)
    embedder = json.loads(cli("models", "check", "openai:m@http://10.0.0.5/v1", "--embedder", "--json").stdout)
    assert (embedder["n_dims"], embedder["n_texts"]) == (2, 128)


def test_a_check_of_a_shipped_embedder_needs_no_option(cli: Cli, home: Path) -> None:
    result = cli("models", "check", "local:intents-en-v5")
    assert result.exit_code == 0, result.stderr
    assert "dimensions            384" in result.stdout


def test_a_check_says_where_the_environment_sends_it(cli: Cli, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://10.0.0.5/v1")
    assert "is asked at http://10.0.0.5/v1" in cli("models", "check", "openai:m").stderr


WRONG = {
    "no host": (["openai:m@localhost"], "unknown LLM"),
    "no model": (["none"], "names no LLM"),
    "no address": (["azure:d"], "AZURE_OPENAI_ENDPOINT"),
    "no key": (["anthropic:m"], "ANTHROPIC_API_KEY"),
    "no embeddings": (["anthropic:m", "--embedder"], "unknown embedder"),
}


@pytest.mark.parametrize(("arguments", "words"), WRONG.values(), ids=WRONG)
def test_a_check_that_cannot_be_made_is_one_line(cli: Cli, home: Path, arguments: list[str], words: str) -> None:
    one_line(cli("models", "check", *arguments), words)


def test_a_server_that_fails_ends_the_check_with_3(cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broke(_: object, request: httpx.Request) -> httpx.Response:
        status = 404 if request.method == "GET" else 429
        return httpx.Response(status, json={"error": {"code": "insufficient_quota"}}, request=request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", broke)
    result = cli("models", "check", "openai:m@http://10.0.0.5/v1")
    assert result.exit_code == 3
    assert len(result.stderr.splitlines()) == 1


def test_embedders_of_providers_are_asked_in_their_shapes(
    home: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, int]] = []

    def answer(_: object, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.read())
        path = request.url.raw_path.decode()
        texts = body.get("input") or [part["content"]["parts"][0]["text"] for part in body["requests"]]
        seen.append((path, len(texts)))
        vectors = [[1.0, 2.0, 3.0]] * len(texts)
        openai = {"data": [{"index": i, "embedding": vector} for i, vector in enumerate(vectors)]}
        gemini = {"embeddings": [{"values": vector} for vector in vectors]}
        return httpx.Response(200, json=gemini if "requests" in body else openai, request=request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", answer)
    for name in ("GEMINI_API_KEY", "AZURE_OPENAI_API_KEY"):
        monkeypatch.setenv(name, KEY)
    check: Callable[[str], Any] = lambda spec: json.loads(cli("models", "check", spec, "--embedder", "--json").stdout)  # noqa: E731
    assert check("gemini:gemini-embedding-001")["n_texts"] == 100
    assert check("azure:emb@https://r.openai.azure.com")["n_dims"] == 3
    assert seen == [
        ("/v1beta/models/gemini-embedding-001:batchEmbedContents", 100),
        ("/v1beta/models/gemini-embedding-001:batchEmbedContents", 28),
        ("/openai/deployments/emb/embeddings?api-version=2025-04-01-preview", 128),
    ]
