"""Tests of the names that a cluster can stand by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin.name.by_nearness import names_by_nearness
from dialin.name.candidates import Material
from dialin.name.catch_all import SAID_BY, SOME
from dialin.name.honest import (
    NEAR,
    NEAR_DONE,
    NEAR_NEED,
    NEAR_UNSAID,
    NEAR_WRITTEN,
    Backing,
    by_agreement,
    honest_first,
    with_medians,
)
from dialin.name.task import NamingTask
from dialin.name.turns import Turn

ROBOT = ("inquire-robot", 0.4)


def first(
    ranked: list[tuple[str, float]], material: Material, near: dict[str, float], written: tuple[str, ...] = ()
) -> str:
    return honest_first(ranked, Backing(material, "en", written, near), Turn())[0][0]


def test_without_other_names_there_is_a_general_one() -> None:
    assert honest_first([], Backing(Material(), "en"), Turn()) == [("various-requests", 0.0)]


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
    near = {name: NEAR_WRITTEN["en"]}
    assert first([(name, 0.4)], material, near, (name,)) == name
    assert first([(name, 0.4)], material, near) == "various-requests"
    assert first([(name, 0.4)], Material(), near, (name,)) == "various-requests"


@pytest.mark.parametrize(("cosine", "holds"), [(NEAR_NEED["en"], True), (NEAR_NEED["en"] - 0.01, False)])
def test_a_need_that_people_have_holds_from_its_own_cosine_on(cosine: float, *, holds: bool) -> None:
    """The vector of a need lies nearer to sentences than that of a name, so it has to."""
    near = dict.fromkeys(["complain-about-staff", "play-staff"], cosine)
    backing = Backing(Material(), "en", near=near, needs={"complain-about-staff"})
    assert backing.carries("complain-about-staff") == holds
    assert backing.carries("play-staff")


def test_names_that_hold_keep_their_order() -> None:
    ranked, material = [("a-b", 0.9), ("c-d", 0.2), ("e-f", 0.1)], Material({"b": 0.9, "f": 0.9})
    found = [name for name, _ in honest_first(ranked, Backing(material, "en"), Turn())]
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

    task = NamingTask([texts], X.mean(axis=0, keepdims=True), "en", turns=[Turn("need", p_turn=0.1)])
    assert "forecast" in names_by_nearness(task, embed)[0] or "weather" in names_by_nearness(task, embed)[0]
    assert names_by_nearness(replace(task, vectors=[X]), embed) == ["various-requests"]


def test_two_sentences_of_five_may_share_a_word_by_chance() -> None:
    """Three of eight are fewer than two of five, and yet no chance; neither are two of four."""
    told = [{"robot"}] * 2 + [set[str]()] * 3
    assert first([ROBOT], Material({"robot": 2 / 5}, told=told), {}) == "various-requests"
    assert first([ROBOT], Material({"robot": 2 / 4}, told=told[:4]), {}) == "inquire-robot"
    assert first([ROBOT], Material({"robot": 3 / 8}, told=[*told, {"robot"}, *told[2:4]]), {}) == "inquire-robot"


def test_two_sentences_are_no_chance_where_as_many_say_the_action() -> None:
    material = Material({"robot": 2 / 5}, {"return": 0.6}, told=[{"robot"}] * 2 + [set[str]()] * 3)
    assert first([("return-robot", 0.4)], material, {}) == "return-robot"


def test_a_word_of_one_sentence_bears_no_name_unless_people_have_it_for_a_need() -> None:
    told = [{"robot", "refund"}, *[set[str]()] * 6]
    material = Material({"robot": 1 / 7, "refund": 1 / 7}, told=told)
    near = {"inquire-robot": 0.9, "inquire-refund": NEAR_UNSAID["en"]}
    assert first([ROBOT, ("inquire-refund", 0.1)], material, near) == "inquire-refund"


def test_an_action_that_lies_near_bears_out_no_objective() -> None:
    """Nearly all return something; that "return-grey" lies near them says nothing about grey."""
    material = Material({"return": 0.8, "grey": 0.2}, told=[{"return"}] * 10)
    near = {"return-grey": 0.9, "inquire-return": 0.1}
    assert first([("return-grey", 0.4), ("inquire-return", 0.1)], material, near) == "inquire-return"


def test_a_question_becomes_a_report_where_most_sentences_state_a_problem() -> None:
    material = Material({"robot": 0.9}, problems=0.6)
    assert first([ROBOT], material, {}) == "report-robot"
    assert first([ROBOT], material, {}, ("inquire-robot",)) == "inquire-robot"


def test_the_name_that_more_sentences_agree_with_comes_first() -> None:
    """ "Bank" stands in three of eight replies and lies near one more, "refund" stands in six.

    .40 + .15 · 4/8 = .475 for the bank, and .38 + .15 · 6/8 = .4925 for the refund.
    """
    has = [{"refund", "bank"}] * 3 + [{"refund"}] * 3 + [set[str]()] * 2
    backing = Backing(Material({"refund": 0.75, "bank": 0.375}, has=has), "en")
    near = np.array([0.5] * 6 + [0.7, 0.5], np.float32)
    shares = {
        "explain-bank": backing.agreement("explain-bank", near),
        "explain-refund": backing.agreement("explain-refund", np.zeros(8, np.float32)),
    }
    assert shares == {"explain-bank": 0.5, "explain-refund": 0.75}
    ranked = by_agreement([("explain-bank", 0.4), ("explain-refund", 0.38)], replace(backing, agreed=shares))
    assert [name for name, _ in ranked] == ["explain-refund", "explain-bank"]
    assert ranked[0][1] == pytest.approx(0.4925)


def test_what_agents_say_of_a_thing_that_few_of_them_mention_is_no_name() -> None:
    told = [{"parking"}, {"breakfast"}, set(), set(), set(), set()]
    backing = Backing(Material({"parking": 1 / 6, "breakfast": 1 / 6}, told=told), "en", (), {"provide-parking": 0.5})
    names = honest_first([("provide-parking", 0.6)], backing, Turn("answer", "agent"))
    assert [name for name, _ in names] == ["various-replies"]


def test_an_agent_reports_no_problem() -> None:
    backing = Backing(Material({"delay": 0.9}, problems=0.9), "en")
    names = honest_first([("check-delay", 0.6)], backing, Turn("answer", "agent"))
    assert names[0][0] == "check-delay"


def test_what_is_done_alone_names_what_many_say_and_nothing_that_only_lies_near() -> None:
    near = {"咨询-取消": 0.9}
    assert Backing(Material({"取消": SAID_BY}), "zh", near=near).carries("咨询-取消")
    assert not Backing(Material({"取消": SAID_BY - 0.01}), "zh", near=near).carries("咨询-取消")


def test_a_deed_that_more_say_than_its_object_needs_a_name_that_lies_very_near() -> None:
    material = Material({"取消": 0.9, "订单": 0.25})
    assert Backing(material, "zh", near={"取消-订单": NEAR_DONE["zh"]}).carries("取消-订单")
    assert not Backing(material, "zh", near={"取消-订单": NEAR_DONE["zh"] - 0.01}).carries("取消-订单")
