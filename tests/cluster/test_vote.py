"""Neighbours vote on the border of clusters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialin.arrays import Bools, Matrix
from dialin.cluster.vote import voted
from spheres import spheres


def two_bundles(n_each: int) -> Matrix:
    return spheres(2, n_each, seed=0)


def all_of(n: int) -> Bools:
    return np.ones(n, dtype=np.bool_)


def test_a_row_on_the_wrong_side_goes_to_its_neighbours() -> None:
    X = two_bundles(500)
    right = np.repeat([0, 1], 500)
    wrong = right.copy()
    wrong[[3, 70, 630]] = 1 - wrong[[3, 70, 630]]
    assert voted(X, wrong, all_of(1000)).tolist() == right.tolist()


def test_what_was_read_stays_and_votes() -> None:
    """The same rows, of which the first was read: it keeps its label."""
    X, labels, is_free = two_bundles(500), np.repeat([0, 1], 500), all_of(1000)
    labels[[3, 70]], is_free[3] = 1, False
    found = voted(X, labels, is_free)
    assert (found[3], found[70]) == (1, 0)


def test_a_row_without_a_cluster_stays_without_one_and_has_no_vote() -> None:
    """All but one row of the second bundle have no cluster: they cannot outvote the one that is wrong there."""
    X, labels = two_bundles(500), np.repeat([0, -1], 500)
    labels[500] = 1
    found = voted(X, labels, all_of(1000))
    assert (found[500], set(found[501:].tolist())) == (1, {-1})


def test_six_votes_against_five_by_hand() -> None:
    """Eleven equal rows stand apart from the others, five of label 0 and six of label 1.

    Each has the ten others as voters, at a cosine of 1. One of label 0 has five votes for 0, its own and those of the
    four others, and six for 1.
    """
    X = np.zeros((1000, 2), np.float32)
    X[:11, 0], X[11:, 1] = 1.0, 1.0
    labels = np.array([0] * 5 + [1] * 6 + [2] * 989)
    assert voted(X, labels, all_of(1000))[:11].tolist() == [1] * 11


def test_a_vote_weighs_as_much_as_the_cosine() -> None:
    """Ten rows at a cosine of .6 to row 0: four of its own label, six of another.

    Its own label has 1 + 4 · .6 = 3.4 votes, the other 6 · .6 = 3.6. With
    five against five it would be 4 to 3.
    """
    X = np.zeros((1000, 3), np.float32)
    X[0, 0], X[1:11, :2], X[11:, 2] = 1.0, (0.6, 0.8), 1.0
    labels = np.array([0] * 5 + [1] * 6 + [2] * 989)
    is_free = np.arange(1000) == 0
    assert voted(X, labels, is_free)[0] == 1
    assert voted(X, np.array([0] * 6 + [1] * 5 + [2] * 989), is_free)[0] == 0


def test_of_equal_labels_the_own_one_wins() -> None:
    """Twelve equal rows, six of each label: all at the distance of the tenth vote, and six votes are for each label."""
    X = np.zeros((1000, 2), np.float32)
    X[:12, 0], X[12:, 1] = 1.0, 1.0
    labels = np.array([0] * 6 + [1] * 6 + [2] * 988)
    assert voted(X, labels, all_of(1000)).tolist() == labels.tolist()


@pytest.mark.parametrize("n_each", [0, 1, 499])
def test_below_a_thousand_rows_nobody_votes(n_each: int) -> None:
    X, labels = two_bundles(n_each), np.arange(2 * n_each)
    assert voted(X, labels, all_of(2 * n_each)).tolist() == labels.tolist()


def test_one_cluster_stays_as_it_is() -> None:
    X, labels = two_bundles(500), np.zeros(1000, dtype=np.int64)
    assert not voted(X, labels, all_of(1000)).any()


@settings(max_examples=10)
@given(st.integers(0, 99))
def test_the_order_of_the_rows_is_irrelevant(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = spheres(3, 340, seed=seed)
    labels, is_free = rng.integers(-1, 3, 1020), rng.random(1020) < 0.8
    order = rng.permutation(1020)
    assert np.array_equal(voted(X[order], labels[order], is_free[order]), voted(X, labels, is_free)[order])


def test_votes_are_those_of_all_pairs() -> None:
    """Two passes over all cosines, written out: rows of three bundles, a third of them with a random label."""
    X, rng = spheres(3, 400, seed=1), np.random.default_rng(1)
    labels = np.where(rng.random(1200) < 0.3, rng.integers(-1, 3, 1200), np.repeat([0, 1, 2], 400))
    cosine = X @ X.T
    np.fill_diagonal(cosine, -np.inf)
    near = cosine >= np.sort(cosine, axis=1)[:, -10, None] - 1e-6
    weight = np.where(near, np.maximum(cosine, 0), 0) + np.eye(1200)
    expected = labels
    for _ in range(2):
        votes = weight @ (expected[:, None] == np.arange(3))
        expected = np.where(labels >= 0, votes.argmax(axis=1), -1)
    assert voted(X, labels, all_of(1200)).tolist() == expected.tolist()
