"""Write a tuned adapter to files: a PEFT folder for transformers and vLLM, and a GGUF file for llama.cpp."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dialin.arrays import AnyFloats
from dialin.errors import InputError
from dialin.files import cannot_write, write_whole

ARCHITECTURES = {
    "gemma3": "gemma3",
    "gemma3_text": "gemma3",
    "llama": "llama",
    "mistral": "llama",
    "qwen2": "qwen2",
    "qwen3": "qwen3",
}
"""transformers' name of an architecture -> llama.cpp's; each has exactly the linear layers in `_LAYERS`."""

_LAYERS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_NAME = re.compile(r"(?:^|\.)layers\.(\d+)\.(\w+\.\w+)\.lora_([AB])(?:\.\w+)?\.weight$")


@dataclass(frozen=True)
class Layout:
    """Properties of the base that llama.cpp needs.

    Parameters
    ----------
    architecture : str
        llama.cpp's name of the architecture.
    n_heads, n_kv_heads : int
        Number of heads of the queries, and of the keys and values.
    """

    architecture: str
    n_heads: int
    n_kv_heads: int


def layout_of(model_type: str, n_heads: int, n_kv_heads: int) -> Layout:
    """Return the layout of a transformers model; raise InputError if its architecture is not in `ARCHITECTURES`."""
    if model_type not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise InputError(
            f"no GGUF adapter can be written for the architecture {model_type!r}", hint=f"there are: {known}"
        )
    return Layout(ARCHITECTURES[model_type], n_heads, n_kv_heads)


def gguf_tensors(adapter: Mapping[str, AnyFloats], layout: Layout) -> dict[str, AnyFloats]:
    """Return the LoRA matrices under llama.cpp's names, with rows in its order.

    Parameters
    ----------
    adapter : mapping of str to array
        Matrices by PEFT's names: A of shape (rank, n_in), B of shape (n_out, rank).
    layout : Layout
        Layout of the base.

    Returns
    -------
    dict of str to array
        Matrices of the same shapes by names like ``blk.3.attn_q.weight.lora_a``, sorted by layer.

    Raises
    ------
    InputError
        A matrix belongs to a layer without a known name.
    """
    found = {}
    for name, matrix in adapter.items():
        place = _place(name)
        n_heads = _n_heads(place, layout)
        found[place] = interleave(matrix, n_heads) if n_heads else matrix
    return {place.name: matrix for place, matrix in sorted(found.items())}


def peft_tensors(tensors: Mapping[str, AnyFloats], names: Iterable[str], layout: Layout) -> dict[str, AnyFloats]:
    """Return llama.cpp's matrices under PEFT's names, the inverse of `gguf_tensors`.

    Parameters
    ----------
    tensors : mapping of str to array
        Matrices by llama.cpp's names.
    names : iterable of str
        PEFT's names of the matrices that the model has.
    layout : Layout
        Layout of the base.

    Raises
    ------
    InputError
        A matrix is missing, because the adapter belongs to another base or adapts fewer layers.
    """
    found = {}
    for name in names:
        place = _place(name)
        if place.name not in tensors:
            raise InputError(f"the adapter has no {place.name}", hint="was it made by dialin tune for this base?")
        n_heads = _n_heads(place, layout)
        found[name] = separate(tensors[place.name], n_heads) if n_heads else tensors[place.name]
    return found


@dataclass(frozen=True, order=True)
class _Place:
    """Block, layer (llama.cpp's name) and side ("a" or "b") of a matrix."""

    block: int
    layer: str
    side: str

    @property
    def name(self) -> str:
        return f"blk.{self.block}.{self.layer}.weight.lora_{self.side}"


def _place(name: str) -> _Place:
    match = _NAME.search(name)
    if not match or match[2] not in _LAYERS:
        raise InputError(f"no GGUF name is known for the adapter's {name}", hint="PEFT's folder can still be used")
    return _Place(int(match[1]), _LAYERS[match[2]], match[3].lower())


def _n_heads(place: _Place, layout: Layout) -> int:
    """Return the number of heads whose rows llama.cpp reorders; 0 if it keeps the order."""
    heads = {("attn_q", "b"): layout.n_heads, ("attn_k", "b"): layout.n_kv_heads}
    return heads.get((place.layer, place.side), 0) if layout.architecture == "llama" else 0


def interleave(matrix: AnyFloats, n_heads: int) -> AnyFloats:
    """Return the rows of queries or keys in the order of llama.cpp's architecture "llama".

    Rotary embeddings rotate pairs of rows. transformers pairs row i of a head with row i + half; llama.cpp pairs
    neighbours for this architecture. So the new order of each head is 0, half, 1, half + 1, …

    Parameters
    ----------
    matrix : array of shape (n_heads · head_size, rank)
        Matrix whose rows are outputs.
    n_heads : int
        Number of heads.

    Examples
    --------
    In one head of four rows, 0 is paired with 2, and 1 with 3:

    >>> interleave(np.array([[0], [1], [2], [3]]), 1).ravel().tolist()
    [0, 2, 1, 3]
    """
    n_out, rank = matrix.shape
    return matrix.reshape(n_heads, 2, n_out // n_heads // 2, rank).swapaxes(1, 2).reshape(n_out, rank)


def separate(matrix: AnyFloats, n_heads: int) -> AnyFloats:
    """Return the rows of queries or keys in the order of transformers, the inverse of `interleave`.

    Examples
    --------
    >>> separate(np.array([[0], [2], [1], [3]]), 1).ravel().tolist()
    [0, 1, 2, 3]
    """
    n_out, rank = matrix.shape
    return matrix.reshape(n_heads, n_out // n_heads // 2, 2, rank).swapaxes(1, 2).reshape(n_out, rank)


def read_gguf(path: Path) -> tuple[dict[str, AnyFloats], float]:
    """Return the matrices of an adapter by llama.cpp's names, as float32, and its alpha.

    Raises
    ------
    InputError
        The file cannot be read, or is not a GGUF adapter.
    """
    import gguf  # noqa: PLC0415  (of the extra `tune`)

    try:
        reader = gguf.GGUFReader(path)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read the adapter {path}: {str(error).splitlines()[0]}") from error
    alpha = reader.get_field(gguf.Keys.Adapter.LORA_ALPHA)
    if alpha is None:
        raise InputError(f"{path} is not a LoRA adapter")
    return {tensor.name: np.array(tensor.data, dtype=np.float32) for tensor in reader.tensors}, float(alpha.contents())


def write_gguf(path: Path, adapter: Mapping[str, AnyFloats], layout: Layout, alpha: float) -> None:
    """Write a float16 adapter for llama.cpp to load with its base; the file is complete or not written at all.

    Parameters
    ----------
    path : Path
        The GGUF file.
    adapter : mapping of str to array
        Matrices by PEFT's names.
    layout : Layout
        Layout of the base.
    alpha : float
        Scale: the product of the matrices is multiplied by ``alpha / rank``.
    """
    import gguf  # noqa: PLC0415  (of the extra `tune`)

    tensors = gguf_tensors(adapter, layout)

    def fill(temporary: Path) -> None:
        writer = gguf.GGUFWriter(str(temporary), layout.architecture)
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
        writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
        for name, matrix in tensors.items():
            writer.add_tensor(name, np.ascontiguousarray(matrix, dtype=np.float16))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()

    write_whole(path, fill)


def write_peft(folder: Path, model: Any, base_name: str) -> None:
    """Write a folder that PEFT, transformers and vLLM load; a complete new folder replaces an existing one.

    Parameters
    ----------
    folder : Path
        The folder.
    model : peft.PeftModel
        Model with the tuned matrices.
    base_name : str
        Name of the base, for the adapter's configuration.
    """
    temporary = folder.with_name(f".{folder.name}.tmp")
    model.peft_config["default"].base_model_name_or_path = base_name
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        model.save_pretrained(str(temporary), save_embedding_layers=False)
        shutil.rmtree(folder, ignore_errors=True)
        temporary.replace(folder)
    except OSError as error:
        raise cannot_write(folder, error) from error
