"""Matrices and activations are rounded so that products in int8 are exact, and say what float32 says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin.tune.embedder.int8 import LARGEST_PAIR, quantised, quantised_for_products
from dialin.tune.embedder.intents import IntentSource
from dialin.tune.embedder.products import Product, Reach, products_of, scale_of, with_int8_products
from dialin.tune.embedder.results import N_TEXTS, typical_texts

ROWS = np.random.default_rng(0).normal(size=(40, 70)).astype(np.float32)
MATRIX = np.random.default_rng(1).normal(size=(70, 80)).astype(np.float32)
BIAS = np.random.default_rng(2).normal(size=80).astype(np.float32)


@pytest.fixture
def onnx() -> Any:
    return pytest.importorskip("onnx", reason="needs the extra `tune`")


def test_int8_is_off_by_at_most_half_a_step() -> None:
    values = np.random.default_rng(0).normal(size=(40, 30)).astype(np.float32)
    values[3] = 0
    for axis in (0, 1):
        int8, scales = quantised(values, axis)
        steps = np.expand_dims(scales, 1 - axis)
        assert scales.shape == (values.shape[axis],)
        assert (np.abs(int8 * steps - values) <= 0.501 * steps).all()


@pytest.mark.parametrize("n_rows", [1, 40, 41])
def test_neighbours_never_sum_to_more_than_16_bits_hold(n_rows: int) -> None:
    """With activations of at most 255: what a processor without VNNI adds up before it widens to 32 bits."""
    values = np.random.default_rng(0).standard_t(2, size=(n_rows, 500)).astype(np.float32)
    values[:, 0] = 0
    int8, scales = quantised_for_products(values)
    padded = np.vstack([int8, np.zeros((n_rows % 2, 500), np.int8)]).astype(int)
    for sign in (1, -1):
        largest = 255 * np.maximum(sign * padded, 0).reshape(-1, 2, 500).sum(axis=1)
        assert largest.max() <= 255 * LARGEST_PAIR < 2**15
    assert np.abs(padded).max() <= 127
    assert (np.abs(int8 * scales - values) <= 1.001 * scales).all()


def test_a_pair_that_was_rounded_up_twice_loses_a_step() -> None:
    """7.5 and 120.5 steps sum to 128; in float32, both are a little more, and would be 8 and 121."""
    values = np.array([[7.5], [120.5], [-7.5], [-120.5]], np.float32) * np.float32(1 / 377)
    int8, _ = quantised_for_products(values)
    assert int8.ravel().tolist() == [7, 121, -7, -121]


@pytest.mark.parametrize(
    ("low", "high"),
    [(-0.17, 22.0), (-3.0, 1.0), (0.0, 0.0), (1.0, 2.0), (-2.0, -1.0)],
    ids=["mostly up", "mostly down", "none", "up", "down"],
)
def test_zero_is_a_whole_step_and_the_ends_are_reached(low: float, high: float) -> None:
    scale, zero = scale_of(
        Reach(np.array([low, low / 2], np.float32), np.array([high / 2, high], np.float32)), np.float32(1)
    )
    assert scale.dtype == np.float32
    assert zero.dtype == np.uint8
    for end in (min(low, 0), max(high, 0)):
        assert -0.51 <= end / scale + int(zero) <= 255.51


def model_of(onnx: Any, nodes: list[Any], tensors: dict[str, NDArray[Any]]) -> Any:
    make = onnx.helper
    ends = [make.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", size]) for name, size in ENDS]
    parts = [onnx.numpy_helper.from_array(values, name) for name, values in tensors.items()]
    graph = make.make_graph(nodes, "g", ends[:1], ends[1:], parts)
    return make.make_model(graph, opset_imports=[make.make_opsetid("", 20)], ir_version=10)


ENDS = (("x", 70), ("y", 80))


def run(model: Any, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    import onnxruntime  # noqa: PLC0415

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found: NDArray[np.float32] = session.run(None, {"x": rows})[0]
    return found


def cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float((a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b))


def reach(rows: NDArray[np.float32]) -> Reach:
    return Reach(rows.min(axis=0), rows.max(axis=0))


@pytest.mark.parametrize("has_bias", [True, False], ids=["bias", "no bias"])
def test_a_product_in_int8_is_nearly_that_in_float32(onnx: Any, has_bias: bool) -> None:
    nodes = [onnx.helper.make_node("MatMul", ["x", "w"], ["p" if has_bias else "y"])]
    tensors = {"w": MATRIX}
    if has_bias:
        nodes.append(onnx.helper.make_node("Add", ["p", "b"], ["y"]))
        tensors["b"] = BIAS
    model = model_of(onnx, nodes, tensors)
    expected = run(model, ROWS)
    found = with_int8_products(model, {"x": reach(ROWS)})
    assert [node.op_type for node in found.graph.node] == ["QuantizeLinear", "MatMulIntegerToFloat"]
    assert cosine(run(found, ROWS), expected) > 0.999


def test_the_sums_are_exact_and_rows_do_not_depend_on_each_other(onnx: Any) -> None:
    """The same numbers, added up here in whole numbers, give the same output up to the rounding of float32."""
    model = model_of(onnx, [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])], {"w": MATRIX})
    found = with_int8_products(model, {"x": reach(ROWS)})
    tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in found.graph.initializer}
    scale, zero = tensors["x.scale"], int(tensors["x.zero"])
    far = np.vstack([ROWS, 1e4 * ROWS[:1]])  # beyond the reach, which is cut off
    uint8 = np.clip(np.round(far / scale) + zero, 0, 255).astype(np.int64)
    expected = ((uint8 - zero) @ tensors["w.int8"].astype(np.int64)) * (scale * tensors["w.scales"]).astype(np.float64)
    together = run(found, far)
    np.testing.assert_allclose(together, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(np.vstack([run(found, row[None]) for row in far]), together)


def test_large_channels_of_a_layer_norm_do_not_coarsen_the_others(onnx: Any) -> None:
    """One channel is fifty times as large as the others; two products read the norm, which is rounded once."""
    gain = np.ones(70, np.float32)
    gain[7] = 50
    tensors = {"g": gain, "w": MATRIX, "v": MATRIX[::-1].copy(), "b": BIAS}
    nodes = [
        onnx.helper.make_node("LayerNormalization", ["x", "g"], ["norm"], axis=-1),
        onnx.helper.make_node("MatMul", ["norm", "w"], ["p"]),
        onnx.helper.make_node("Add", ["b", "p"], ["q"]),
        onnx.helper.make_node("MatMul", ["norm", "v"], ["r"]),
        onnx.helper.make_node("Add", ["q", "r"], ["y"]),
    ]
    model = model_of(onnx, nodes, tensors)
    expected = run(model, ROWS)
    norm = (ROWS - ROWS.mean(axis=1, keepdims=True)) / ROWS.std(axis=1, keepdims=True) * gain
    found = with_int8_products(model, {"norm": reach(norm)})
    kinds = [node.op_type for node in found.graph.node]
    assert kinds == ["LayerNormalization", "Mul", "QuantizeLinear", *["MatMulIntegerToFloat"] * 2, "Add"]
    assert cosine(run(found, ROWS), expected) > 0.999


def test_products_are_large_and_their_matrix_has_no_other_use(onnx: Any) -> None:
    make = onnx.helper.make_node
    nodes = [
        make("MatMul", ["x", "large"], ["a"]),
        make("Add", ["a", "bias"], ["b"]),
        make("Add", ["b", "x"], ["c"]),
        make("MatMul", ["c", "small"], ["d"]),
        make("MatMul", ["d", "both"], ["e"]),
        make("Gather", ["both", "i"], ["f"]),
        make("MatMul", ["large_but_first", "f"], ["y"]),
        make("MatMul", ["y", "whole"], ["z"]),
    ]
    shapes = {"large": (65, 64), "bias": (64,), "small": (64, 64), "both": (65, 64), "large_but_first": (65, 64)}
    tensors = {name: np.ones(shape, np.float32) for name, shape in shapes.items()} | {"whole": np.ones((65, 64), int)}
    graph = model_of(onnx, nodes, tensors).graph
    assert products_of(graph) == [Product(graph.node[0], graph.node[1], "x", "large", "bias", "b")]


def test_each_source_gives_as_many_texts() -> None:
    """Of a small source, all that it has."""
    large, small = (IntentSource(name, {"x": tuple(f"{name} {i}" for i in range(n))}, {}) for name, n in SOURCES)
    found = typical_texts([large, small])
    assert sorted(found) == sorted({*found})
    assert [sum(text.startswith(name) for text in found) for name, _ in SOURCES] == [N_TEXTS // 2, 9]
    assert found == typical_texts([large, small])


SOURCES = (("large", 1_000), ("small", 9))
