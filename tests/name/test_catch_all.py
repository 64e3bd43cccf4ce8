"""Tests of the names of clusters that no name holds for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.name.candidates import Material, material_of, phrases_of
from dialin.name.catch_all import AND, FEWEST, MOST, TOGETHER, catch_all_names, is_catch_all
from dialin.name.turns import Turn


def material(*told: str, problems: float = 0.0) -> Material:
    """Return what sentences tell whose things are given, separated by blanks."""
    sets = [set(own.split()) for own in told]
    each = sorted({thing for own in sets for thing in own})
    shares = {thing: sum(thing in own for own in sets) / len(sets) for thing in each}
    return Material(shares, problems=problems, told=sets)


def best(said: Material, language: str = "en") -> str:
    return catch_all_names(said, language, Turn())[0]


def test_the_two_commonest_things_make_the_name() -> None:
    assert best(material("lock", "lock", "lock", "bike", "bike", "map", "")) == "various-lock-and-bike"


def test_a_third_thing_joins_where_two_are_said_by_too_few() -> None:
    """Four of seventeen say a or b: 4 < 17/4; six say a, b or c."""
    assert best(material(*"aabbcc", *[""] * 11)) == "various-a-b-and-c"


def test_what_the_same_sentences_say_adds_nothing() -> None:
    assert best(material("lock key", "lock key", "lock", "bike", "bike")) == "various-lock-and-bike"


def test_of_words_that_the_same_sentences_say_there_is_the_longest() -> None:
    assert best(material("lid pan-lid", "lid pan-lid", "key", "key")) == "various-key-and-pan-lid"


def test_one_thing_alone_is_what_half_of_the_sentences_say() -> None:
    assert best(material("lock", "lock", "", "")) == "various-lock"
    assert best(material("lock", "lock", "", "", "")) == "various-requests"


def test_what_one_sentence_says_is_in_no_name() -> None:
    assert best(material("lock", "bike", "map", "light")) == "various-requests"


def test_things_of_too_few_sentences_are_in_no_name() -> None:
    """Two things of two sentences each are four of twenty."""
    assert best(material(*"aabb", *[""] * 16)) == "various-requests"


def test_a_word_for_a_need_comes_before_another_that_as_many_say() -> None:
    assert best(material("step", "step", "refund", "refund")) == "various-refund-and-step"


@pytest.mark.parametrize(
    ("language", "told", "name"),
    [
        ("en", ["lock", "lock", "map", "map"], "report-lock-and-map"),
        ("zh", ["锁", "锁", "地图", "地图"], "反馈-地图与锁"),
        ("zh", [*"锁锁车车灯灯", *[""] * 11], "反馈-灯、车与锁"),
        ("en", [""], "report-problem"),
        ("zh", [""], "反馈-问题"),
    ],
)
def test_where_most_sentences_state_a_problem_the_name_reports_it(language: str, told: list[str], name: str) -> None:
    assert best(material(*told, problems=0.51), language) == name
    assert best(material(*told, problems=0.5), language).partition("-")[0] in {"various", "各种"}


def test_agents_report_no_problems() -> None:
    assert catch_all_names(material("", problems=0.9), "en", Turn("answer", "agent")) == ["various-replies"]


def test_a_cluster_has_other_names_in_case_that_another_one_has_the_first() -> None:
    found = catch_all_names(material("lock", "lock", "bike", "bike", "map", "map"), "en", Turn())
    assert found == ["various-bike-and-lock", "various-bike-and-map", "various-requests"]


def test_half_of_the_sentences_that_state_nothing_make_no_requests() -> None:
    assert catch_all_names(Material(), "en", Turn("need", p_turn=0.5)) == ["various-remarks"]
    assert catch_all_names(Material(), "en", Turn("need", p_turn=0.49)) == ["various-requests"]


def test_what_may_be_a_verb_is_in_no_name() -> None:
    texts = ["push it please", "just push this", "see the map", "where is the map", "the lock says no", "fix the lock"]
    told = material_of(phrases_of(texts, "en"), [texts])[0]
    assert catch_all_names(told, "en", Turn())[0] == "various-lock-and-map"


def test_fillers_are_in_no_name() -> None:
    texts = ["sorry, hello, the lock says no", "hello sorry please", "please, the lock", "today the map", "see the map"]
    told = material_of(phrases_of(texts, "en"), [texts])[0]
    assert catch_all_names(told, "en", Turn())[0] == "various-lock-and-map"


@given(st.lists(st.sets(st.sampled_from("abcdef")), max_size=12))
def test_the_things_of_a_name_are_said_by_a_quarter_of_the_sentences(told: list[set[str]]) -> None:
    said = material(*(" ".join(sorted(own)) for own in told)) if told else Material()
    for name in catch_all_names(said, "en", Turn())[:-1]:
        things = set(name.split("-")) - {"various", "and"}
        assert len(things) <= MOST
        assert sum(bool(things & own) for own in told) >= TOGETHER * len(told)
        assert is_catch_all(name)
        assert (AND["en"] in name) == (len(things) >= FEWEST)


@pytest.mark.parametrize("name", ["various-requests", "report-problem", "反馈-灯、车与锁", "各种-答复-2"])
def test_catch_all_names_are_known_by_their_names(name: str) -> None:
    assert is_catch_all(name)


@pytest.mark.parametrize("name", ["report-problem-screen", "反馈-灯", "accept-terms-and-conditions", "report", ""])
def test_other_names_are_none(name: str) -> None:
    assert not is_catch_all(name)
