"""Rebuild a BERT of transformers in float32 from an ONNX file whose weights are int8."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialin.errors import ModelError
from dialin.tune.base import Weights, quiet

_QUANTISED = "_quantized"
_HEADS = "/encoder/layer.0/attention/self/Reshape"
"""The node that divides the query into heads: its new shape ends with their number and their size."""
_OTHER_BASE = "choose another base"


def bert_of(weights: Weights) -> Any:
    """Return the float32 BERT of an ONNX file that onnxruntime has quantised; it has no pooler.

    The file is the export of a BERT of transformers, so its tensors and the paths of its nodes say which parameter is
    which. Sizes follow from the tensors, and the number of heads from the graph. The weights keep their
    rounding, but activations are no longer rounded: a vector has a cosine above .98 with that of the file.

    Parameters
    ----------
    weights : Weights
        The file.

    Raises
    ------
    ModelError
        The file lacks a parameter of a BERT, or one does not have the size that the others ask for.
    """
    import onnx  # noqa: PLC0415
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415

    graph = onnx.load(str(weights.folder / weights.onnx)).graph
    found = parameters_of(graph)
    try:
        config = transformers.BertConfig(**_sizes(found), num_attention_heads=_n_heads(graph))
        with quiet():
            model = transformers.AutoModel.from_config(config, attn_implementation="eager", add_pooling_layer=False)
        model.load_state_dict({name: torch.tensor(found[name]) for name in model.state_dict()})
    except KeyError as error:
        raise ModelError(f"{weights.name} is not a whole BERT: it lacks {error.args[0]}", hint=_OTHER_BASE) from error
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise ModelError(f"the sizes in {weights.name} do not fit: {reason}", hint=_OTHER_BASE) from error
    return model


def parameters_of(graph: Any) -> dict[str, NDArray[np.float32]]:
    """Return the parameters of an ONNX graph in float32, by the names that transformers gives them.

    Float tensors have these names in the file, and so have quantised tables before ``_quantized``. The matrix of a
    product has none: the path of its node names it, and it is turned.
    """
    import onnx  # noqa: PLC0415

    arrays = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    found = {name: array for name, array in arrays.items() if array.dtype == np.float32}
    for name in arrays:
        if name.endswith(_QUANTISED):
            found[name.removesuffix(_QUANTISED)] = _dequantised(arrays, name)
    for node in graph.node:
        if node.op_type == "MatMulInteger" and node.input[1] in arrays:
            found[weight_of(node.name)] = found[node.input[1].removesuffix(_QUANTISED)].T
    return found


def _dequantised(arrays: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.float32]:
    stem = name.removesuffix(_QUANTISED)
    zero = arrays[f"{stem}_zero_point"].astype(np.float32)
    return np.asarray((arrays[name].astype(np.float32) - zero) * arrays[f"{stem}_scale"], dtype=np.float32)


def weight_of(path: str) -> str:
    """Return the name of the weight that a quantised product multiplies with.

    Examples
    --------
    >>> weight_of("/encoder/layer.0/attention/self/query/MatMul_quant")
    'encoder.layer.0.attention.self.query.weight'
    """
    return path.removesuffix("/MatMul_quant").strip("/").replace("/", ".") + ".weight"


def _sizes(found: Mapping[str, NDArray[np.float32]]) -> dict[str, int]:
    words, hidden = found["embeddings.word_embeddings.weight"].shape
    n_layers = 0
    while f"encoder.layer.{n_layers}.intermediate.dense.bias" in found:
        n_layers += 1
    return {
        "vocab_size": words,
        "hidden_size": hidden,
        "num_hidden_layers": n_layers,
        "intermediate_size": len(found["encoder.layer.0.intermediate.dense.bias"]),
        "max_position_embeddings": len(found["embeddings.position_embeddings.weight"]),
        "type_vocab_size": len(found["embeddings.token_type_embeddings.weight"]),
    }


def _n_heads(graph: Any) -> int:
    import onnx  # noqa: PLC0415

    by_name = {node.name: node for node in graph.node}
    by_output = {output: node for node in graph.node for output in node.output}
    shape = by_output[by_name[_HEADS].input[1]]
    [value] = by_output[shape.input[-2]].attribute
    return int(onnx.numpy_helper.to_array(value.t).item())
