"""Export an encoder to ONNX, in int8 where it counts: token ids in, unit sentence vectors out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dialin.files import write_whole
from dialin.tune.base import quiet
from dialin.tune.embedder.encoder import MAX_READ, SentenceEncoder, longest, pooled
from dialin.tune.embedder.int8 import quantised
from dialin.tune.embedder.products import INPUTS, MIN_ENTRIES, products_of, reach_of, with_int8_products

OUTPUT = "sentence_vectors"
_POSITIONS = "position_embeddings.weight"
_EXAMPLE_SHAPE = (3, 7)


def write_onnx(path: Path, encoder: SentenceEncoder, texts: Sequence[str]) -> None:
    """Write an encoder as one ONNX file for onnxruntime, whose large matrices are int8.

    The model has the inputs ``input_ids`` and ``attention_mask``, int64 of shape (batch, length), and the output
    ``sentence_vectors``, float32 of shape (batch, d) and unit norm. Its products are as `with_int8_products` says. Set
    ``session.disable_quant_qdq`` to "1": tables of embeddings then become float32 once, when the model is loaded. It
    reads at most `MAX_READ` tokens, because the positions beyond are left out, and carries no notes of the exporter.

    Parameters
    ----------
    path : Path
        The file.
    encoder : SentenceEncoder
        The encoder; it moves to the CPU.
    texts : sequence of str
        At least one text as it will read them; they say how far activations reach. Some hundreds are enough.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    model = without_notes(with_fewer_positions(exported(encoder), encoder.model.config))
    proto = in_int8(model, encoder.token_ids(texts, MAX_READ))

    def fill(temporary: Path) -> None:
        temporary.write_bytes(proto.SerializeToString())

    write_whole(path, fill)


def in_int8(model: Any, token_ids: Sequence[Sequence[int]]) -> Any:
    """Return a float32 ONNX model, which is changed, with int8 products and tables; texts say how far they reach."""
    names = list(dict.fromkeys(product.activations for product in products_of(model.graph)))
    light = type(model)()
    light.CopyFrom(model)
    reaches = reach_of(with_int8_weights(light), names, token_ids)  # a quarter of the size, which has a limit
    return with_int8_weights(with_int8_products(model, reaches))


def exported(encoder: SentenceEncoder) -> Any:
    """Return an encoder, with pooling and normalisation, as an ONNX model in float32; the encoder moves to the CPU."""
    import torch  # noqa: PLC0415

    class Whole(torch.nn.Module):  # type: ignore[misc]  # torch is not imported by mypy
        def __init__(self) -> None:
            super().__init__()
            self.model = encoder.model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            states = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            return pooled(states, attention_mask, encoder.pooling)

    ids = torch.ones(_EXAMPLE_SHAPE, dtype=torch.int64)
    axes = {
        0: torch.export.Dim("batch"),
        1: torch.export.Dim("length", max=min(MAX_READ, longest(encoder.model.config))),
    }
    with quiet(), torch.no_grad():
        program = torch.onnx.export(
            Whole().cpu().eval(),
            (ids, torch.ones_like(ids)),
            dynamo=True,
            verbose=False,
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            dynamic_shapes=(axes, axes),
        )
    return program.model_proto


def with_fewer_positions(model: Any, config: Any) -> Any:
    """Return an ONNX model whose table of positions, if it has one, ends after `MAX_READ` tokens."""
    import onnx  # noqa: PLC0415

    n_rows = MAX_READ + int(config.max_position_embeddings) - longest(config)
    for tensor in model.graph.initializer:
        if tensor.name.endswith(_POSITIONS) and tensor.dims[0] > n_rows:
            rows = onnx.numpy_helper.to_array(tensor)[:n_rows]
            tensor.CopyFrom(onnx.numpy_helper.from_array(np.ascontiguousarray(rows), tensor.name))
    return model


def without_notes(model: Any) -> Any:
    """Return an ONNX model without metadata and doc strings: the exporter notes a stack trace at each node."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return model


def with_int8_weights(model: Any) -> Any:
    """Return an ONNX model with each large float32 matrix as int8 values that a DequantizeLinear node scales.

    A matrix of embeddings has one scale per row, and a matrix of a product one scale per output. Matrices that other
    nodes use, and those with at most `MIN_ENTRIES` entries, stay as they are.
    """
    import onnx  # noqa: PLC0415

    graph = model.graph
    nodes, kept = list[Any](), list[Any]()
    for tensor in graph.initializer:
        axis = _axis_of(tensor.name, graph.node)
        values = onnx.numpy_helper.to_array(tensor)
        if axis is None or values.dtype != np.float32 or values.ndim != 2 or values.size <= MIN_ENTRIES:
            kept.append(tensor)
            continue
        int8, scales = quantised(values, axis)
        parts = {"int8": int8, "scales": scales, "zeros": np.zeros(len(scales), np.int8)}
        names = [f"{tensor.name}.{part}" for part in parts]
        kept += [onnx.numpy_helper.from_array(part, name) for name, part in zip(names, parts.values(), strict=True)]
        nodes.append(onnx.helper.make_node("DequantizeLinear", names, [tensor.name], axis=axis))
    nodes += graph.node
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)
    return model


def _axis_of(name: str, nodes: Iterable[Any]) -> int | None:
    """Return the axis of a matrix that has one scale per entry; None if its uses ask for none or for different ones."""
    found = {_axis_in(node, place) for node in nodes for place, used in enumerate(node.input) if used == name}
    return found.pop() if len(found) == 1 else None


def _axis_in(node: Any, place: int) -> int | None:
    if (node.op_type, place) == ("Gather", 0):
        return 0 if not any(attribute.name == "axis" and attribute.i for attribute in node.attribute) else None
    if (node.op_type, place) == ("MatMul", 1):
        return 1
    if (node.op_type, place) == ("Gemm", 1):
        is_turned = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
        return 0 if is_turned else 1
    return None
