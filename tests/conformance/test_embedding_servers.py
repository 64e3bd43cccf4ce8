"""Servers of embeddings as they behave: the same result as with OpenAI's, each text paid once, or one clear line."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli

from dialin.discover import connect, estimator
from scripted import HashingEmbedder, kinds_by_word, sentences
from served_run import Found, Stage, write_calls
from servers import embeddings
from servers.mind import key_of
from thorough import some

KINDS = [
    *(embeddings.Tei, embeddings.DashScope, embeddings.SiliconFlow, embeddings.AzureOne),
    *(embeddings.GeminiEmbeddings, embeddings.CohereEmbeddings, embeddings.MistralEmbeddings, embeddings.Voyage),
    *(embeddings.AlwaysBase64, embeddings.Shuffled, embeddings.OllamaEmbeddings, embeddings.LlamaCppEmbeddings),
]
Run = tuple[Found, Counter[str]]
"""What a run found, and how often each text was paid for."""
PER_TOPIC = 26
"""131 sentences: more than dialin sends at once."""
LONG = "refund " * 600
"""More than 512 tokens."""
LINES = [
    (embeddings.LlamaCppEmbeddings, r"500: input \(\d+ tokens\) is too large to process"),
    (embeddings.NotANumber, r"zero or not finite"),
]
"""Servers that a text is too long for without saying so, or that send no vectors; what the one line says."""


@pytest.fixture
def stage(cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Set the stage: sentences, no LLM, and no waiting between tries."""
    monkeypatch.setattr("tenacity.sleep_using_event", lambda _: lambda _seconds: None)
    for module in (connect, estimator):  # the heads read the vectors of the shipped embedders
        monkeypatch.setattr(module, "kinds_by_shipped", kinds_by_word)
    return Stage(cli, monkeypatch, write_calls(home / "calls.csv", PER_TOPIC))


def run_with(stage: Stage, server: embeddings.Embeddings) -> Run:
    """Run with a server; return what was found, and the texts that were paid for."""
    stage.enter(server)
    result = stage.discover("none", "run", "--embedder", server.spec)
    assert result.exit_code == 0, result.stderr
    return Found.of(Path("run")), server.paid


@pytest.fixture(scope="module")
def plain_runs() -> list[Run]:
    """Keep the run with a plain server."""
    return []


@pytest.fixture
def plain(stage: Stage, plain_runs: list[Run]) -> Run:
    """Run with a plain server, once for all tests."""
    if not plain_runs:
        plain_runs.append(run_with(stage, embeddings.Embeddings()))
        shutil.rmtree("run")
    return plain_runs[0]


@pytest.mark.parametrize("kind", some(KINDS, 5))
def test_the_result_is_that_of_a_plain_server(stage: Stage, plain: Run, kind: type[embeddings.Embeddings]) -> None:
    found, paid = run_with(stage, kind())
    assert (found, paid) == plain
    assert set(paid.values()) == {1}


@pytest.mark.parametrize(("kind", "words"), LINES)
def test_what_cannot_be_helped_is_one_clear_line(stage: Stage, kind: type[embeddings.Embeddings], words: str) -> None:
    with stage.calls.open("a") as file:
        file.write(f"{LONG}\n")
    server = kind()
    stage.enter(server)
    result = stage.discover("none", "run", "--embedder", server.spec)
    assert result.exit_code == 3, result.stderr
    said = [line for line in result.stderr.splitlines() if line.startswith("dialin: error: ")]
    assert len(said) == 1, result.stderr
    assert re.search(words, said[0]), said[0]
    assert not Path("run").exists()


def test_the_limit_of_a_server_is_learnt_once(stage: Stage) -> None:
    """No batch is refused after the first that was taken, and few are sent to find out how many texts may be."""
    server = embeddings.DashScope()
    world = stage.enter(server)
    assert stage.discover("none", "run", "--embedder", server.spec).exit_code == 0
    n_texts = [len(asked.body["input"]) for asked in world.posts]
    first = next(i for i, n in enumerate(n_texts) if n <= server.most)
    assert first <= 5
    assert max(n_texts[first:]) <= server.most
    assert sum(n_texts[first:]) == len(server.paid)


def test_a_text_that_is_too_long_is_read_at_its_beginning(stage: Stage) -> None:
    with stage.calls.open("a") as file:
        file.write(f"{LONG}\n")
    server = embeddings.TeiShort()
    stage.enter(server)
    result = stage.discover("none", "run", "--embedder", server.spec)
    assert result.exit_code == 0, result.stderr
    assert re.search("too long for BAAI/bge-m3", result.stderr)


def test_the_scripted_vectors_are_those_of_the_tiny_embedder() -> None:
    texts = [text for text, _ in sentences(2)]
    server = embeddings.Embeddings()
    answer = server.embed({"model": "m", "input": texts}).json()
    np.testing.assert_array_equal([entry["embedding"] for entry in answer["data"]], HashingEmbedder().encode(texts))
    assert set(server.paid) == set(map(key_of, texts))
