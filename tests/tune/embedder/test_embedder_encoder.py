"""Encoders are loaded, pooled, frozen and written, and become ONNX files that say the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dialin.arrays import Matrix
from dialin.embed.onnx import MAX_TOKENS
from dialin.errors import InputError, ModelError
from dialin.tune import base as bases
from dialin.tune.embedder.encoder import (
    MAX_READ,
    SentenceEncoder,
    freeze,
    load_encoder,
    longest,
    pooled,
    pooling_of,
    write_encoder,
)
from dialin.tune.embedder.onnx import exported, with_fewer_positions, with_int8_weights, write_onnx
from dialin.tune.embedder.results import PACKAGES
from dialin.tune.embedder.settings import Pooling
from tiny_bert import write_bert
from tune_tiny import write_base

torch: Any = pytest.importorskip("torch", reason="needs the extra `tune`")
TEXTS = ["w1 w2 w3", "w7", " ".join(f"w{i}" for i in range(60)), "unknown w9"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a BERT with two large matrices in each layer, and a large one of embeddings."""
    for package in PACKAGES:
        pytest.importorskip(package, reason="needs the extra `tune`")
    with bases.quiet():
        return write_bert(tmp_path_factory.mktemp("base"), n_words=200, intermediate_size=256)


def loaded(folder: Path, pooling: Pooling | None = None) -> SentenceEncoder:
    return load_encoder(bases.find_encoder(str(folder)), pooling, "cpu")


# --- loading and pooling ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "pooling"),
    [
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, "mean"),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
    ],
)
@pytest.mark.parametrize("name", ["1_Pooling/config.json", "pooling.json"])
def test_a_folder_says_how_to_pool(tmp_path: Path, name: str, found: dict[str, bool], pooling: str) -> None:
    assert pooling_of(tmp_path) == "mean"
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(json.dumps({"word_embedding_dimension": 32} | found))
    assert pooling_of(tmp_path) == pooling


def test_another_pooling_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pooling.json").write_text('{"pooling_mode_max_tokens": true, "pooling_mode_mean_tokens": true}')
    with pytest.raises(InputError, match=r"neither mean nor CLS pooling .*--pooling"):
        pooling_of(tmp_path)


def test_pooling_by_hand() -> None:
    """Two tokens (3, 0) and (0, 4), and padding: their mean has the direction (.6, .8), the first alone (1, 0)."""
    states, mask = torch.tensor([[[3.0, 0.0], [0.0, 4.0], [9.0, 9.0]]]), torch.tensor([[1, 1, 0]])
    assert pooled(states, mask, "mean")[0].tolist() == pytest.approx([0.6, 0.8])
    assert pooled(states, mask, "cls")[0].tolist() == pytest.approx([1, 0])


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_vectors_are_unit_and_do_not_depend_on_the_others(base: Path, pooling: Pooling) -> None:
    encoder = loaded(base, pooling)
    together = encoder.vectors(TEXTS)
    alone = np.vstack([encoder.vectors([text]) for text in TEXTS])
    assert together.dtype == np.float32
    assert together.shape == (4, 32)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    assert np.abs(together - alone).max() < 1e-5


def test_long_texts_are_cut(base: Path) -> None:
    """Five tokens are the two special ones and three words."""
    encoder = loaded(base)
    short, long = encoder.embed(encoder.model, ["w1 w2 w3", "w1 w2 w3 w4 w5"], 5).detach()
    assert torch.allclose(short, long, atol=1e-6)
    encoder.model.config.max_position_embeddings = 4  # as if it could read no more
    short, long = encoder.embed(encoder.model, ["w1 w2", "w1 w2 w3 w4 w5"], 64).detach()
    assert torch.allclose(short, long, atol=1e-6)


def test_an_llm_is_no_encoder(tmp_path: Path) -> None:
    for package in ("transformers", "gguf"):
        pytest.importorskip(package, reason="needs the extra `tune`")
    with bases.quiet():
        write_base(tmp_path)
    with pytest.raises(InputError, match="is a llama model, not an encoder"):
        loaded(tmp_path)


def test_a_base_without_a_fast_tokenizer_is_refused(base: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(base, tmp_path / "base"))
    (folder / "tokenizer.json").unlink()
    with pytest.raises(InputError, match=r"has no tokenizer\.json"):
        loaded(folder)


def test_a_damaged_base_is_named(base: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(base, tmp_path / "base"))
    (folder / "config.json").write_text('{"model_type": "nothing-like-it"}')
    with pytest.raises(ModelError, match="transformers cannot load"):
        loaded(folder)


@pytest.mark.parametrize("name", ["bge-small-en-v1.5", "smollm2-135m", "local:smollm2-135m"])
def test_other_models_of_the_catalogue_are_no_encoders(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} is not an encoder .*transformers folder"):
        bases.find_encoder(name)


def test_the_encoder_of_the_catalogue_is_fetched(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialin.models.store.ensure", lambda name: home / name)
    weights = bases.find_encoder("all-minilm-l6-v2")
    assert (weights.folder, weights.gguf) == (home / "all-minilm-l6-v2", "")
    with pytest.raises(InputError, match="all-minilm-l6-v2 is not an LLM"):
        bases.find("all-minilm-l6-v2")


def test_frozen_layers_are_the_lowest(base: Path) -> None:
    model = loaded(base).model
    freeze(model, 0)
    assert all(weight.requires_grad for weight in model.parameters())
    freeze(model, 1)
    trained = {name.rsplit(".", 2)[0] for name, weight in model.named_parameters() if weight.requires_grad}
    assert trained
    assert all(name.startswith("encoder.layer.1") for name in trained)
    with pytest.raises(InputError, match="freeze must be below the number of layers, 2, got 2"):
        freeze(model, 2)


def test_a_written_encoder_says_the_same(base: Path, tmp_path: Path) -> None:
    encoder = loaded(base, "cls")
    write_encoder(tmp_path / "encoder", encoder)
    again = loaded(tmp_path / "encoder")
    assert again.pooling == "cls"
    assert np.array_equal(again.vectors(TEXTS), encoder.vectors(TEXTS))
    modules = json.loads((tmp_path / "encoder" / "modules.json").read_text())
    assert [module["path"] for module in modules] == ["", "1_Pooling", "2_Normalize"]


# --- ONNX -------------------------------------------------------------------------------------------


def session(path: Path) -> Any:
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(model: Any, encoder: SentenceEncoder, texts: list[str]) -> Matrix:
    import tokenizers  # noqa: PLC0415

    tokenizer = tokenizers.Tokenizer.from_str(encoder.tokenizer_json())
    tokenizer.enable_padding()
    encoded = tokenizer.encode_batch(texts)
    feed = {"input_ids": [e.ids for e in encoded], "attention_mask": [e.attention_mask for e in encoded]}
    [found] = model.run(None, {name: np.array(rows, np.int64) for name, rows in feed.items()})
    return np.asarray(found, dtype=np.float32)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_the_onnx_file_says_what_torch_says(base: Path, tmp_path: Path, pooling: Pooling) -> None:
    encoder = loaded(base, pooling)
    write_onnx(tmp_path / "model.onnx", encoder, TEXTS)
    model = session(tmp_path / "model.onnx")
    assert [(entry.name, entry.type) for entry in model.get_inputs()] == [
        ("input_ids", "tensor(int64)"),
        ("attention_mask", "tensor(int64)"),
    ]
    [output] = model.get_outputs()
    assert (output.name, output.type, output.shape[1]) == ("sentence_vectors", "tensor(float)", 32)
    found = run(model, encoder, TEXTS)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert (found * encoder.vectors(TEXTS)).sum(axis=1).min() > 0.995
    alone = np.vstack([run(model, encoder, [text]) for text in TEXTS])
    assert np.abs(found - alone).max() < 1e-2  # padding changes the last bit of a sum, and so what is rounded up


def test_large_matrices_are_int8_in_the_file(base: Path, tmp_path: Path) -> None:
    """Of 204 words and 256 positions, and up and down in each of two layers; all else is float32."""
    import onnx  # noqa: PLC0415

    write_onnx(tmp_path / "model.onnx", loaded(base), TEXTS)
    tensors = onnx.load(tmp_path / "model.onnx").graph.initializer
    shapes = [tuple(t.dims) for t in tensors if t.data_type == onnx.TensorProto.INT8 and len(t.dims) == 2]
    assert sorted(shapes) == [(32, 256)] * 2 + [(204, 32)] + [(256, 32)] * 3
    large = [t.name for t in tensors if t.data_type == onnx.TensorProto.FLOAT and np.prod(t.dims) > 4096]
    assert large == []


def test_no_note_of_the_exporter_is_left(base: Path, tmp_path: Path) -> None:
    import onnx  # noqa: PLC0415

    write_onnx(tmp_path / "model.onnx", loaded(base), TEXTS)
    model = onnx.load(tmp_path / "model.onnx")
    graph = model.graph
    parts = [model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output, *graph.value_info]
    assert len(parts) > 100
    assert not any(part.metadata_props or part.doc_string for part in parts)
    assert b"site-packages" not in (tmp_path / "model.onnx").read_bytes()


def test_a_file_reads_as_many_tokens_as_dialin_embeds(base: Path, tmp_path: Path) -> None:
    """The BERT has 512 positions; without those beyond 256 a text of 256 tokens has the same vector bit by bit."""
    import onnx  # noqa: PLC0415

    encoder = loaded(base)
    whole = exported(encoder)
    onnx.save(whole, str(tmp_path / "whole.onnx"))
    onnx.save(with_fewer_positions(whole, encoder.model.config), str(tmp_path / "cut.onnx"))
    [positions] = [t for t in whole.graph.initializer if t.name.endswith("position_embeddings.weight")]
    assert MAX_READ == MAX_TOKENS == positions.dims[0] == 256
    texts = [" ".join(f"w{i % 200}" for i in range(254)), "w1 w2"]
    expected, found = (run(session(tmp_path / name), encoder, texts) for name in ("whole.onnx", "cut.onnx"))
    assert np.array_equal(found, expected)


def test_the_positions_of_roberta_keep_their_offset() -> None:
    onnx = pytest.importorskip("onnx", reason="needs the extra `tune`")
    transformers = pytest.importorskip("transformers", reason="needs the extra `tune`")
    table = onnx.numpy_helper.from_array(np.ones((514, 2), np.float32), "embeddings.position_embeddings.weight")
    config = transformers.XLMRobertaConfig(max_position_embeddings=514, pad_token_id=1)
    found = with_fewer_positions(onnx.helper.make_model(onnx.helper.make_graph([], "g", [], [], [table])), config)
    assert list(found.graph.initializer[0].dims) == [258, 2]


@pytest.mark.parametrize(
    ("kind", "place", "options", "n_scales"),
    [
        ("MatMul", 1, {}, 80),
        ("Gemm", 1, {}, 80),
        ("Gemm", 1, {"transB": 1}, 70),
        ("Gather", 0, {}, 70),
        ("Gather", 0, {"axis": 1}, None),
        ("MatMul", 0, {}, None),
        ("Add", 1, {}, None),
    ],
)
def test_scales_belong_to_rows_or_outputs(kind: str, place: int, options: dict[str, int], n_scales: int | None) -> None:
    """A matrix of 70 rows and 80 columns: what is not a table or the right side of a product stays as it is."""
    onnx = pytest.importorskip("onnx", reason="needs the extra `tune`")
    values = np.ones((70, 80), np.float32)
    inputs = ["w", "x"] if place == 0 else ["x", "w"]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(kind, inputs, ["y"], **options)],
        "g",
        [],
        [],
        [onnx.numpy_helper.from_array(values, "w")],
    )
    found = with_int8_weights(onnx.helper.make_model(graph)).graph
    if n_scales is None:
        assert [t.name for t in found.initializer] == ["w"]
        assert len(found.node) == 1
        return
    assert [tuple(t.dims) for t in found.initializer] == [(70, 80), (n_scales,), (n_scales,)]
    [first, second] = found.node
    assert (first.op_type, list(first.output), list(second.input)) == ("DequantizeLinear", ["w"], inputs)
    assert first.attribute[0].i == (1 if n_scales == 80 else 0)


def test_small_and_twofold_matrices_stay(base: Path) -> None:
    """4,096 entries are small; a matrix used as a table and in a product has no scales that fit both."""
    onnx = pytest.importorskip("onnx", reason="needs the extra `tune`")
    nodes = [
        onnx.helper.make_node("MatMul", ["x", "small"], ["a"]),
        onnx.helper.make_node("MatMul", ["x", "both"], ["b"]),
        onnx.helper.make_node("Gather", ["both", "i"], ["c"]),
    ]
    arrays = {"small": np.ones((64, 64), np.float32), "both": np.ones((65, 64), np.float32)}
    tensors = [onnx.numpy_helper.from_array(values, name) for name, values in arrays.items()]
    found = with_int8_weights(onnx.helper.make_model(onnx.helper.make_graph(nodes, "g", [], [], tensors)))
    assert [t.name for t in found.graph.initializer] == ["small", "both"]


def test_the_positions_of_roberta_begin_after_its_padding() -> None:
    transformers = pytest.importorskip("transformers", reason="needs the extra `tune`")
    assert longest(transformers.BertConfig(max_position_embeddings=512)) == 512
    assert longest(transformers.XLMRobertaConfig(max_position_embeddings=514, pad_token_id=1)) == 512
