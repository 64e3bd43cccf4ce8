"""A run is the same, to the byte, however many threads BLAS and OpenMP have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from dialin.arrays import Matrix
from dialin.cluster.granularity import granularity_of
from dialin.cluster.partition import partitioner_of
from dialin.discover import heights
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import Result

N_INTENTS, N_EACH, N_DIMENSIONS = 8, 30, 384


def loose_balls(seed: int = 0) -> Matrix:
    """Return 240 unit rows in eight loose balls, with as many numbers as embedders give: short sums are not shared."""
    rng = np.random.default_rng(seed)
    X = np.repeat(rng.normal(size=(N_INTENTS, N_DIMENSIONS)), N_EACH, axis=0)
    X += rng.normal(scale=1.5, size=X.shape)
    return np.asarray(X / np.linalg.norm(X, axis=1, keepdims=True), dtype=np.float32)


X = loose_balls()
DATA = Data([f"intent {i // N_EACH}, sentence {i}" for i in range(len(X))], X, np.ones(len(X), np.int64), [""] * len(X))


@dataclass(frozen=True, eq=False)
class Found:
    """A result, and how many threads BLAS had when a step began."""

    result: Result
    blas_threads: set[int]


def found_with(n_threads: int) -> Found:
    seen = set[int]()

    def look(_step: str) -> None:
        seen.update(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")

    tools = Tools(None, lambda names: X[: len(names)], ranks_names=False, on_step=look)
    with threadpool_limits(n_threads):
        return Found(discover(DATA, tools, Settings()), seen)


@pytest.fixture(scope="module")
def found() -> Iterator[list[Found]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heights, "granularity_of", granularity_of)  # measured each time
        yield [found_with(n_threads) for n_threads in (1, 2)]


def bits(result: Result) -> list[object]:
    """Return all that a result says, arrays as bytes."""
    of_pieces = [getattr(result.pieces, field.name) for field in fields(result.pieces)]
    arrays = [result.labels, result.p_intent, *(np.asarray(each) for each in of_pieces)]
    return [result.intents, repr(result.rounds), result.reasons, result.suggested, *(a.tobytes() for a in arrays)]


def test_no_bit_of_a_result_depends_on_the_number_of_threads(found: list[Found]) -> None:
    """With two threads, OpenBLAS would cut these products elsewhere, and some sums would round otherwise."""
    one, two = (each.result for each in found)
    assert len(one.intents) == N_INTENTS
    assert bits(two) == bits(one)


def test_blas_has_one_thread_in_each_step(found: list[Found]) -> None:
    """So this holds for every product that is part of the method, and for those that will be."""
    assert [each.blas_threads for each in found] == [{1}, {1}]


@pytest.mark.parametrize("name", ["agglomerative", "kmeans", "gmm"])
def test_no_cut_depends_on_the_number_of_threads(name: str) -> None:
    cuts = list[bytes]()
    for n_threads in (1, 2, 3):
        with threadpool_limits(n_threads):
            cuts.append(partitioner_of(name, random_state=0).fit(X).cut(20).tobytes())
    assert cuts == [cuts[0]] * 3
