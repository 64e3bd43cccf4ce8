"""A BERT comes back from its ONNX file in int8, and a tuning can begin from it."""

from __future__ import annotations

import doctest
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dialin.embed.onnx import OnnxEmbedder
from dialin.errors import InputError, ModelError
from dialin.models import store
from dialin.tune import base as bases
from dialin.tune.base import Weights
from dialin.tune.embedder import from_onnx
from dialin.tune.embedder.encoder import load_encoder
from dialin.tune.embedder.from_onnx import bert_of
from dialin.tune.embedder.results import PACKAGES
from dialin.tune.embedder.settings import EmbedderJob, EmbedderSettings
from dialin.tune.embedder.train import tune_embedder
from dialin.tune.sources import Reading
from quantised_bert import HEADS, write_quantised
from tiny_bert import write_bert, write_sentences

NAME = "bge-small-en-v1.5"
TEXTS = {
    "en": ["where is my card", "cancel the order that I made yesterday, please", "what's the weather in London", "hi"],
    "zh": ["我的卡在哪里", "请取消我昨天的订单", "明天北京天气怎么样", "你好"],
}


@dataclass(frozen=True)
class Pair:
    """The folder of a BERT of transformers, and one with the same BERT as ONNX in int8."""

    original: Path
    onnx: Path


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    for package in PACKAGES:
        pytest.importorskip(package, reason="needs the extra `tune`")
    folder = tmp_path_factory.mktemp("bert")
    with bases.quiet():
        original = write_bert(folder / "original", n_words=200, intermediate_size=256)
    (folder / "onnx").mkdir()
    model = load_encoder(bases.find_encoder(str(original)), None, "cpu").model
    write_quantised(folder / "onnx" / "model.onnx", model)
    shutil.copy(original / "tokenizer.json", folder / "onnx")
    return Pair(original, folder / "onnx")


def weights_in(folder: Path) -> Weights:
    return Weights(NAME, folder, onnx="model.onnx")


def test_examples() -> None:
    assert doctest.testmod(from_onnx).failed == 0


def test_every_parameter_comes_back(pair: Pair) -> None:
    """But for the rounding, which is half a step of 255 between the least and the greatest value."""
    model = load_encoder(bases.find_encoder(str(pair.original)), None, "cpu").model
    found, expected = bert_of(weights_in(pair.onnx)), model.state_dict()
    assert found.state_dict().keys() == expected.keys()
    for name, weight in found.state_dict().items():
        step = float(expected[name].max() - expected[name].min()) / 255 if weight.ndim == 2 else 0
        assert float((weight - expected[name]).abs().max()) <= 0.51 * step, name
    sizes = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size")
    assert [getattr(found.config, size) for size in sizes] == [32, 2, 4, 256, 204]


def test_its_vectors_are_those_of_the_original(pair: Pair) -> None:
    texts = ["w1 w2 w3", "w7", "w9 unknown w8 w7 w6"]
    encoder = load_encoder(weights_in(pair.onnx), None, "cpu")
    expected = load_encoder(bases.find_encoder(str(pair.original)), "cls", "cpu").vectors(texts)
    assert encoder.pooling == "cls"
    assert (encoder.vectors(texts) * expected).sum(axis=1).min() > 0.999
    assert load_encoder(weights_in(pair.onnx), "mean", "cpu").pooling == "mean"


def without(pair: Pair, folder: Path, name: str) -> Weights:
    """Return the file without the tensors and nodes of a name."""
    import onnx  # noqa: PLC0415

    model = onnx.load(pair.onnx / "model.onnx")
    for entries in (model.graph.initializer, model.graph.node):
        kept = [entry for entry in entries if not entry.name.startswith(name)]
        del entries[:]
        entries.extend(kept)
    onnx.save(model, str(folder / "model.onnx"))
    return weights_in(folder)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("embeddings.word_embeddings", r"lacks embeddings\.word_embeddings\.weight"),
        ("encoder.layer.1.output.dense.bias", r"lacks encoder\.layer\.1\.output\.dense\.bias"),
        ("encoder.layer.0.intermediate.dense.bias", r"lacks encoder\.layer\.0\.intermediate\.dense\.bias"),
        ("/encoder/layer.1/output/dense", r"lacks encoder\.layer\.1\.output\.dense\.weight"),
        (f"{HEADS}/Reshape", "lacks /encoder/layer.0/attention/self/Reshape"),
    ],
)
def test_what_a_file_lacks_is_named(pair: Pair, tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(ModelError, match=rf"{NAME} is not a whole BERT: it {message} \(choose another base\)"):
        bert_of(without(pair, tmp_path, name))


def test_sizes_that_do_not_fit_are_named(pair: Pair, tmp_path: Path) -> None:
    import onnx  # noqa: PLC0415

    model = onnx.load(pair.onnx / "model.onnx")
    [bias] = [t for t in model.graph.initializer if t.name == "encoder.layer.1.output.dense.bias"]
    bias.CopyFrom(onnx.numpy_helper.from_array(np.zeros(31, np.float32), bias.name))
    onnx.save(model, str(tmp_path / "model.onnx"))
    with pytest.raises(ModelError, match=rf"the sizes in {NAME} do not fit: .*encoder\.layer\.1\.output\.dense\.bias"):
        bert_of(weights_in(tmp_path))


# --- as a base --------------------------------------------------------------------------------------


def test_an_embedder_of_the_catalogue_is_a_base(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is fetched, tuned and written as others; the card has the hash of the ONNX file."""
    monkeypatch.setattr("dialin.models.store.ensure", {NAME: pair.onnx}.get)
    data = write_sentences(tmp_path / "shop.csv", 4, 6)
    settings = EmbedderSettings(f"local:{NAME}", steps=1, intents=3, sentences=3)
    found = tune_embedder(EmbedderJob((data,), settings, tmp_path / "out", Reading("intent")))
    facts = json.loads((found.folder / "tune.json").read_text("utf-8"))
    assert (facts["pooling"], facts["base_sha256"]) == ("cls", store.sha256_of(pair.onnx / "model.onnx"))
    assert load_encoder(bases.find_embedder(str(found.folder / "encoder")), None, "cpu").pooling == "cls"
    assert OnnxEmbedder(str(found.folder)).encode(["w1 w2"]).shape == (1, 32)
    with pytest.raises(InputError, match=r"has no config\.json .*encoder/"):
        bases.find_embedder(str(found.folder))


@pytest.mark.parametrize("name", ["intents-en-v5", "local:intents-zh-v4"])
def test_a_shipped_embedder_is_no_base(name: str) -> None:
    with pytest.raises(InputError, match=rf"{name} comes without its encoder .*encoder/ .*or another base"):
        bases.find_embedder(name)


def test_a_folder_of_the_same_name_comes_first(pair: Pair, home: Path) -> None:
    shutil.copytree(pair.original, home / NAME)
    assert bases.find_embedder(NAME) == Weights(NAME, Path(NAME))


@pytest.mark.models
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_real_embedders_come_back(language: str) -> None:
    name = f"bge-small-{language}-v1.5"
    for package in PACKAGES:
        pytest.importorskip(package, reason="needs the extra `tune`")
    if not store.is_present(name):
        pytest.skip(f"{name} is not on this disk")
    encoder: Any = load_encoder(bases.find_embedder(name), None, "cpu")
    cosines = (encoder.vectors(TEXTS[language]) * OnnxEmbedder(name).encode(TEXTS[language])).sum(axis=1)
    assert cosines.min() > 0.98
