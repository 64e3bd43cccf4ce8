"""The nearest other rows against sorting, with ties and whatever the order of the rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialin.arrays import Bools, Matrix
from dialin.cluster.neighbours import SearchedRows, chunks, nearest_others
from oracles import unit


def noise(n: int, d: int = 6, seed: int = 0) -> Matrix:
    return unit(np.random.default_rng(seed).normal(size=(n, d)) + 1.0).astype(np.float32)


def by_sorting(X: Matrix, n_neighbours: int) -> Bools:
    cosine = X @ X.T
    np.fill_diagonal(cosine, -np.inf)
    return np.asarray(cosine >= np.sort(cosine, axis=1)[:, -n_neighbours, None] - 1e-6)


@given(n=st.integers(2, 700), n_neighbours=st.integers(1, 12), copies=st.integers(1, 4), seed=st.integers(0, 99))
@settings(max_examples=25)
def test_they_are_those_that_sorting_finds(n: int, n_neighbours: int, copies: int, seed: int) -> None:
    """Rows of a group of columns lie side by side when sorted by their first number: the worst order for groups."""
    X = noise(n, seed=seed)[np.arange(n) // copies]
    X = X[np.argsort(X[:, 0])] if seed % 2 else X
    n_neighbours = min(n_neighbours, n - 1)
    near = nearest_others(X, slice(0, n), n_neighbours)
    found = np.zeros((n, n), dtype=np.bool_)
    found[near.nonzero()] = True
    assert np.array_equal(found, by_sorting(X, n_neighbours))


def test_the_cosines_are_kept() -> None:
    X = noise(300)
    near = nearest_others(X, slice(100, 120), 5)
    rows, columns = near.nonzero()
    assert near.shape == (20, 300)
    assert near.dtype == np.float32
    np.testing.assert_allclose(near.data, (X[100:120] @ X.T)[rows, columns], atol=1e-6)
    assert not np.any(rows + 100 == columns)


def test_neighbours_are_looked_for_among_the_rows_searched() -> None:
    """Against sorting among every third row; rows that are searched themselves do not find themselves."""
    X = noise(90)
    some = np.arange(0, 90, 3)
    near = nearest_others(X, slice(10, 40), 2, SearchedRows(some, X[some])).toarray()
    cosine = X[10:40] @ X[some].T
    cosine[some == np.arange(10, 40)[:, None]] = -np.inf
    expected = some[np.sort(np.argsort(-cosine, axis=1)[:, :2], axis=1)]
    assert np.array_equal(np.argwhere(near)[:, 1].reshape(-1, 2), expected)


def test_few_rows_are_all_searched_and_many_in_part() -> None:
    X = noise(50)
    assert SearchedRows.of(X, 50).rows.tolist() == list(range(50))
    assert len(np.unique(SearchedRows.of(X, 20).rows)) == 20


def test_the_rows_searched_do_not_depend_on_the_order() -> None:
    X, order = noise(50), np.random.default_rng(0).permutation(50)
    there = SearchedRows.of(X[order], 20)
    assert sorted(order[there.rows].tolist()) == SearchedRows.of(X, 20).rows.tolist()
    assert np.array_equal(there.vectors, X[order][there.rows])


def test_all_equal_rows_are_neighbours() -> None:
    near = nearest_others(np.tile(noise(1), (50, 1)), slice(0, 50), 3)
    assert np.diff(near.indptr).tolist() == [49] * 50


def test_opposite_rows_are_neighbours_where_there_is_no_other() -> None:
    X = np.array([[1.0, 0.0], [-1.0, 0.0]], dtype=np.float32)
    assert nearest_others(X, slice(0, 2), 1).toarray().tolist() == [[0, -1], [-1, 0]]


@pytest.mark.parametrize(("n", "stops"), [(0, []), (3, [3]), (7, [3, 6, 7])])
def test_chunks(n: int, stops: list[int]) -> None:
    assert [rows.stop for rows in chunks(n, 3)] == stops
