"""The nearest intent of each, and what moves change: step by step it is what it would be if it were made anew."""

from __future__ import annotations

import numpy as np
import pytest

from dialin.cluster.centroids import sums
from dialin.review.nearness import IntentNearness, nearness_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 8)).astype(np.float32)
X /= np.linalg.norm(X, axis=1, keepdims=True)
LABELS = RNG.integers(-1, 30, size=300)
ROLES = np.array([0, 1])[np.maximum(LABELS, 0) % 2]


def same(found: IntentNearness, anew: IntentNearness) -> bool:
    return (
        found.ids.tolist() == anew.ids.tolist()
        and bool((found.best == anew.best).all())
        and bool(np.allclose(found.cosine, anew.cosine, atol=1e-6))
        and bool(np.allclose(found.total, anew.total, atol=1e-9))
    )


def merged(labels: np.ndarray) -> np.ndarray:
    return np.where(np.isin(labels, [3, 4]), 2, labels)


def split(labels: np.ndarray) -> np.ndarray:
    return np.where((labels == 5) & (np.arange(len(labels)) % 2 == 0), 40, labels)


def moved(labels: np.ndarray) -> np.ndarray:
    return np.where(np.arange(len(labels)) < 20, 7, labels)


def removed(labels: np.ndarray) -> np.ndarray:
    return np.where(labels == 9, -1, labels)


@pytest.mark.parametrize("change", [merged, split, moved, removed])
def test_after_a_decision_it_is_as_if_made_anew(change: object) -> None:
    assert callable(change)
    labels = change(LABELS)
    assert same(nearness_of(LABELS, X).after(labels, X), nearness_of(labels, X))


@pytest.mark.parametrize("change", [merged, split, moved, removed])
def test_after_a_decision_with_roles_it_is_as_if_made_anew(change: object) -> None:
    assert callable(change)
    labels = change(LABELS)
    assert same(nearness_of(LABELS, X, ROLES).after(labels, X), nearness_of(labels, X, ROLES))


def test_the_nearest_has_the_same_role() -> None:
    """Of 3, 5 is nearest, but the agent's; of the three customers' intents, 8 is nearer to 3 than 9 is."""
    degrees = np.radians([0, 5, 60, 90, 7])
    places = np.column_stack([np.cos(degrees), np.sin(degrees)]).astype(np.float32)
    labels, roles = np.array([3, 5, 8, 9, -1]), np.array([0, 1, 0, 0, 1])
    found = nearness_of(labels, places, roles).closest
    assert {intent: close for intent, (close, _) in found.items()} == {3: 8, 8: 9, 9: 8}
    assert nearness_of(labels, places).closest[3][0] == 5


def test_many_decisions_and_taking_them_back_lead_back() -> None:
    start = found = nearness_of(LABELS, X)
    labels = LABELS
    for change in (merged, split, moved, removed):
        labels = change(labels)
        found = found.after(labels, X)
        assert same(found, nearness_of(labels, X))
    assert same(found.after(LABELS, X), start)
    assert start.after(LABELS, X) is start


def test_a_single_intent_has_no_nearest_and_none_has_any() -> None:
    alone = nearness_of(np.full(300, 4), X)
    assert alone.closest == {}
    assert alone.nearest_to(4, 5) == []
    assert nearness_of(np.full(300, -1), X).closest == {}
    both = alone.after(np.repeat([4, 6], 150), X)
    assert same(both, nearness_of(np.repeat([4, 6], 150), X))
    assert same(both.after(np.full(300, -1), X), nearness_of(np.full(300, -1), X))


def test_the_nearest_come_first() -> None:
    near = nearness_of(LABELS, X)
    found = near.nearest_to(7, 3)
    assert found[0] == near.closest[7][0]
    assert len(found) == 3
    assert near.nearest_to(99, 3) == []


def test_sums_count_only_the_wanted_labels() -> None:
    rows = np.array([0, 2, 3])
    labels = np.array([5, 8, 5])
    found = sums(labels, np.array([5, 6]), X, rows)
    assert np.allclose(found, [X[0].astype(float) + X[3], np.zeros(8)])
