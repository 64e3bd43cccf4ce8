"""Embedders: the embedded models, routing by script, servers, the cache, and how a spec is read."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import types
from collections.abc import Callable, Sequence
from itertools import islice, permutations
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
from dialin.embed.cache import CachedEmbedder, RememberingEmbedder
from dialin.embed.choose import embedder_of, pinned, suited
from dialin.embed.onnx import OnnxEmbedder, batches_of
from dialin.embed.remote import RemoteEmbedder
from dialin.embed.sentence_transformers import SentenceTransformersEmbedder
from dialin.errors import InputError, ModelError, ProviderError
from dialin.llm.http import RETRYABLE_CODES, Channel, Server
from dialin.llm.retry import Retry
from dialin.models.store import is_present
from tuned_folder import tuned_folder

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
        (0, "local:intents-en-v5"),
        (1, "local:intents-en-v5"),
        (2, "local:intents-en-v5+intents-zh-v4"),
        (98, "local:intents-en-v5+intents-zh-v4"),
        (99, "local:intents-zh-v4"),
    ],
)
def test_auto_chooses_by_the_share_of_chinese_texts(n_chinese: int, spec: str) -> None:
    chosen, reason = suited(["退款"] * n_chinese + ["refund"] * (100 - n_chinese))
    assert f"local:{chosen.name}" == spec
    assert f"{n_chinese} of 100 texts are Chinese" in reason
    assert "Korean" not in reason


@pytest.mark.parametrize(
    ("word", "name"), [("退款", "intents-zh-v4"), ("refund", "intents-en-v5"), ("1", "intents-en-v5")]
)
def test_numbers_go_with_the_rest_of_their_file(word: str, name: str) -> None:
    chosen, reason = suited([word] * 10 + ["184****2219", "LK-4471", "<PHONE_1>"])
    assert chosen.name == name
    assert f"({3 if word != '1' else 13} more have no words)" in reason


def test_auto_says_how_many_texts_no_embedded_model_knows() -> None:
    chosen, reason = suited(["카드 어디 있어요", "カードはどこ", "where is my card"])
    assert chosen.name == "intents-en-v5"
    assert reason.endswith("English model; 2 are Japanese or Korean, which no embedded model knows (st:NAME may)")
    chosen, reason = suited(["카드 어디 있어요", "我的卡在哪里", "where is my card"])
    assert chosen.name == "intents-en-v5+intents-zh-v4"
    assert reason.endswith("; 1 is Japanese or Korean, which no embedded model knows (st:NAME may)")


@pytest.mark.parametrize(
    "spec",
    [
        *("", "bert", "none", "local:", "local:gpt", "local:smollm2-135m", "st:", "openai:", "openai:@http://x"),
        *("local:intents-en-v5+gpt", "local:intents-en-v5+intents-zh-v4+intents-en-v5"),
    ],
)
def test_unknown_spec_lists_what_there_is(spec: str) -> None:
    with pytest.raises(InputError, match="unknown embedder") as caught:
        embedder_of(spec, [])
    assert repr(spec) in caught.value.message
    for name in ("intents-en-v5", "intents-zh-v4", "bge-small-en-v1.5", "/path/to/folder", "ENGLISH+CHINESE"):
        assert f"local:{name}" in caught.value.hint
    for part in ("auto", "st:NAME", "openai:MODEL@URL"):
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


def test_a_folder_that_happens_to_have_the_name_of_a_model_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library would run its code."""
    monkeypatch.chdir(tmp_path)
    Path("all-MiniLM-L6-v2").mkdir()
    with pytest.raises(ModelError, match=r"st:\./all-MiniLM-L6-v2"):
        embedder_of("st:all-MiniLM-L6-v2")


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

    def embedder(self, key: str | None = None) -> RemoteEmbedder:
        server = Server(URL, key, Channel(transport=httpx.MockTransport(self)))
        return RemoteEmbedder("m", server, retry=Retry(sleep=self.waits.append))


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
        (httpx.Response(200, json={"data": [{"index": 0}]}), "sent no embeddings"),
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


@pytest.mark.parametrize("kind", [CachedEmbedder, RememberingEmbedder], ids=["cached", "remembering"])
def test_what_a_server_was_paid_for_is_kept_though_a_later_call_fails(
    tmp_path: Path, kind: type[CachedEmbedder | RememberingEmbedder]
) -> None:
    class Failing(ToyEmbedder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            if len(self.asked) == 2:
                self.asked.append([])
                raise ProviderError("the key was revoked")
            return super().encode(texts)

    toy, texts = Failing("openai:toy"), [f"text {i}" for i in range(300)]
    cached = kind(toy, tmp_path / "e.sqlite")
    with pytest.raises(ProviderError):
        cached.encode(texts)
    np.testing.assert_array_equal(cached.encode(texts), ToyEmbedder().encode(texts))
    assert [len(asked) for asked in toy.asked] == [128, 128, 0, 300 - 256]


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


# ---------------------------------------------------------------- the shipped models

ENGLISH = [
    "I lost my card, please block it",
    "My card was stolen, can you freeze it?",
    "What is the exchange rate for euros?",
]
CHINESE = ["我要退款", "请把钱退给我", "今天天气怎么样"]
ODD = ["", " ", "ok", "word " * 2000, "退款 " * 300, "👩‍👩‍👧‍👦 🇨🇳", "\u202erefund\x00"]
MANY = [
    " ".join([*order, *["please"] * n_more])
    for n_more, n_texts in ((1, 1), (4, 2), (9, 3), (6, 65))
    for order in islice(permutations(["i", "lost", "my", "bank", "card"]), n_texts)
]
"""1, 2, 3 and 65 texts of a length."""


@pytest.fixture(scope="module", params=["intents-en-v5", "intents-zh-v4"])
def shipped(request: pytest.FixtureRequest) -> OnnxEmbedder:
    return OnnxEmbedder(request.param)


def test_shipped_vectors_are_unit_float32(shipped: OnnxEmbedder) -> None:
    vectors = shipped.encode(ENGLISH + CHINESE + ODD)
    assert vectors.shape == (6 + len(ODD), shipped.n_dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    assert shipped.encode([]).shape == (0, shipped.n_dimensions)


def test_shipped_vector_does_not_depend_on_company_order_or_threads(shipped: OnnxEmbedder) -> None:
    texts = [*ENGLISH, *CHINESE, *ODD, *MANY]
    together = shipped.encode(texts)
    for n_threads in (1, 3):
        order = np.random.default_rng(n_threads).permutation(len(texts))
        other = OnnxEmbedder(shipped.name.removeprefix("local:"), n_threads=n_threads, chunk=50)
        np.testing.assert_array_equal(other.encode([texts[i] for i in order]), together[order])
    alone = np.vstack([shipped.encode([text]) for text in texts])
    np.testing.assert_array_equal(alone, together)


def test_shipped_models_read_256_tokens(shipped: OnnxEmbedder) -> None:
    """254 words of one token each, and [CLS] and [SEP], are 256 tokens: what follows does not count."""
    same, less, more = shipped.encode(["a " * 254, "a " * 253, "a " * 2000])
    np.testing.assert_array_equal(more, same)
    assert not np.array_equal(same, less)


def test_shipped_models_side_by_side_by_auto_and_again_by_their_name() -> None:
    texts = ENGLISH + CHINESE
    chosen = embedder_of("auto", texts)
    vectors = chosen.encode(texts)
    assert chosen.name == "local:intents-en-v5+intents-zh-v4"
    assert "3 of 6 texts" in chosen.reason
    assert not (vectors[:3] @ vectors[3:].T).any()
    np.testing.assert_array_equal(embedder_of(chosen.name).encode(texts), vectors)


@pytest.mark.parametrize(
    ("name", "successors"),
    [
        ("intents-en-v2", "local:intents-en-v5"),
        ("intents-zh-v1", "local:intents-zh-v4"),
        ("intents-en-v2+intents-zh-v1", "local:intents-en-v5 and local:intents-zh-v4"),
    ],
)
def test_an_embedder_of_an_earlier_dialin_has_a_successor(name: str, successors: str) -> None:
    with pytest.raises(InputError, match=f"unknown embedder 'local:{re.escape(name)}'") as caught:
        embedder_of(f"local:{name}")
    assert caught.value.hint.endswith(f"go on with that one, or begin anew with {successors}")


@pytest.mark.parametrize(("name", "texts"), [("intents-en-v5", ENGLISH), ("intents-zh-v4", CHINESE)])
def test_shipped_models_put_one_intent_together(name: str, texts: list[str]) -> None:
    first, second, other = OnnxEmbedder(name).encode(texts)
    assert first @ second > first @ other + 0.1


def test_batches_hold_every_row_once_and_one_length() -> None:
    lengths = np.random.default_rng(0).integers(3, 9, 500).tolist()
    batches = batches_of(lengths, 32)
    assert sorted(np.concatenate(batches).tolist()) == list(range(500))
    assert all(len({lengths[row] for row in rows}) == 1 and len(rows) <= 32 for rows in batches)
    assert batches_of([], 32) == []


# ---------------------------------------------------------------- folders of dialin tune embedder


@pytest.fixture
def tuned(tmp_path: Path) -> Path:
    """Return the folder of an embedder that is not in the catalogue."""
    return tuned_folder(tmp_path / "my+models" / "en")


def test_a_folder_is_an_embedder_with_a_fingerprint(tuned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = embedder_of(f"local:{tuned}")
    assert re.fullmatch(rf"local:{re.escape(str(tuned.resolve()))}#[0-9a-f]{{8}}", chosen.name)
    np.testing.assert_array_equal(chosen.encode(ENGLISH), embedder_of("local:intents-en-v5").encode(ENGLISH))
    assert embedder_of(chosen.name).name == chosen.name
    monkeypatch.chdir(tuned.parent)
    assert embedder_of("local:./en").name == chosen.name


def test_a_folder_that_was_tuned_again_is_another_embedder(tuned: Path) -> None:
    before = embedder_of(f"local:{tuned}").name
    tuned_folder(tuned, "\n")
    after = embedder_of(f"local:{tuned}").name
    assert before != after
    with pytest.raises(InputError, match=rf"has changed: it was {before[-9:]} and is now {after[-9:]}") as caught:
        embedder_of(before)
    assert "put its old files back" in caught.value.hint


def test_a_pinned_spec_opens_no_other_files(tuned: Path) -> None:
    own = embedder_of(f"local:{tuned}").name
    assert pinned(f"local:{tuned}") == pinned(own) == own
    assert pinned(f"local:{tuned}+intents-zh-v4") == f"{own}+intents-zh-v4"
    for spec in ("auto", "local:intents-en-v5+intents-zh-v4", "st:name", "openai:m@http://h/v1", "magic"):
        assert pinned(spec) == spec
    assert pinned("openai:m") == "openai:m@https://api.openai.com/v1"
    tuned_folder(tuned, "\n")
    assert pinned(f"local:{tuned}") != own
    with pytest.raises(InputError, match="has changed"):
        pinned(own)


def test_folders_and_names_stand_side_by_side(tuned: Path, tmp_path: Path) -> None:
    zh = tuned_folder(tmp_path / "zh")
    own = embedder_of(f"local:{tuned}").name
    for spec, name in (
        (f"local:{tuned}+intents-zh-v4", f"{own}+intents-zh-v4"),
        (f"local:intents-en-v5+{tuned}", f"local:intents-en-v5+{own.removeprefix('local:')}"),
        (f"local:{tuned}+{zh}", f"{own}+{embedder_of(f'local:{zh}').name.removeprefix('local:')}"),
    ):
        assert embedder_of(spec).name == name
        assert embedder_of(name).name == name


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ([], r"it has no model\.onnx and no tokenizer\.json"),
        (["model.onnx"], r"it has no tokenizer\.json"),
        (["tokenizer.json"], r"it has no model\.onnx"),
    ],
)
def test_a_folder_that_lacks_a_file_says_which(tmp_path: Path, names: list[str], reason: str) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(InputError, match=reason) as caught:
        embedder_of(f"local:{tmp_path}")
    assert "dialin tune embedder" in caught.value.hint


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere is no embedder: it is not a folder"):
        embedder_of(f"local:{tmp_path}/nowhere")


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_damaged_file_is_a_model_error(tuned: Path, name: str) -> None:
    (tuned / name).write_bytes(b"damaged")
    with pytest.raises(ModelError, match="cannot be loaded: ") as caught:
        embedder_of(f"local:{tuned}")
    assert "dialin tune embedder" in caught.value.hint
    assert "\n" not in caught.value.message


def field(number: int, value: bytes | int) -> bytes:
    """Return a field of a protocol buffer that is shorter than 128 bytes."""
    return bytes([8 * number, value]) if isinstance(value, int) else bytes([8 * number + 2, len(value)]) + value


def identity_model(*dimensions: str) -> bytes:
    """Return an ONNX model whose output is its input ``input_ids``, int64 of these dimensions."""
    shape = b"".join(field(1, field(2, name.encode())) for name in dimensions)
    tensor = field(2, field(1, field(1, 7) + field(2, shape)))
    ends = field(11, field(1, b"input_ids") + tensor) + field(12, field(1, b"y") + tensor)
    graph = field(1, field(1, b"input_ids") + field(2, b"y") + field(4, b"Identity")) + field(2, b"g") + ends
    return field(1, 8) + field(8, field(2, 13)) + field(7, graph)


@pytest.mark.parametrize("dimensions", [("batch",), ("batch", "length")])
def test_a_model_that_gives_no_vectors_is_a_model_error(tuned: Path, dimensions: tuple[str, ...]) -> None:
    (tuned / "model.onnx").write_bytes(identity_model(*dimensions))
    with pytest.raises(ModelError, match=rf"gives {re.escape(str(list(dimensions)))}, not \(batch, d\)"):
        embedder_of(f"local:{tuned}")


# ---------------------------------------------------------------- third-party int8 models, where they are


@pytest.fixture(scope="module")
def third_party() -> OnnxEmbedder:
    if not is_present("bge-small-en-v1.5"):
        pytest.skip("bge-small-en-v1.5 is not on this machine")
    return OnnxEmbedder("bge-small-en-v1.5")


@pytest.mark.models
def test_third_party_vectors_are_unit_float32(third_party: OnnxEmbedder) -> None:
    vectors = third_party.encode(ENGLISH + ODD)
    assert vectors.shape == (len(ENGLISH + ODD), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    assert third_party.encode([]).shape == (0, 384)
    first, second, other = vectors[:3]
    assert first @ second > first @ other + 0.1


@pytest.mark.models
def test_third_party_vector_does_not_depend_on_company_order_or_threads(third_party: OnnxEmbedder) -> None:
    texts = [*ENGLISH, *ODD]
    together = third_party.encode(texts)
    one_by_one = OnnxEmbedder("bge-small-en-v1.5", n_threads=1, chunk=2)
    np.testing.assert_array_equal(one_by_one.encode(texts[::-1])[::-1], together)
    np.testing.assert_array_equal(np.vstack([third_party.encode([text]) for text in texts]), together)
