"""Neighbours vote on the border of clusters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.arrays import Bools, Matrix
from dialin.cluster.vote import voted
from spheres import spheres


def two_bundles(n_each: int) -> Matrix:
    return spheres(2, n_each, seed=0)


def all_of(n: int) -> Bools:
    return np.ones(n, dtype=np.bool_)


def test_a_row_on_the_wrong_side_goes_to_its_neighbours() -> None:
    X = two_bundles(200)
    right = np.repeat([0, 1], 200)
    wrong = right.copy()
    wrong[[3, 70, 230]] = 1 - wrong[[3, 70, 230]]
    assert voted(X, wrong, all_of(400)).tolist() == right.tolist()


def test_what_was_read_stays_and_votes() -> None:
    """The same rows, of which the first was read: it keeps its label."""
    X, labels, is_free = two_bundles(200), np.repeat([0, 1], 200), all_of(400)
    labels[[3, 70]], is_free[3] = 1, False
    found = voted(X, labels, is_free)
    assert (found[3], found[70]) == (1, 0)


def test_a_row_without_a_cluster_stays_without_one_and_has_no_vote() -> None:
    """All but one row of the second bundle have no cluster: they cannot outvote the one that is wrong there."""
    X, labels = two_bundles(200), np.repeat([0, -1], 200)
    labels[200] = 1
    found = voted(X, labels, all_of(400))
    assert (found[200], set(found[201:].tolist())) == (1, {-1})


def test_three_neighbours_against_one_by_hand() -> None:
    """400 rows have four voters: at equal cosines of 1, three of them and two votes for the own label lose.

    Five equal rows stand apart from the others, who are of label 2. The labels of the five are 0, 0, 1, 1, 1: each of
    the first has two votes for 0, its own and the other's, and three for 1.
    """
    X = np.zeros((400, 3), np.float32)
    X[:5, 0], X[5:, 1] = 1.0, 1.0
    labels = np.array([0, 0, 1, 1, 1] + [2] * 395)
    assert voted(X, labels, all_of(400))[:5].tolist() == [1] * 5


def test_of_equal_labels_the_own_one_wins() -> None:
    """300 rows have three voters. Four equal rows of labels 0, 0, 1, 1: two votes for each label."""
    X = np.zeros((300, 2), np.float32)
    X[:4, 0], X[4:, 1] = 1.0, 1.0
    labels = np.array([0, 0, 1, 1] + [2] * 296)
    assert voted(X, labels, all_of(300)).tolist() == labels.tolist()


@pytest.mark.parametrize("n_each", [0, 1, 49])
def test_below_a_hundred_rows_nobody_votes(n_each: int) -> None:
    X, labels = two_bundles(n_each), np.arange(2 * n_each)
    assert voted(X, labels, all_of(2 * n_each)).tolist() == labels.tolist()


def test_one_cluster_stays_as_it_is() -> None:
    X, labels = two_bundles(100), np.zeros(200, dtype=np.int64)
    assert not voted(X, labels, all_of(200)).any()


@given(st.integers(0, 99))
def test_the_order_of_the_rows_is_irrelevant(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = spheres(3, 80, seed=seed)
    labels, is_free = rng.integers(-1, 3, 240), rng.random(240) < 0.8
    order = rng.permutation(240)
    assert np.array_equal(voted(X[order], labels[order], is_free[order]), voted(X, labels, is_free)[order])
