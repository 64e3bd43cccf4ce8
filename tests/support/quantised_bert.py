"""A BERT as an ONNX file with int8 weights, as far as `dialin.tune.embedder.from_onnx` looks at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADS = "/encoder/layer.0/attention/self"


def write_quantised(path: Path, model: Any) -> Path:
    """Write the parameters of a BERT of transformers in the form and with the names of onnxruntime's quantisation."""
    import onnx  # noqa: PLC0415

    tensors, nodes = list[Any](), heads(model.config)
    for number, (name, weight) in enumerate(model.state_dict().items()):
        values = weight.numpy()
        if values.ndim == 1:
            tensors.append(onnx.numpy_helper.from_array(values, name))
        elif "embeddings" in name:
            tensors += quantised(values, name, np.uint8)
        else:
            product, node = f"onnx::MatMul_{number}", "/" + name.removesuffix(".weight").replace(".", "/") + "/MatMul"
            node = node.replace("layer/", "layer.")
            tensors += quantised(values.T, product, np.int8)
            inputs = ["x", f"{product}_quantized", "x_zero_point", f"{product}_zero_point"]
            nodes.append(onnx.helper.make_node("MatMulInteger", inputs, [f"{node}_output"], name=f"{node}_quant"))
    inputs = ["a_quantized", "b_quantized"]  # two activations: no weight
    nodes.append(onnx.helper.make_node("MatMulInteger", inputs, ["c"], name=f"{HEADS}/MatMul_quant"))
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph(nodes, "g", [], [], tensors)), str(path))
    return path


def heads(config: Any) -> list[Any]:
    """Return the nodes that divide the query into heads."""
    import onnx  # noqa: PLC0415

    sizes = {
        "length": -1,
        "heads": config.num_attention_heads,
        "size": config.hidden_size // config.num_attention_heads,
    }
    nodes = [
        onnx.helper.make_node("Constant", [], [name], value=onnx.numpy_helper.from_array(np.array([size])))
        for name, size in sizes.items()
    ]
    nodes.append(onnx.helper.make_node("Concat", ["batch", *sizes], ["shape"], axis=0))
    nodes.append(onnx.helper.make_node("Reshape", ["query", "shape"], ["queries"], name=f"{HEADS}/Reshape"))
    return nodes


def quantised(values: NDArray[np.float32], name: str, kind: type[np.int8] | type[np.uint8]) -> list[Any]:
    """Return the three tensors of one matrix."""
    import onnx  # noqa: PLC0415

    scale = np.float32((values.max() - values.min()) / 255)
    zero = np.round(np.iinfo(kind).min - values.min() / scale)
    whole = np.clip(np.round(values / scale) + zero, np.iinfo(kind).min, np.iinfo(kind).max).astype(kind)
    parts = {"scale": np.array(scale), "zero_point": np.array(zero, kind), "quantized": whole}
    return [onnx.numpy_helper.from_array(part, f"{name}_{end}") for end, part in parts.items()]
