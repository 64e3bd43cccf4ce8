"""Let an ONNX model multiply its large matrices in int8, with activations of one fixed scale each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialin.tune.embedder.int8 import quantised_for_products

INPUTS = ("input_ids", "attention_mask")
MIN_ENTRIES = 4096
"""Matrices with no more entries keep float32."""
_LEVELS = 255
_LEAST_REACH = 1e-3


@dataclass(frozen=True)
class Product:
    """A product of activations with a large matrix, in an ONNX model.

    Parameters
    ----------
    node : object
        The MatMul.
    sum : object or None
        The Add of the bias, if one follows.
    activations, matrix, bias, output : str
        Names of tensors; without a bias, `bias` is "".
    """

    node: Any
    sum: Any
    activations: str
    matrix: str
    bias: str
    output: str


@dataclass(frozen=True)
class Reach:
    """Least and largest value of each channel of some activations; float32, shape (k,)."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]


def products_of(graph: Any) -> list[Product]:
    """Return the products of a graph whose matrix is float32, has more than `MIN_ENTRIES` entries and no other use."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    users = dict[str, list[Any]]()
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    found = list[Product]()
    for node in graph.node:
        if node.op_type == "MatMul" and _is_large(tensors.get(node.input[1])) and len(users[node.input[1]]) == 1:
            found.append(_product(node, users.get(node.output[0], []), tensors))
    return found


def _is_large(tensor: Any) -> bool:
    import onnx  # noqa: PLC0415

    if tensor is None or tensor.data_type != onnx.TensorProto.FLOAT or len(tensor.dims) != 2:
        return False
    return int(np.prod(tensor.dims)) > MIN_ENTRIES


def _product(node: Any, users: Sequence[Any], tensors: Mapping[str, Any]) -> Product:
    activations, matrix = node.input
    if len(users) == 1 and users[0].op_type == "Add":
        biases = [name for name in users[0].input if name in tensors and len(tensors[name].dims) == 1]
        if biases:
            return Product(node, users[0], activations, matrix, biases[0], users[0].output[0])
    return Product(node, None, activations, matrix, "", node.output[0])


def reach_of(model: Any, names: Sequence[str], token_ids: Iterable[Sequence[int]]) -> dict[str, Reach]:
    """Run a model on texts, and return how far some of its activations reach, by their name.

    Parameters
    ----------
    model : object
        ONNX model of less than 2 GB, with the inputs `INPUTS`; it is changed.
    names : sequence of str
        Names of the activations.
    token_ids : iterable of sequence of int
        Tokens of at least one text; each text runs alone.
    """
    import onnx  # noqa: PLC0415
    import onnxruntime  # noqa: PLC0415

    model.graph.output.extend(map(onnx.helper.make_empty_tensor_value_info, names))
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    found = dict[str, Reach]()
    for ids in token_ids if names else ():
        row = np.array([ids], np.int64)
        feed = dict(zip(INPUTS, (row, np.ones_like(row)), strict=True))
        for name, values in zip(names, session.run(names, feed), strict=True):
            found[name] = _widened(found.get(name), values.reshape(-1, values.shape[-1]))
    return found


def _widened(reach: Reach | None, rows: NDArray[np.float32]) -> Reach:
    low, high = rows.min(axis=0), rows.max(axis=0)
    return Reach(low, high) if reach is None else Reach(np.minimum(reach.low, low), np.maximum(reach.high, high))


def with_int8_products(model: Any, reaches: Mapping[str, Reach]) -> Any:
    """Return an ONNX model whose large products multiply uint8 activations with int8 matrices, and add up in int32.

    The scale of activations is fixed, so a vector does not depend on its neighbours, and the sums are exact, so they
    are the same on each processor. Values beyond the reach are cut off. A layer norm has a few channels that are far
    larger than all others: its channels are first brought to similar size, and the rows of the matrix to match. The
    model needs onnxruntime, whose ``MatMulIntegerToFloat`` scales the sums and adds the bias at once.

    Parameters
    ----------
    model : object
        ONNX model in float32; it is changed.
    reaches : mapping of str to Reach
        For each name of activations, as `reach_of` returns it.
    """
    import onnx  # noqa: PLC0415

    graph = model.graph
    products = products_of(graph)
    arrays = {p.matrix: onnx.numpy_helper.to_array(_tensor(graph, p.matrix)) for p in products}
    norms = {output for node in graph.node if node.op_type == "LayerNormalization" for output in node.output}
    parts = _Parts([], {}, {})
    inputs = dict[str, NDArray[np.float32]]()
    for name in dict.fromkeys(p.activations for p in products):
        matrices = [arrays[p.matrix] for p in products if p.activations == name]
        inputs[name] = _sizes(reaches[name], matrices) if name in norms else np.ones(len(matrices[0]), np.float32)
        parts.add_rounding(name, reaches[name], inputs[name] if name in norms else None)
    for product in products:
        parts.add_product(product, arrays[product.matrix] * inputs[product.activations][:, None])
    _replace(model, products, parts)
    return model


@dataclass(frozen=True)
class _Parts:
    """New nodes and tensors: `rounding` by the name of the activations, `products` in the order of the graph."""

    products: list[Any]
    rounding: dict[str, list[Any]]
    tensors: dict[str, NDArray[Any]]

    def add_rounding(self, name: str, reach: Reach, sizes: NDArray[np.float32] | None) -> None:
        """Add what rounds activations to uint8, divided by the sizes of their channels."""
        import onnx  # noqa: PLC0415

        scale, zero = scale_of(reach, np.float32(1) if sizes is None else sizes)
        self.tensors.update({f"{name}.scale": scale, f"{name}.zero": zero})
        nodes, whole = list[Any](), name
        if sizes is not None:
            self.tensors[f"{name}.per_size"] = 1 / sizes
            whole = f"{name}.alike"
            nodes.append(onnx.helper.make_node("Mul", [name, f"{name}.per_size"], [whole]))
        rounded = [whole, f"{name}.scale", f"{name}.zero"]
        nodes.append(onnx.helper.make_node("QuantizeLinear", rounded, [f"{name}.uint8"]))
        self.rounding[name] = nodes

    def add_product(self, product: Product, matrix: NDArray[np.float32]) -> None:
        """Add a product with a matrix of shape (k, n)."""
        import onnx  # noqa: PLC0415

        x, w = product.activations, product.matrix
        self.tensors[f"{w}.int8"], self.tensors[f"{w}.scales"] = quantised_for_products(matrix)
        inputs = [f"{x}.uint8", f"{w}.int8", f"{x}.scale", f"{w}.scales", f"{x}.zero", "", product.bias]
        make = onnx.helper.make_node
        self.products.append(make("MatMulIntegerToFloat", inputs, [product.output], domain="com.microsoft"))


def _sizes(reach: Reach, matrices: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the size of each channel: it shares the range between activations and the rows of the matrices."""
    largest = np.maximum(-reach.low, reach.high)
    rows = np.max([np.abs(matrix).max(axis=1) for matrix in matrices], axis=0)
    floors = (np.maximum(values, _LEAST_REACH * values.max()) for values in (largest, rows))
    sizes: NDArray[np.float32] = np.sqrt(np.divide(*floors), dtype=np.float32)
    return sizes


def scale_of(reach: Reach, sizes: NDArray[np.float32] | np.float32) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return scale and zero point that bring activations, divided by the sizes of their channels, to 0–255.

    Examples
    --------
    >>> scale, zero = scale_of(Reach(np.float32([-0.5, 0]), np.float32([4.6, 2])), np.float32(1))
    >>> round(float(scale), 3), int(zero)
    (0.02, 25)
    """
    low, high = min(0.0, float((reach.low / sizes).min())), max(0.0, float((reach.high / sizes).max()))
    scale = max((high - low) / _LEVELS, 1e-12)
    return np.asarray(scale, np.float32), np.asarray(round(-low / scale), np.uint8)


def _replace(model: Any, products: Sequence[Product], parts: _Parts) -> None:
    """Put the new nodes where the old ones were: rounding before the first product that reads it."""
    import onnx  # noqa: PLC0415

    graph, waiting = model.graph, dict(parts.rounding)
    new = {product.node.output[0]: (product, node) for product, node in zip(products, parts.products, strict=True)}
    sums = {product.output for product in products if product.sum is not None}
    nodes = list[Any]()
    for node in graph.node:
        if node.output[0] in new:
            product, found = new[node.output[0]]
            nodes += [*waiting.pop(product.activations, []), found]
        elif node.output[0] not in sums:
            nodes.append(node)
    old = {product.matrix for product in products}
    tensors = [tensor for tensor in graph.initializer if tensor.name not in old]
    tensors += [onnx.numpy_helper.from_array(array, name) for name, array in parts.tensors.items()]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.initializer.extend(tensors)
    model.opset_import.append(onnx.helper.make_opsetid("com.microsoft", 1))


def _tensor(graph: Any, name: str) -> Any:
    return next(tensor for tensor in graph.initializer if tensor.name == name)
