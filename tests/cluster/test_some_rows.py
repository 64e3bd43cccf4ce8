"""Numbers of clusters of some rows of a tree, as numbers of all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.cluster.granularity import Granularity
from dialin.cluster.linkage import tree_of
from dialin.cluster.some_rows import SomeRows
from dialin.cluster.tree import Tree


def on_a_line(*places: float) -> Tree:
    points = np.array(places)[:, None]
    return tree_of(points, np.ones(len(points)), np.arange(len(points)), "ward")


LINE = on_a_line(0, 1, 10, 11.1, 100, 101.2, 104)
"""Ward joins 0 and 1 at 1, 10 and 11.1 at 1.1, 100 and 101.2 at 1.2, these and 104 at 3.9, the first four at 14.2."""
FOUR = np.arange(7) < 4
ALL = np.ones(7, np.bool_)


@pytest.mark.parametrize(("of_some", "of_all"), [(1, 1), (2, 3), (3, 6), (4, 7)])
def test_all_rows_fall_into_what_they_are_at_the_height_of_some(of_some: int, of_all: int) -> None:
    """The four at 0 to 11.1 join at 1, 1.1 and 14.2.

    They are two clusters below √(1.1 · 14.2) = 3.95: there, 100, 101.2 and 104 are a third one. They are three below
    √(1 · 1.1) = 1.05, where only 0 and 1 have joined: six. Before any join, all seven are apart.
    """
    assert SomeRows(LINE, ALL, FOUR).numbers_of_all(np.array([of_some])).tolist() == [of_all]


def test_joins_with_rows_outside_do_not_count() -> None:
    """The first four alone, of which three tell: two clusters of 0, 1 and 10 are those of all four."""
    some = np.array([True, True, True, False, False, False, False])
    assert SomeRows(LINE, FOUR, some).numbers_of_all(np.array([1, 2, 3])).tolist() == [1, 2, 4]


def test_one_row_is_in_one_cluster_whatever_it_is_asked_for() -> None:
    assert SomeRows(LINE, ALL, np.arange(7) == 2).numbers_of_all(np.array([1, 5])).tolist() == [1, 1]


@given(st.lists(st.integers(0, 1_000), min_size=2, max_size=12, unique=True), st.data())
def test_more_rows_never_fall_into_fewer_clusters(places: list[int], data: st.DataObject) -> None:
    """And all of the rows say the number of all."""
    tree, n = on_a_line(*places), len(places)
    some = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    some[data.draw(st.integers(0, n - 1))] = True
    numbers = np.arange(1, int(some.sum()) + 1, dtype=np.float64)
    found = SomeRows(tree, np.ones(n, np.bool_), some).numbers_of_all(numbers)
    assert (np.diff(found) >= 0).all()
    assert found[0] == 1
    if len(np.unique(tree.height)) == n - 1:  # where two joins are equally high, no height lies between them
        assert (found >= numbers).all()
        whole = SomeRows(tree, np.ones(n, np.bool_), np.ones(n, np.bool_))
        assert whole.numbers_of_all(numbers).tolist() == numbers.tolist()


def test_a_suggestion_for_all_keeps_its_probabilities() -> None:
    found = Granularity(2, 1, 4, np.array([1.0, 2.0, 4.0]), np.array([0.2, 0.5, 0.3]))
    of_all = SomeRows(LINE, ALL, FOUR).suggestion_for_all(found)
    assert (of_all.low, of_all.n_clusters, of_all.high) == (1, 3, 7)
    assert of_all.numbers.tolist() == [1.0, 3.0, 7.0]
    assert of_all.p.tolist() == [0.2, 0.5, 0.3]
