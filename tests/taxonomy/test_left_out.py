"""What a run would do with its own sentences, had they not been in it: as if each were built again without one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.arrays import Matrix
from dialin.discover.assign import N_DEVIATIONS, Pieces, build, spread
from dialin.taxonomy.left_out import centre_distances, centre_sums, taken_in, within_without
from oracles import on_circle


def is_taken(X: Matrix, row: int, slack: float, margin: float) -> bool:
    """Return whether a piece that is built of the others takes the row in, by a margin of the cosine."""
    others = np.delete(X, row, axis=0)
    centre = others.sum(axis=0) / np.linalg.norm(others.sum(axis=0))
    cosines = others @ centre
    return bool(X[row] @ centre >= min(cosines.min(), cosines.mean() - slack) + margin - 1e-6)


@given(st.lists(st.integers(-40, 40), min_size=4, max_size=9), st.floats(0.02, 0.3))
def test_it_says_what_a_piece_that_is_built_without_the_sentence_says(degrees: list[int], slack: float) -> None:
    """But for sentences at the border, as the least cosine of the others is taken to the centre of all."""
    X = on_circle(*degrees)
    cosines = X @ (X.sum(axis=0) / np.linalg.norm(X.sum(axis=0)))
    found = within_without(X, min(float(cosines.min()), float(cosines.mean()) - slack), slack)
    for row, is_in in enumerate(found.tolist()):
        assert is_in or not is_taken(X, row, slack, margin=0.15)
        assert not is_in or is_taken(X, row, slack, margin=-0.15)


def test_a_sentence_alone_in_its_piece_is_not_taken_in_without_itself() -> None:
    assert within_without(on_circle(0), 1.0, 0.1).tolist() == [False]
    assert within_without(np.empty((0, 2), np.float32), 1.0, 0.1).tolist() == []


def test_the_same_sentence_twice_keeps_its_place() -> None:
    assert within_without(on_circle(10, 10), 1.0, 0.0).tolist() == [True, True]


def test_each_piece_is_looked_at_by_itself() -> None:
    """Of 0°, 2°, 4° and 90°, 92°, 94°, none sets its border alone: the spread of both leaves room. 45° is no member."""
    X = on_circle(0, 2, 4, 90, 92, 94, 45).astype(np.float32)
    pieces = build(X, [np.arange(3), np.arange(3, 6)], [0, 1], ["", ""])
    nearest, cosine, _ = pieces.nearest(X, [""] * 7)
    assert taken_in(pieces, X, nearest, pieces.within(nearest, cosine) & (np.arange(7) < 6)).tolist()[6] is False
    slack = N_DEVIATIONS * spread([X[:3] @ pieces.centroids[0], X[3:6] @ pieces.centroids[1]])
    wanted = [
        *within_without(X[:3], float(pieces.radii[0]), slack),
        *within_without(X[3:6], float(pieces.radii[1]), slack),
    ]
    assert taken_in(pieces, X, nearest, np.arange(7) < 6).tolist()[:6] == wanted


def test_a_sentence_is_as_far_from_its_centre_as_from_that_of_the_others() -> None:
    """0° and 60° in intent 0; 30° is new. Left out, 0° is 60° from the other: 1 − ½. 30° is in their middle: 0."""
    X = on_circle(0, 60, 30)
    sums = centre_sums(X[:2], np.array([0, 0]), 1)
    found = centre_distances(X, np.array([0, 0, 0]), sums, np.array([True, False, False]))
    assert found == pytest.approx([0.5, 1 - np.cos(np.pi / 6), 0.0], abs=1e-6)
    assert centre_distances(X, np.array([-1, -1, -1]), sums, np.array([False] * 3)).tolist() == [0, 0, 0]


def test_without_intents_nothing_has_a_centre() -> None:
    X = on_circle(0, 60)
    sums = centre_sums(X, np.array([-1, -1]), 0)
    assert centre_distances(X, np.array([-1, -1]), sums, np.array([False, False])).tolist() == [0, 0]


def test_no_pieces_take_in_nothing() -> None:
    none = Pieces(np.empty((0, 2), np.float32), np.empty(0, np.float32), np.empty(0, np.int64), ())
    X = on_circle(0, 1).astype(np.float32)
    assert not taken_in(none, X, np.array([-1, -1]), np.array([False, False])).any()
