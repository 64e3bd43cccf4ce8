"""Clusters and a random model of a few thousand weights, to tune in a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

Row = dict[str, Any]
SPECIAL = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]


def rows(n: int = 80) -> list[Row]:
    """Return clusters that a letter tells apart: those of "a" to "d" are good, those of "w" to "z" bad."""
    rng = np.random.default_rng(0)
    return [_row(i, good=i % 2 == 1, rng=rng) for i in range(n)]


def _row(i: int, good: bool, rng: np.random.Generator) -> Row:
    letter = "abcd"[rng.integers(4)]
    letters = [letter] * 4 if good else ["wxyz"[k] for k in rng.integers(4, size=4)]
    shown = [c * int(k) for c, k in zip(letters, rng.integers(1, 6, size=4), strict=True)]
    return {
        "cluster_id": i,
        "source": "shop" if i % 3 == 0 else "bank",
        "language": "en",
        "good": good,
        "shown": shown,
        "label": f"label-{i % 20}",
        "name": f"ask-{letter * 3}",
    }


def write(path: Path, table: list[Row]) -> Path:
    """Write clusters as `dialin tune data` does."""
    pq.write_table(pa.Table.from_pylist(table), path)
    return path


def vocabulary() -> list[str]:
    """Return the tokens of the tiny model: the special ones, and one for each byte."""
    from tokenizers.pre_tokenizers import ByteLevel  # noqa: PLC0415

    return [*SPECIAL, *sorted(ByteLevel.alphabet())]


def write_base(folder: Path, seed: int = 0) -> Path:
    """Write a random Llama of two layers, with four heads for queries and two for keys, as transformers reads it."""
    import torch  # noqa: PLC0415
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # noqa: PLC0415
    from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedTokenizerFast  # noqa: PLC0415

    names = vocabulary()
    tokenizer = Tokenizer(models.BPE({name: i for i, name in enumerate(names)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIAL)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=SPECIAL[1], pad_token=SPECIAL[2])
    fast.save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(names),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.2,
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return folder


_LAYER = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def write_base_gguf(path: Path, model: Any) -> Path:
    """Write the tiny Llama as llama.cpp reads it, in float32: pairs of rows that are turned together are neighbours."""
    import gguf  # noqa: PLC0415

    config, names = model.config, vocabulary()
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(512)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    writer.add_vocab_size(len(names))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(names)
    writer.add_token_types([gguf.TokenType.CONTROL] * len(SPECIAL) + [gguf.TokenType.NORMAL] * (len(names) - 3))
    writer.add_token_merges(["Ġ Ġ"])  # of a token that is not there: it never happens, but there must be one
    writer.add_eos_token_id(1)
    writer.add_add_bos_token(False)
    for name, weight in model.state_dict().items():
        writer.add_tensor(_gguf_name(name), _turned(name, weight.float().numpy(), config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _gguf_name(name: str) -> str:
    whole = {
        "model.embed_tokens.weight": "token_embd.weight",
        "model.norm.weight": "output_norm.weight",
        "lm_head.weight": "output.weight",
    }
    if name in whole:
        return whole[name]
    _, _, block, rest = name.split(".", 3)
    return f"blk.{block}.{_LAYER[rest.removesuffix('.weight')]}.weight"


def _turned(name: str, weight: Any, config: Any) -> Any:
    """Put row i of the second half of a head after row i of the first half, spelled out row by row."""
    n_heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(name.split(".")[-2])
    if n_heads is None:
        return weight
    size = len(weight) // n_heads
    order = [h * size + i + half for h in range(n_heads) for i in range(size // 2) for half in (0, size // 2)]
    return np.ascontiguousarray(weight[order])
