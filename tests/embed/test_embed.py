"""Embedders: the embedded models, routing by script, servers, the cache, and how a spec is read."""

from __future__ import annotations

import json
import sqlite3
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dialin.embed.base import Embedder
from dialin.embed.bilingual import BilingualEmbedder
from dialin.embed.cache import CachedEmbedder
from dialin.embed.choose import embedder_of, suited
from dialin.embed.onnx import OnnxEmbedder
from dialin.embed.openai import OpenAIEmbedder
from dialin.embed.sentence_transformers import SentenceTransformersEmbedder
from dialin.errors import InputError, ModelError, ProviderError
from dialin.llm.http import RETRYABLE_CODES, Channel
from dialin.llm.retry import Retry

URL = "http://127.0.0.1:8000/v1"


class ToyEmbedder:
    """Unit vectors made of a text's length; remembers what it was asked."""

    def __init__(self, name: str = "toy", n_dimensions: int = 3) -> None:
        self.name = name
        self.n_dimensions = n_dimensions
        self.asked: list[list[str]] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.append(list(texts))
        vectors = np.ones((len(texts), self.n_dimensions), np.float32)
        vectors[:, 0] += [len(text) for text in texts]
        units: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return units


# ---------------------------------------------------------------- which script, which embedder


@pytest.mark.parametrize(
    ("n_chinese", "spec"),
    [
        (0, "local:bge-small-en-v1.5"),
        (1, "local:bge-small-en-v1.5"),
        (2, "local:bge-small-en-v1.5+bge-small-zh-v1.5"),
        (98, "local:bge-small-en-v1.5+bge-small-zh-v1.5"),
        (99, "local:bge-small-zh-v1.5"),
    ],
)
def test_auto_chooses_by_the_share_of_chinese_texts(n_chinese: int, spec: str) -> None:
    chosen, reason = suited(["退款"] * n_chinese + ["refund"] * (100 - n_chinese))
    assert f"local:{chosen.name}" == spec
    assert f"{n_chinese} of 100 texts are Chinese" in reason
    assert "Korean" not in reason


def test_auto_says_how_many_texts_no_embedded_model_knows() -> None:
    chosen, reason = suited(["카드 어디 있어요", "カードはどこ", "where is my card"])
    assert chosen.name == "bge-small-en-v1.5"
    assert reason.endswith("English model; 2 are Japanese or Korean, which no embedded model knows")
    chosen, reason = suited(["카드 어디 있어요", "我的卡在哪里", "where is my card"])
    assert chosen.name == "bge-small-en-v1.5+bge-small-zh-v1.5"
    assert reason.endswith("; 1 is Japanese or Korean, which no embedded model knows")


@pytest.mark.parametrize(
    "spec",
    ["", "bert", "none", "local:", "local:gpt", "st:", "openai:", "openai:@http://x", "openai:m@127.0.0.1:80/v1"],
)
def test_unknown_spec_lists_what_there_is(spec: str) -> None:
    with pytest.raises(InputError, match="unknown embedder") as caught:
        embedder_of(spec, [])
    assert repr(spec) in caught.value.message
    for part in ("auto", "local:bge-small-en-v1.5", "local:bge-small-zh-v1.5", "st:NAME", "openai:MODEL@URL"):
        assert part in caught.value.hint


def test_llm_is_no_embedder() -> None:
    with pytest.raises(ModelError, match="is an LLM"):
        OnnxEmbedder("smollm2-135m")


def test_openai_spec_gives_its_name_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    chosen = embedder_of(f"openai:@cf/bge-m3@{URL}/")
    assert chosen.name == f"openai:@cf/bge-m3@{URL}"
    assert "was asked for" in chosen.reason
    assert isinstance(chosen, Embedder)
    with pytest.raises(InputError, match="needs an API key"):
        embedder_of("openai:small")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    assert embedder_of("openai:small").name == "openai:small@https://api.openai.com/v1"


# ---------------------------------------------------------------- side by side


def test_bilingual_blocks_are_worked_by_hand() -> None:
    """Toy vectors are (1 + length, 1) / norm: "ab" -> (3, 1)/√10 in the first block, "退" -> (2, 1, 1)/√6."""
    embedder = BilingualEmbedder(ToyEmbedder("local:a", 2), ToyEmbedder("local:b", 3))
    expected = np.zeros((2, 5))
    expected[0, 2:] = np.array([2, 1, 1]) / np.sqrt(6)
    expected[1, :2] = np.array([3, 1]) / np.sqrt(10)
    np.testing.assert_allclose(embedder.encode(["退", "ab"]), expected, rtol=1e-6)
    assert embedder.name == "local:a+b"


@given(st.lists(st.sampled_from(["refund", "退款", "where?", "在哪里", ""]), max_size=12))
def test_bilingual_keeps_shape_norm_and_order(texts: list[str]) -> None:
    embedder = BilingualEmbedder(ToyEmbedder(n_dimensions=2), ToyEmbedder(n_dimensions=3))
    vectors = embedder.encode(texts)
    assert vectors.shape == (len(texts), 5)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_array_equal(vector, embedder.encode([text])[0])


# ---------------------------------------------------------------- sentence-transformers


def test_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ModelError, match=r"pip install dialin\[sentence-transformers\]"):
        embedder_of("st:all-MiniLM-L6-v2")


def fake_library(monkeypatch: pytest.MonkeyPatch, factory: Callable[[str], Any]) -> None:
    library = types.SimpleNamespace(SentenceTransformer=factory)
    monkeypatch.setitem(sys.modules, "sentence_transformers", library)


def test_sentence_transformers_are_asked_for_unit_norm(monkeypatch: pytest.MonkeyPatch) -> None:
    class Transformer:
        def __init__(self, name: str) -> None:
            self.name = name

        def encode(self, texts: list[str], *, normalize_embeddings: bool, show_progress_bar: bool) -> Any:
            assert normalize_embeddings
            assert not show_progress_bar
            return np.full((len(texts), 4), 0.5)

    fake_library(monkeypatch, Transformer)
    vectors = SentenceTransformersEmbedder("m").encode(["a", "b"])
    np.testing.assert_array_equal(vectors, np.full((2, 4), 0.5, np.float32))
    assert vectors.dtype == np.float32


def test_sentence_transformers_that_cannot_load(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise OSError(f"{name} is not a local folder\nmore")

    fake_library(monkeypatch, refuse)
    with pytest.raises(ModelError, match=r"cannot load 'm': m is not a local folder \("):
        SentenceTransformersEmbedder("m")


# ---------------------------------------------------------------- servers


class Script:
    """A scripted server: gives the prepared answers in turn, then good ones; remembers the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []
        """Seconds that retries would have slept."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        texts = json.loads(request.content)["input"]
        data = [{"index": i, "embedding": [3.0, 4.0 * len(text)]} for i, text in enumerate(texts)]
        return httpx.Response(200, json={"data": data[::-1]})

    def embedder(self, key: str | None = None) -> OpenAIEmbedder:
        channel = Channel(transport=httpx.MockTransport(self))
        return OpenAIEmbedder("m", URL, key, channel=channel, retry=Retry(sleep=self.waits.append))


def test_server_vectors_are_ordered_and_normalised() -> None:
    """The server sends (3, 4·length) in reverse order; (3, 4) has norm 5."""
    vectors = Script().embedder().encode(["a", ""])
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [1.0, 0.0]], rtol=1e-6)
    assert vectors.dtype == np.float32


def test_server_gets_batches_of_128_in_order() -> None:
    script = Script()
    vectors = script.embedder().encode(["x" * (i % 7) for i in range(300)])
    assert [len(json.loads(request.content)["input"]) for request in script.requests] == [128, 128, 44]
    assert vectors.shape == (300, 2)
    np.testing.assert_array_equal(vectors[7:14], vectors[0:7])
    assert str(script.requests[0].url) == f"{URL}/embeddings"


def test_key_is_sent_only_where_there_is_one() -> None:
    with_key, without = Script(), Script()
    with_key.embedder("secret").encode(["a"])
    without.embedder().encode(["a"])
    assert with_key.requests[0].headers["Authorization"] == "Bearer secret"
    assert "Authorization" not in without.requests[0].headers


def test_no_text_asks_nothing() -> None:
    script = Script()
    assert script.embedder().encode([]).shape == (0, 0)
    assert script.requests == []


def test_retries_wait_as_long_as_the_server_asks() -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(503), httpx.ReadTimeout("slow"))
    assert script.embedder().encode(["a"]).shape == (1, 2)
    assert len(script.requests) == 4
    assert script.waits[0] == 7.0
    assert all(0 < seconds <= 31 for seconds in script.waits[1:])


def test_retries_end() -> None:
    script = Script(*[httpx.ConnectError("refused")] * 9)
    with pytest.raises(ProviderError, match="cannot reach the server at") as caught:
        script.embedder().encode(["a"])
    assert caught.value.retryable
    assert len(script.requests) == 6


@pytest.mark.parametrize("status", sorted(RETRYABLE_CODES))
def test_passing_faults_are_those_of_an_llm(status: int) -> None:
    script = Script(httpx.Response(status, text="busy"))
    assert script.embedder().encode(["a"]).shape == (1, 2)
    assert len(script.requests) == 2


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (httpx.Response(401, text="bad key"), "OPENAI_API_KEY"),
        (httpx.Response(404, text="no model"), "the model 'm'"),
        (httpx.Response(400, text="too long"), ""),
        (httpx.Response(429, json={"error": {"code": "insufficient_quota"}}), "no credit"),
    ],
)
def test_refusals_are_final(answer: httpx.Response, hint: str) -> None:
    script = Script(answer)
    with pytest.raises(ProviderError, match=f"answered {answer.status_code}") as caught:
        script.embedder("secret").encode(["a"])
    assert len(script.requests) == 1
    assert not caught.value.retryable
    assert hint in caught.value.hint
    assert "secret" not in str(caught.value)


def test_server_that_wants_an_hour_is_not_waited_for() -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": "3600"}))
    with pytest.raises(ProviderError) as caught:
        script.embedder().encode(["a"])
    assert caught.value.retry_after == 3600
    assert script.waits == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (httpx.Response(200, text="hello"), "sent no readable answer: 'hello'"),
        (httpx.Response(200, json={"data": [{"embedding": [1]}]}), "sent no embeddings"),
        (httpx.Response(200, json=[]), r"sent no readable answer: '\[\]'"),
        (httpx.Response(200, json={"data": []}), "sent 0 vectors for 1 texts"),
        (httpx.Response(200, json={"data": [{"index": 0, "embedding": [0.0, 0.0]}]}), "zero or not finite"),
    ],
)
def test_answers_that_are_no_embeddings(answer: httpx.Response, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        Script(*[answer] * 6).embedder().encode(["a"])


# ---------------------------------------------------------------- cache


def test_only_missing_texts_are_encoded(tmp_path: Path) -> None:
    toy = ToyEmbedder()
    first = CachedEmbedder(toy, tmp_path / "new" / "e.sqlite").encode(["退款", "refund", "退款"])
    again = CachedEmbedder(toy, tmp_path / "new" / "e.sqlite").encode(["card", "refund", "退款"])
    assert toy.asked == [["退款", "refund"], ["card"]]
    np.testing.assert_array_equal(first, toy.encode(["退款", "refund", "退款"]))
    np.testing.assert_array_equal(again, toy.encode(["card", "refund", "退款"]))
    assert again.dtype == np.float32


def test_embedders_do_not_share_vectors(tmp_path: Path) -> None:
    wide = ToyEmbedder("wide", 5)
    CachedEmbedder(ToyEmbedder("narrow", 2), tmp_path / "e.sqlite").encode(["a"])
    assert CachedEmbedder(wide, tmp_path / "e.sqlite").encode(["a"]).shape == (1, 5)


def test_killed_run_keeps_the_chunks_it_finished(tmp_path: Path) -> None:
    class Dying(ToyEmbedder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            if len(self.asked) == 2:
                raise KeyboardInterrupt
            return super().encode(texts)

    texts = [f"text {i}" for i in range(3000)]
    with pytest.raises(KeyboardInterrupt):
        CachedEmbedder(Dying(), tmp_path / "e.sqlite").encode(texts)
    toy, progress = ToyEmbedder(), list[tuple[int, int]]()
    cached = CachedEmbedder(toy, tmp_path / "e.sqlite", lambda done, total: progress.append((done, total)))
    np.testing.assert_array_equal(cached.encode(texts), ToyEmbedder().encode(texts))
    assert [len(asked) for asked in toy.asked] == [3000 - 2048]
    assert progress == [(952, 952)]


def test_cache_of_no_text_has_the_width_of_the_embedder(tmp_path: Path) -> None:
    assert CachedEmbedder(ToyEmbedder(), tmp_path / "e.sqlite").encode([]).shape == (0, 3)


def test_file_that_is_no_cache(tmp_path: Path) -> None:
    path = tmp_path / "e.sqlite"
    path.write_bytes(b"text that is no database" * 100)
    with pytest.raises(InputError, match=r"e\.sqlite cannot be used"):
        CachedEmbedder(ToyEmbedder(), path).encode(["a"])
    with pytest.raises(InputError, match="cannot be used"):
        CachedEmbedder(ToyEmbedder(), path / "below").encode(["a"])


def test_errors_of_the_embedder_pass_through(tmp_path: Path) -> None:
    class Failing(ToyEmbedder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            raise PermissionError("not ours")

    with pytest.raises(PermissionError, match="not ours"):
        CachedEmbedder(Failing(), tmp_path / "e.sqlite").encode(["a"])


def test_cache_is_a_plain_table_of_float32(tmp_path: Path) -> None:
    vector = CachedEmbedder(ToyEmbedder(), tmp_path / "e.sqlite").encode(["a"])[0]
    connection = sqlite3.connect(tmp_path / "e.sqlite")
    ((name, blob),) = connection.execute("SELECT embedder, vector FROM embedding").fetchall()
    connection.close()
    assert name == "toy"
    np.testing.assert_array_equal(np.frombuffer(blob, "<f4"), vector)


# ---------------------------------------------------------------- the real embedded models

ENGLISH = [
    "I lost my card, please block it",
    "My card was stolen, can you freeze it?",
    "What is the exchange rate for euros?",
    "",
    "ok",
    "word " * 2000,
]
CHINESE = ["我要退款", "请把钱退给我", "今天天气怎么样"]


@pytest.fixture(scope="module")
def english() -> OnnxEmbedder:
    return OnnxEmbedder("bge-small-en-v1.5")


@pytest.mark.models
def test_real_vectors_are_unit_float32(english: OnnxEmbedder) -> None:
    vectors = english.encode(ENGLISH)
    assert vectors.shape == (len(ENGLISH), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    assert english.encode([]).shape == (0, 384)


@pytest.mark.models
def test_real_vector_does_not_depend_on_company_or_threads(english: OnnxEmbedder) -> None:
    together = english.encode(ENGLISH)
    alone = np.vstack([OnnxEmbedder("bge-small-en-v1.5", n_threads=1).encode([text]) for text in ENGLISH])
    backwards = english.encode(ENGLISH[::-1])[::-1]
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(together, backwards)


@pytest.mark.models
def test_real_chunks_are_put_together_in_order(english: OnnxEmbedder) -> None:
    by_two = OnnxEmbedder("bge-small-en-v1.5", chunk=2)
    np.testing.assert_array_equal(by_two.encode(ENGLISH), english.encode(ENGLISH))


@pytest.mark.models
def test_real_text_is_cut_at_256_tokens(english: OnnxEmbedder) -> None:
    """254 words of one token each, and [CLS] and [SEP], are 256 tokens: what follows does not count."""
    same, less = english.encode(["word " * 254, "word " * 253])
    np.testing.assert_array_equal(english.encode(["word " * 2000])[0], same)
    assert not np.array_equal(same, less)


@pytest.mark.models
def test_real_models_put_one_intent_together(english: OnnxEmbedder) -> None:
    for embedder, texts in ((english, ENGLISH), (OnnxEmbedder("bge-small-zh-v1.5"), CHINESE)):
        first, second, other = embedder.encode(texts[:3])
        assert first @ second > first @ other + 0.1


@pytest.mark.models
def test_real_bilingual_by_auto_and_again_by_its_name() -> None:
    texts = ENGLISH[:3] + CHINESE
    chosen = embedder_of("auto", texts)
    vectors = chosen.encode(texts)
    assert chosen.name == "local:bge-small-en-v1.5+bge-small-zh-v1.5"
    assert "3 of 6 texts" in chosen.reason
    assert vectors.shape == (6, 384 + 512)
    assert not (vectors[:3] @ vectors[3:].T).any()
    np.testing.assert_array_equal(embedder_of(chosen.name).encode(texts), vectors)
