"""The map: the same each time, in its square, and near ones near."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin.report.map.places import N_LANDMARKS, landmarks, layout, placed, scaled
from oracles import blobs, unit


def share_of_neighbours_in_blob(places: NDArray[np.floating], gold: NDArray[np.int64]) -> float:
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    return float(np.mean(gold[distance.argmin(axis=1)] == gold))


def test_blobs_stay_together() -> None:
    X, gold = blobs([40, 40, 40, 40])
    assert share_of_neighbours_in_blob(layout(X), gold) == 1.0


def test_the_same_vectors_and_seed_give_the_same_map() -> None:
    X, _ = blobs([30, 30], noise=0.2)
    assert (layout(X, 1) == layout(X, 1)).all()
    assert layout(X).dtype == np.float32


def test_of_many_sentences_only_some_are_landmarks() -> None:
    X, gold = blobs([100, 100, 100], noise=0.1)
    places = layout(X, 0, n_landmarks=60)
    assert share_of_neighbours_in_blob(places, gold) == 1.0
    assert (places == layout(X, 0, n_landmarks=60)).all()


def test_landmarks_are_all_or_some_in_order() -> None:
    assert landmarks(5, 0).tolist() == [0, 1, 2, 3, 4]
    some = landmarks(N_LANDMARKS + 100, 3)
    assert len(some) == len(set(some.tolist())) == N_LANDMARKS
    assert (np.diff(some) > 0).all()
    assert (some == landmarks(N_LANDMARKS + 100, 3)).all()


@pytest.mark.parametrize("n", range(8))
def test_few_sentences_have_a_map_too(n: int) -> None:
    X = unit(np.random.default_rng(0).normal(size=(n, 6)))
    places = layout(X)
    assert places.shape == (n, 2)
    assert np.isfinite(places).all()
    assert all(0 <= place <= 1 for place in places.ravel())


def test_equal_sentences_and_flat_vectors_do_no_harm() -> None:
    assert np.isfinite(layout(unit(np.ones((20, 3))))).all()
    assert layout(unit(np.ones((3, 1)))).shape == (3, 2)


def test_what_is_no_landmark_goes_among_the_nearest_ones() -> None:
    """Six landmarks on a line, of which the five nearest count; of these the nearest most."""
    Z = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [50.0], [0.1]])
    places = np.array([[0.0, 0], [1, 0], [2, 0], [3, 0], [4, 0], [50, 0]])
    found = placed(Z, np.arange(6), places)
    assert 0 < found[6, 0] < 0.2
    assert (found[:6] == places).all()


def test_the_map_fills_the_square_without_being_stretched() -> None:
    places = scaled(np.array([[0.0, 0], [4, 0], [4, 2]]))
    assert places.tolist() == [[0.0, 0.25], [1.0, 0.25], [1.0, 0.75]]
