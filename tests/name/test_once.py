"""Texts that every role needs are embedded once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dialin.cluster.centroids import unit_rows
from dialin.name.by_nearness import names_by_nearness
from dialin.name.once import EmbeddedOnce
from dialin.name.task import NamingTask
from dialin.name.turns import Turn

TEXTS = st.lists(st.sampled_from(["card", "cancel card", "退款", ""]), min_size=1, max_size=6)


def lengths(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.array([[len(text), 1.0] for text in texts], np.float32)


@given(st.lists(TEXTS, max_size=4), st.frozensets(st.sampled_from(["card", "退款"])))
def test_the_vectors_are_those_of_the_embedder(batches: list[list[str]], common: frozenset[str]) -> None:
    once = EmbeddedOnce(lengths, common)
    assert all(np.array_equal(once(texts), lengths(texts)) for texts in batches)
    assert once.kept.keys() <= common


def test_two_roles_embed_the_actions_once() -> None:
    """A customer and an agent speak of refunds: the action "cancel" is embedded once, their names in each role."""
    asked = Counter[str]()

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        asked.update(texts)
        return unit_rows(lengths(texts)).astype(np.float32)

    said = [["where is my refund", "is the refund there"], ["the refund is booked", "your refund is on its way"]]
    turns = [Turn("need", "customer"), Turn("answer", "agent")]
    names_by_nearness(NamingTask(said, np.eye(2, dtype=np.float32), "en", turns=turns), embed)
    assert asked["cancel"] == asked["provide"] == 1
