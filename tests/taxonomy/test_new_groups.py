"""Groups of sentences that are said in the newer of two parts alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.arrays import Floats, Ints, Matrix
from dialin.cluster.partition import Agglomerative
from dialin.taxonomy.new_groups import MOST_P, Nodes, Said, new_groups, surprise

LEAST = 4


def around(*places: tuple[float, int]) -> Matrix:
    """Return sentences on a circle: around each angle in degrees so many, a tenth of a degree apart."""
    angles = np.deg2rad(np.concatenate([angle + 0.1 * np.arange(n) for angle, n in places]))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def nodes_of(X: Matrix) -> Nodes:
    return Nodes.of([(Agglomerative().fit(X).tree, np.arange(len(X)))], LEAST)


def each_alone(is_new: list[int]) -> Said:
    """Return sentences that are said once each, in a dialogue of their own."""
    rows = np.arange(len(is_new))
    return Said(rows, rows, np.array(is_new, dtype=np.bool_))


def by_turns(n: int) -> list[int]:
    """Return of n sentences that every third one is new."""
    return [int(i % 3 == 0) for i in range(n)]


TWO_INTENTS = [0] * 30 + [1] * 30
"""Homes of two known intents, at 0° and at 120°."""
MIXED = by_turns(30) * 2


def test_new_sentences_between_two_intents_are_a_group() -> None:
    """Of twelve new sentences at 50°, the intents at 0° and at 120° took in six each; a third of these is new."""
    X = around((0, 30), (120, 30), (50, 12))
    homes = np.array(TWO_INTENTS + [0] * 6 + [1] * 6)
    (found,) = new_groups(nodes_of(X), each_alone(MIXED + [1] * 12), homes)
    assert found.rows.tolist() == list(range(60, 72))
    assert (found.n_new, found.n_old) == (12, 0)
    assert 0 < found.p <= MOST_P


def test_months_of_one_kind_have_no_group() -> None:
    X = around((0, 30), (120, 30), (50, 12))
    homes = np.array(TWO_INTENTS + [0] * 6 + [1] * 6)
    assert new_groups(nodes_of(X), each_alone(MIXED + by_turns(12)), homes) == []


def test_an_intent_that_has_grown_is_no_group() -> None:
    """Of the intent at 120°, 54 sentences are new and 6 are old, as evenly as they can be; so is each part of it."""
    X = around((0, 30), (60, 30), (120, 60))
    grown = [int(i % 10 != 5) for i in range(60)]
    homes = np.array([0] * 30 + [1] * 30 + [2] * 60)
    assert new_groups(nodes_of(X), each_alone(MIXED + grown), homes) == []


def test_what_one_dialogue_says_is_no_group() -> None:
    """The twelve new sentences as before, but all of one call: one new call of 41 is no surprise."""
    X = around((0, 30), (120, 30), (50, 12))
    homes = np.array(TWO_INTENTS + [0] * 6 + [1] * 6)
    said = Said(np.arange(72), np.append(np.arange(60), [60] * 12), np.array([*MIXED, 1], dtype=np.bool_))
    assert new_groups(nodes_of(X), said, homes) == []


def test_a_sentence_that_was_said_before_is_old() -> None:
    """Each of the twelve sentences is said in both parts: half of the utterances of the group are old."""
    X = around((0, 30), (120, 30), (50, 12))
    homes = np.array(TWO_INTENTS + [0] * 6 + [1] * 6)
    rows = np.append(np.arange(72), np.arange(60, 72))
    said = Said(rows, np.arange(84), np.array(MIXED + [1] * 12 + [0] * 12, dtype=np.bool_))
    assert new_groups(nodes_of(X), said, homes) == []


def test_groups_share_no_sentence_and_the_best_is_first() -> None:
    X = around((0, 30), (120, 30), (50, 20), (240, 12))
    homes = np.array(TWO_INTENTS + [0] * 20 + [1] * 12)
    found = new_groups(nodes_of(X), each_alone(MIXED + [1] * 32), homes)
    assert [one.rows.tolist() for one in found] == [list(range(60, 80)), list(range(80, 92))]


def test_the_same_seed_draws_the_same() -> None:
    X = around((0, 30), (120, 30), (50, 12))
    homes, said = np.array(TWO_INTENTS + [-1] * 12), each_alone(MIXED + [1] * 12)
    first, again = (new_groups(nodes_of(X), said, homes, seed=3) for _ in range(2))
    assert [one.p for one in first] == [one.p for one in again]


@pytest.mark.parametrize("is_new", [[0] * 8, [1] * 8])
def test_one_part_alone_has_no_group(is_new: list[int]) -> None:
    X = around((0, 8))
    assert new_groups(nodes_of(X), each_alone(is_new), np.zeros(8, np.int64)) == []


def test_too_few_sentences_are_no_node() -> None:
    X = around((0, 3))
    nodes = nodes_of(X)
    assert len(nodes.start) == 0
    assert new_groups(nodes, each_alone([0, 1, 1]), np.zeros(3, np.int64)) == []


def test_no_trees_have_no_nodes() -> None:
    assert Nodes.of([], LEAST).order.tolist() == []


def test_nodes_of_two_trees_are_counted_side_by_side() -> None:
    """Sentences 0, 2, 4 and 6 are of one tree and the others of the other; the roots have four sentences each."""
    trees = [(Agglomerative().fit(around((0, 4))).tree, np.arange(8)[part::2]) for part in (0, 1)]
    nodes = Nodes.of(trees, LEAST)
    counts = np.array([[1.0, 0.0]] * 4 + [[2.0, 1.0]] * 4)
    assert nodes.totals(counts).tolist() == [[6.0, 2.0], [6.0, 2.0]]
    homes = np.array([0, 2, 0, 2, 0, -1, -1, 2])
    assert nodes.touches(homes).toarray().tolist() == [[1, 0, 0], [0, 0, 1]]


counts_of = st.integers(1, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts_of, counts_of)
def test_surprise_is_never_negative(own: tuple[int, int], others: tuple[int, int]) -> None:
    """And it is 0 where the share of new ones is no larger than around, or more than a tenth is old."""
    (new, n), (new_around, n_around) = own, others
    values: list[Floats] = [np.array([float(value)]) for value in (new, n, new_around, n_around)]
    found = float(surprise(values[0], values[1], values[2], values[3])[0])
    assert found >= -1e-9
    if new * n_around <= new_around * n or n - new > 0.1 * n:
        assert found == 0


def test_surprise_grows_with_the_group() -> None:
    sizes: Ints = np.array([4, 8, 16])
    own = sizes.astype(np.float64)
    found = surprise(own, own, np.full(3, 10.0), np.full(3, 40.0))
    assert (np.diff(found) > 0).all()
