"""Which turns the sentences of a cluster are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dialin.name.by_nearness import names_by_nearness
from dialin.name.distinct import distinguished
from dialin.name.kinds import ACKNOWLEDGEMENT, DATA, SOCIAL
from dialin.name.said_turns import said_turns
from dialin.name.task import NamingTask
from dialin.name.turns import Turn
from phrase_axes import embed


def said(texts: Sequence[str], kind: str) -> dict[str, float]:
    """Return what the sentences of one cluster say."""
    return said_turns([embed(texts)], [Turn(kind, "customer")], "en", embed)[0]


def test_a_third_is_enough_where_nothing_else_is_said_and_two_thirds_where_data_is() -> None:
    """Of three sentences, "thanks" is one, and so is "48213"; of "48213" and "it's 7", all are."""
    assert said(["thanks", "so my cat", "and the dog"], SOCIAL) == {"say-thanks": 1 / 3}
    assert said(["thanks", "so my cat", "and the dog", "went out"], SOCIAL) == {}
    assert said(["48213", "so my cat", "and the dog"], DATA) == {}
    assert said(["48213", "it's 7"], DATA) == {"provide-number": 1.0}


def test_what_is_said_most_comes_first() -> None:
    assert list(said(["ok", "fine", "got it", "yes", "yeah"], ACKNOWLEDGEMENT)) == ["acknowledge-answer", "say-yes"]


def test_needs_answers_and_what_is_unknown_say_no_turn() -> None:
    assert not said(["thanks", "thanks a lot"], "need")
    assert not said(["thanks"], "")
    assert said_turns([], [Turn(SOCIAL, "customer")], "en", embed) == []


def test_clusters_that_say_the_same_have_the_same_name() -> None:
    """Both agree, whatever else their sentences hold: neither takes a name from a word that few of them say."""
    texts = [["ok", "okay", "alright", "the parcel"], ["got it", "I see", "understood", "the parcel"]]
    vectors = [embed(own) for own in texts]
    task = NamingTask(
        texts,
        np.array([X.mean(axis=0) for X in vectors]),
        "en",
        turns=[Turn(ACKNOWLEDGEMENT, "customer", p_turn=0.8)] * 2,
        vectors=vectors,
    )
    assert names_by_nearness(task, embed) == ["acknowledge-answer"] * 2


def test_values_do_not_tell_data_apart() -> None:
    names = ["provide-number", "provide-number"]
    assert distinguished(names, [["forty one"], ["seventy one", "seventy two"]]) == names
