"""Tests of the names that a cluster can stand by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin.name.by_nearness import NamingTask, names_by_nearness
from dialin.name.candidates import Material
from dialin.name.honest import (
    NEAR,
    NEAR_UNSAID,
    NEAR_WRITTEN,
    SAID_BY,
    SOME,
    Backing,
    general_name,
    honest_first,
    with_medians,
)
from dialin.name.turns import Turn

ROBOT = ("inquire-robot", 0.4)


def first(
    ranked: list[tuple[str, float]], material: Material, near: dict[str, float], written: tuple[str, ...] = ()
) -> str:
    return honest_first(ranked, Backing(material, "en", written, near))[0][0]


def test_without_other_names_there_is_a_general_one() -> None:
    assert honest_first([], Backing(Material(), "en")) == [("various-requests", 0.0)]


def test_a_far_off_name_that_nobody_says_gives_way_to_a_general_one() -> None:
    far = {"inquire-robot": NEAR_UNSAID["en"] - 0.01}
    assert first([ROBOT], Material({"lawn": 0.2}), far) == "various-requests"
    assert first([ROBOT], Material({"lawn": 0.2}, problems=0.9), far) == "report-problem"


def test_a_name_near_most_of_the_sentences_stays() -> None:
    assert first([ROBOT], Material({"lawn": 0.2}), {"inquire-robot": NEAR_UNSAID["en"]}) == "inquire-robot"


def test_a_name_that_nobody_says_must_lie_nearer_than_one_that_some_say() -> None:
    near = {"inquire-robot": NEAR["en"]}
    assert first([ROBOT], Material({"robot": SOME}), near) == "inquire-robot"
    assert first([ROBOT], Material({"lawn": 0.2}), near) == "various-requests"


def test_a_far_off_name_that_many_say_stays() -> None:
    assert first([ROBOT], Material({"robot": SAID_BY}), {}) == "inquire-robot"


def test_what_many_say_comes_before_a_better_one_that_nobody_says() -> None:
    assert first([ROBOT, ("inquire-lawn", 0.1)], Material({"lawn": 0.5}), {}) == "inquire-lawn"


def test_a_name_of_an_llm_of_said_words_may_lie_farther_off() -> None:
    name, material = "report-robot-arm", Material({"arm": 0.2})
    near = {name: NEAR_WRITTEN}
    assert first([(name, 0.4)], material, near, (name,)) == name
    assert first([(name, 0.4)], material, near) == "various-requests"
    assert first([(name, 0.4)], Material(), near, (name,)) == "various-requests"


def test_names_that_hold_keep_their_order() -> None:
    ranked, material = [("a-b", 0.9), ("c-d", 0.2), ("e-f", 0.1)], Material({"b": 0.9, "f": 0.9})
    found = [name for name, _ in honest_first(ranked, Backing(material, "en"))]
    assert found == ["a-b", "e-f", "various-requests"]


def test_medians_are_those_of_the_sentences_and_of_doubtful_names_alone() -> None:
    """Of three sentences, two lie at cosine 1 to "a-b" and one at 0: near their mean is not what counts."""
    X = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    known = Backing(Material({"d": 1.0}), "en")
    found = with_medians([known], [[("a-b", 0.9), ("c-d", 0.2)]], [X], lambda names: X[: len(names)])
    assert found[0].near == {"a-b": 1.0}
    assert with_medians([known], [[]], [X], lambda names: X[: len(names)])[0].near == {}


def test_one_sentence_dictates_no_name() -> None:
    """The mean of the sentences leans to the one about hail; most of them lie elsewhere."""
    axes = np.eye(3, dtype=np.float32)
    texts = ["hail is forecast", "may I return it", "it came on Monday", "is Tuesday fine", "the window is over"]
    X = np.array([axes[0], axes[1], axes[1], axes[1], axes[1]])

    def embed(names: Sequence[str]) -> NDArray[np.float32]:
        return np.array([axes[0] if "forecast" in name or "weather" in name else axes[2] for name in names])

    task = NamingTask([texts], X.mean(axis=0, keepdims=True), "en", turns=[Turn("need")])
    assert "forecast" in names_by_nearness(task, embed)[0] or "weather" in names_by_nearness(task, embed)[0]
    assert names_by_nearness(replace(task, vectors=[X]), embed) == ["various-requests"]


@pytest.mark.parametrize(("language", "name"), [("en", "report-problem"), ("zh", "反馈-问题")])
def test_the_general_name_of_problems(language: str, name: str) -> None:
    assert general_name(Material(problems=0.51), language) == name
    assert general_name(Material(problems=0.5), language) != name
