from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tune_tiny
from dialin.errors import InputError, ModelError
from dialin.llm.base import Request
from dialin.llm.llama import LlamaBackend, LlamaOptions
from dialin.models.store import folder_of
from dialin.tune import base as bases
from dialin.tune.export import (
    ARCHITECTURES,
    Layout,
    gguf_tensors,
    interleave,
    layout_of,
    peft_tensors,
    read_gguf,
    separate,
    write_gguf,
    write_peft,
)
from dialin.tune.settings import TuneSettings
from dialin.tune.text import examples_of

PREFIX = "base_model.model.model.layers"
LLAMA = Layout("llama", 2, 1)
RNG = np.random.default_rng(0)


def matrices(layer: str, n_in: int = 8, n_out: int = 8, rank: int = 2) -> dict[str, Any]:
    return {
        f"{PREFIX}.{layer}.lora_A.weight": RNG.normal(size=(rank, n_in)),
        f"{PREFIX}.{layer}.lora_B.weight": RNG.normal(size=(n_out, rank)),
    }


# ---- names and rows


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        ("0.self_attn.q_proj", "blk.0.attn_q.weight"),
        ("0.self_attn.k_proj", "blk.0.attn_k.weight"),
        ("12.self_attn.v_proj", "blk.12.attn_v.weight"),
        ("3.self_attn.o_proj", "blk.3.attn_output.weight"),
        ("3.mlp.gate_proj", "blk.3.ffn_gate.weight"),
        ("3.mlp.up_proj", "blk.3.ffn_up.weight"),
        ("3.mlp.down_proj", "blk.3.ffn_down.weight"),
    ],
)
@pytest.mark.parametrize("architecture", sorted(set(ARCHITECTURES.values())))
def test_names_of_llama_cpp(layer: str, name: str, architecture: str) -> None:
    found = gguf_tensors(matrices(layer), Layout(architecture, 2, 1))
    assert list(found) == [f"{name}.lora_a", f"{name}.lora_b"]


@pytest.mark.parametrize("prefix", ["model.language_model.layers", "base_model.model.model.layers", "layers"])
@pytest.mark.parametrize("adapter", ["", ".default"])
def test_what_stands_around_the_name_does_not_matter(prefix: str, adapter: str) -> None:
    A = np.ones((2, 8))
    assert list(gguf_tensors({f"{prefix}.1.mlp.up_proj.lora_A{adapter}.weight": A}, LLAMA)) == [
        "blk.1.ffn_up.weight.lora_a"
    ]


def test_layers_go_up() -> None:
    adapter = matrices("10.mlp.up_proj") | matrices("2.mlp.up_proj")
    assert [name.split(".")[1] for name in gguf_tensors(adapter, LLAMA)] == ["2", "2", "10", "10"]


@pytest.mark.parametrize(
    "name",
    [
        f"{PREFIX}.0.mlp.experts.lora_A.weight",
        "base_model.model.lm_head.lora_A.weight",
        f"{PREFIX}.0.self_attn.q_proj.weight",
        f"{PREFIX}.0.input_layernorm.lora_magnitude_vector.weight",
    ],
)
def test_a_matrix_without_a_known_name_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="no GGUF name is known"):
        gguf_tensors({name: np.ones((2, 8))}, LLAMA)


def test_rows_of_queries_by_hand() -> None:
    """Two heads of four rows: 0–3 and 4–7; in each, the first half is paired with the second."""
    adapter = matrices("0.self_attn.q_proj")
    adapter[f"{PREFIX}.0.self_attn.q_proj.lora_B.weight"] = np.arange(8.0).reshape(8, 1)
    found = gguf_tensors(adapter, LLAMA)["blk.0.attn_q.weight.lora_b"]
    assert found.ravel().tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


def test_keys_have_heads_of_their_own() -> None:
    """One head of eight rows."""
    adapter = {f"{PREFIX}.0.self_attn.k_proj.lora_B.weight": np.arange(8.0).reshape(8, 1)}
    found = gguf_tensors(adapter, LLAMA)["blk.0.attn_k.weight.lora_b"]
    assert found.ravel().tolist() == [0, 4, 1, 5, 2, 6, 3, 7]


@pytest.mark.parametrize("layer", ["self_attn.v_proj", "self_attn.o_proj", "mlp.up_proj"])
def test_other_rows_stay_where_they_are(layer: str) -> None:
    adapter = matrices(f"0.{layer}")
    for found, given_ in zip(gguf_tensors(adapter, LLAMA).values(), adapter.values(), strict=True):
        assert np.array_equal(found, given_)


@pytest.mark.parametrize("architecture", ["qwen2", "qwen3", "gemma3"])
def test_only_llama_turns_neighbours(architecture: str) -> None:
    adapter = matrices("0.self_attn.q_proj")
    for found, given_ in zip(gguf_tensors(adapter, Layout(architecture, 2, 1)).values(), adapter.values(), strict=True):
        assert np.array_equal(found, given_)


@given(st.integers(1, 6), st.integers(1, 8), st.integers(1, 4))
def test_interleaving_keeps_all_rows_within_their_head(n_heads: int, half: int, rank: int) -> None:
    matrix = np.arange(n_heads * 2 * half * rank, dtype=np.float32).reshape(-1, rank)
    turned = interleave(matrix, n_heads)
    for before, after in zip(np.split(matrix, n_heads), np.split(turned, n_heads), strict=True):
        assert np.array_equal(after[0::2], before[:half])
        assert np.array_equal(after[1::2], before[half:])
    assert np.array_equal(separate(turned, n_heads), matrix)


@pytest.mark.parametrize("architecture", sorted(set(ARCHITECTURES.values())))
def test_names_and_rows_come_back(architecture: str) -> None:
    adapter = matrices("0.self_attn.q_proj") | matrices("0.self_attn.k_proj") | matrices("1.mlp.down_proj")
    own = Layout(architecture, 2, 1)
    found = peft_tensors(gguf_tensors(adapter, own), adapter, own)
    assert found.keys() == adapter.keys()
    assert all(np.array_equal(found[name], adapter[name]) for name in adapter)


def test_an_adapter_of_fewer_layers_is_refused() -> None:
    small = gguf_tensors(matrices("0.mlp.up_proj"), LLAMA)
    with pytest.raises(InputError, match=r"has no blk\.1\.ffn_up"):
        peft_tensors(small, matrices("1.mlp.up_proj"), LLAMA)


def test_an_unknown_architecture_is_named() -> None:
    with pytest.raises(InputError, match=r"'mamba'.*gemma3"):
        layout_of("mamba", 1, 1)
    assert layout_of("gemma3_text", 4, 1) == Layout("gemma3", 4, 1)


# ---- the file


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf", reason="needs the extra `tune`")
    adapter = matrices("0.self_attn.q_proj") | matrices("1.mlp.up_proj")
    write_gguf(tmp_path / "a.gguf", adapter, LLAMA, 16.0)
    reader = gguf.GGUFReader(tmp_path / "a.gguf")
    keys = {"general.type": "adapter", "adapter.type": "lora", "general.architecture": "llama"}
    assert {key: reader.fields[key].contents() for key in keys} == keys
    assert reader.fields["adapter.lora.alpha"].contents() == 16.0
    expected = gguf_tensors(adapter, LLAMA)
    assert [tensor.name for tensor in reader.tensors] == list(expected)
    for tensor in reader.tensors:
        assert tensor.data.dtype == np.float16
        assert np.allclose(tensor.data, expected[tensor.name], rtol=1e-3)
    assert [path.name for path in tmp_path.iterdir()] == ["a.gguf"]
    found, alpha = read_gguf(tmp_path / "a.gguf")
    assert alpha == 16.0
    assert all(np.allclose(found[name], expected[name], rtol=1e-3) for name in expected)


def test_a_file_that_is_no_adapter_is_named(tmp_path: Path) -> None:
    pytest.importorskip("gguf", reason="needs the extra `tune`")
    (tmp_path / "a.gguf").write_bytes(b"no GGUF at all, but long enough to be read")
    with pytest.raises(InputError, match="cannot read the adapter"):
        read_gguf(tmp_path / "a.gguf")


# ---- one adapter, two runtimes


def p_good(log_odds: Any) -> Any:
    return 1 / (1 + np.exp(-log_odds))


def asked(backend: LlamaBackend, examples: list[Any]) -> Any:
    replies = [backend.reply(Request(e.example.prompt, e.example.options)) for e in examples]
    assert [reply.tokens_in for reply in replies] == [len(e.prompt) for e in examples]
    found = np.array([reply.probabilities for reply in replies])
    return found[:, 0] / np.maximum(found.sum(axis=1), 1e-12)  # an unreadable answer is 0


def learnt(base: Any, examples: list[Any], n_steps: int, learning_rate: float) -> Any:
    """Return a learner after some steps, so that its adapter says something."""
    from dialin.tune.learner import Learner  # noqa: PLC0415

    learner = Learner(base, TuneSettings("m", rank=4), "cpu")
    for _ in range(n_steps):
        learner.learn([examples], learning_rate)
    return learner


def layout(base: Any) -> Layout:
    config = base.model.config
    return layout_of(config.model_type, config.num_attention_heads, config.num_key_value_heads)


def arrays(learner: Any) -> dict[str, Any]:
    return {name: matrix.numpy() for name, matrix in learner.adapter().items()}


def test_a_tiny_llama_says_the_same_in_both_runtimes(tmp_path: Path) -> None:
    """In float32, where nothing is rounded but the adapter: far closer than the .02 that is promised."""
    for package in ("torch", "peft", "gguf"):
        pytest.importorskip(package, reason="needs the extra `tune`")
    with bases.quiet():
        tune_tiny.write_base(tmp_path / "base")
        base = bases.load(bases.find(str(tmp_path / "base")), "cpu")
        gguf = tune_tiny.write_base_gguf(tmp_path / "base.gguf", base.model)
    examples = base.encode(examples_of(tune_tiny.rows(16), "judge"))
    learner = learnt(base, examples, 6, 1e-2)
    write_gguf(tmp_path / "lora.gguf", arrays(learner), layout(base), 16.0)
    backend = LlamaBackend(gguf, options=LlamaOptions(n_ctx=512, n_threads=1, lora=tmp_path / "lora.gguf"))
    found, expected = asked(backend, examples), p_good(learner.log_odds(examples))
    backend.close()
    assert np.abs(found - expected).max() < 0.002
    assert np.ptp(expected) > 0.1
    plain = LlamaBackend(gguf, options=LlamaOptions(n_ctx=512, n_threads=1))
    assert np.abs(asked(plain, examples) - expected).max() > 0.02  # the adapter is what makes the difference
    plain.close()


def test_the_folder_gives_the_same_adapter_to_peft(tmp_path: Path) -> None:
    peft = pytest.importorskip("peft", reason="needs the extra `tune`")
    from transformers import AutoModelForCausalLM  # noqa: PLC0415

    with bases.quiet():
        tune_tiny.write_base(tmp_path / "base")
        base = bases.load(bases.find(str(tmp_path / "base")), "cpu")
    examples = base.encode(examples_of(tune_tiny.rows(8), "judge"))
    learner = learnt(base, examples, 4, 1e-2)
    write_peft(tmp_path / "adapter", learner.model, "the/base")
    write_peft(tmp_path / "adapter", learner.model, "the/base")  # in place of the first
    expected = learner.log_odds(examples)
    with bases.quiet():
        again = AutoModelForCausalLM.from_pretrained(tmp_path / "base")
        loaded = peft.PeftModel.from_pretrained(again, tmp_path / "adapter")
    learner.model = loaded
    assert np.allclose(learner.log_odds(examples), expected, atol=1e-5)
    assert '"base_model_name_or_path": "the/base"' in (tmp_path / "adapter" / "adapter_config.json").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter", "base"]


@pytest.mark.models
def test_a_real_model_says_the_same_in_both_runtimes(tmp_path: Path) -> None:
    """Qwen2.5-Coder-0.5B: P(good) of PEFT on the unpacked weights and of llama.cpp on the packed ones within .02."""
    for package in ("torch", "peft", "gguf"):
        pytest.importorskip(package, reason="needs the extra `tune`")
    files = sorted(folder_of("qwen2.5-coder-0.5b").glob("*.gguf"))
    if not files:
        pytest.skip("needs qwen2.5-coder-0.5b: dialin models fetch qwen2.5-coder-0.5b")
    base = bases.load(bases.find(str(files[0])), "cpu")
    shown = [["where is my parcel", "has it shipped"], ["where is my parcel", "stop the music"], ["退款", "放首歌"]]
    rows = [{"cluster_id": i, "source": "s", "shown": s, "good": i == 0} for i, s in enumerate(shown)]
    examples = base.encode(examples_of(rows, "judge"))
    learner = learnt(base, examples, 4, 2e-4)
    write_gguf(tmp_path / "lora.gguf", arrays(learner), layout(base), 16.0)
    backend = LlamaBackend(files[0], options=LlamaOptions(n_ctx=512, n_threads=1, lora=tmp_path / "lora.gguf"))
    found, expected = asked(backend, examples), p_good(learner.log_odds(examples))
    backend.close()
    assert np.abs(found - expected).max() < 0.02


# ---- adapters in the in-process runtime


@pytest.mark.parametrize("content", [None, b"", b"hello"])
def test_a_bad_adapter_is_named_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    """Before the model is read, so the model may be anything that looks like one."""
    model, lora = tmp_path / "model.gguf", tmp_path / "lora.gguf"
    model.write_bytes(b"GGUF" + b"\0" * 100)
    if content is not None:
        lora.write_bytes(content)
    with pytest.raises(ModelError, match=r"lora\.gguf") as caught:
        LlamaBackend(model, options=LlamaOptions(lora=lora))
    assert "\n" not in str(caught.value)


def test_an_adapter_of_another_model_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for package in ("torch", "gguf"):
        pytest.importorskip(package, reason="needs the extra `tune`")
    with bases.quiet():
        tune_tiny.write_base(tmp_path / "base")
        base = bases.load(bases.find(str(tmp_path / "base")), "cpu")
        gguf = tune_tiny.write_base_gguf(tmp_path / "base.gguf", base.model)
    write_gguf(tmp_path / "lora.gguf", matrices("0.mlp.up_proj"), Layout("qwen2", 2, 1), 16.0)
    capfd.readouterr()
    with pytest.raises(ModelError, match=r"base\.gguf with .*lora\.gguf"):
        LlamaBackend(gguf, options=LlamaOptions(n_ctx=512, lora=tmp_path / "lora.gguf"))
    assert capfd.readouterr() == ("", "")


def test_replies_of_an_adapter_are_stored_under_a_name_of_its_own(tmp_path: Path) -> None:
    for package in ("torch", "gguf"):
        pytest.importorskip(package, reason="needs the extra `tune`")
    with bases.quiet():
        tune_tiny.write_base(tmp_path / "base")
        base = bases.load(bases.find(str(tmp_path / "base")), "cpu")
        gguf = tune_tiny.write_base_gguf(tmp_path / "base.gguf", base.model)
    write_gguf(tmp_path / "lora.gguf", matrices("0.mlp.up_proj", 32, 64), Layout("llama", 4, 2), 16.0)
    backend = LlamaBackend(gguf, options=LlamaOptions(n_ctx=512, lora=tmp_path / "lora.gguf"))
    assert backend.name == "local:base.gguf+lora.gguf"
    backend.close()
