"""Tests of the names of clusters that hold several intents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin.name.by_nearness import names_by_nearness
from dialin.name.candidates import Material
from dialin.name.catch_all import without_topic
from dialin.name.mixed import topics_of
from dialin.name.task import NamingTask
from dialin.name.turns import Turn

PIZZA = ["order a pizza", "change my pizza", "i hate pizza", "who invented pizza", "pizza places near me"]


def flat(texts: Sequence[str]) -> NDArray[np.float32]:
    """Give all texts one vector, so that support alone decides."""
    return np.tile(np.array([1, 0], np.float32), (len(texts), 1))


def test_a_mixed_cluster_has_a_topic_and_no_action() -> None:
    task = NamingTask([PIZZA], np.array([[1, 0]], np.float32), "en", turns=[Turn("need", is_mixed=True)])
    assert names_by_nearness(task, flat) == ["various-pizza"]


def test_the_name_of_a_turn_stays() -> None:
    texts = ["hello there", "hi", "good morning"]
    task = NamingTask([texts], np.array([[1, 0]], np.float32), "en", turns=[Turn("social", "customer", is_mixed=True)])
    assert not names_by_nearness(task, flat)[0].startswith("various")


@pytest.mark.parametrize("language", ["en", "zh"], ids=["english", "chinese"])
def test_sentences_that_share_no_objective_have_no_topic(language: str) -> None:
    turn = Turn("need")
    assert topics_of([("find-cheese", 0.3)], Material({"cheese": 0.19}), language, turn) == [
        (without_topic(language, turn), 0.3)
    ]
    assert topics_of([], Material(), language, turn) == [(without_topic(language, turn), 0.0)]
