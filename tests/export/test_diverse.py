"""Phrases that differ: the medoid first, then always the farthest from all chosen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.arrays import Matrix
from dialin.export.diverse import farthest_first


def unit_vectors(seed: int, m: int) -> Matrix:
    X = np.random.default_rng(seed).normal(size=(m, 5))
    return np.asarray(X / np.linalg.norm(X, axis=1, keepdims=True), dtype=np.float32)


@given(seed=st.integers(0, 1_000), m=st.integers(1, 12), n=st.integers(1, 14))
def test_each_choice_is_the_farthest_from_those_before(seed: int, m: int, n: int) -> None:
    X = unit_vectors(seed, m)
    chosen = farthest_first(X, n).tolist()
    assert len(set(chosen)) == len(chosen) == min(m, n)
    cosine = X.astype(np.float64) @ X.T.astype(np.float64)
    assert cosine[chosen[0]].sum() >= cosine.sum(axis=1).max() - 1e-4
    for i in range(1, len(chosen)):
        rest = [row for row in range(m) if row not in chosen[:i]]
        closest = {row: max(cosine[row, before] for before in chosen[:i]) for row in rest}
        assert closest[chosen[i]] <= min(closest.values()) + 1e-4


@pytest.mark.parametrize(("m", "n"), [(0, 3), (3, 0)])
def test_nothing_is_chosen_of_nothing(m: int, n: int) -> None:
    assert farthest_first(unit_vectors(0, 4)[:m], n).tolist() == []


def test_the_same_vector_several_times_is_chosen_last() -> None:
    """Rows 0 to 2 are the same, so each is a medoid; row 3 is far, and then the copies follow in order."""
    X = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], dtype=np.float32)
    assert farthest_first(X, 4).tolist() == [0, 3, 1, 2]
