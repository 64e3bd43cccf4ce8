"""Tests of which sentences state a problem, and of what that does to names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dialin.name.by_nearness import names_by_nearness
from dialin.name.problems import COMPLAINTS, MANY, NEUTRAL, asks_for_nothing, states_problem
from dialin.name.task import NamingTask


def flat(names: Sequence[str]) -> NDArray[np.float32]:
    """Give all names one vector, so that support and actions decide."""
    return np.tile(np.array([1, 0], np.float32), (len(names), 1))


@pytest.mark.parametrize(
    "text",
    [
        "the gate won't open",
        "my kettle is broken",
        "you billed me twice",
        "why hasn't the sofa come",
        "nobody answers",
        "I never ordered this",
    ],
)
def test_what_fails_is_a_problem(text: str) -> None:
    assert states_problem(text, "en")


@pytest.mark.parametrize(
    "text",
    ["how do I cancel", "can you open the gate", "I don't need the sofa any more", "is there a branch nearby", "", "?"],
)
def test_questions_and_wishes_are_no_problem(text: str) -> None:
    assert not states_problem(text, "en")


@pytest.mark.parametrize("text", ["沙发还没送到", "快递坏了", "重复扣了两次钱", "怎么还不发货没人管", "我要投诉"])
def test_what_fails_is_a_problem_in_chinese(text: str) -> None:
    assert states_problem(text, "zh")


@pytest.mark.parametrize("text", ["怎么取消预约", "附近有门店吗", "请问如何开户", "帮我订一张票", ""])
def test_questions_and_wishes_are_no_problem_in_chinese(text: str) -> None:
    assert not states_problem(text, "zh")


@given(st.floats(0, 1), st.sampled_from([*COMPLAINTS["en"], *COMPLAINTS["zh"], *sorted(NEUTRAL), "open"]))
def test_what_asks_loses_where_many_state_problems(problems: float, action: str) -> None:
    loss = asks_for_nothing(f"{action}-thing", problems)
    assert 0 <= loss <= 1
    assert (loss > 0) == (action in NEUTRAL and problems > MANY)


@pytest.mark.parametrize(
    ("failing", "asking", "noun", "language"),
    [
        (
            ["the kettle is broken", "my kettle won't boil", "kettle never worked", "the kettle has a problem"],
            ["is the kettle in black", "what does the kettle cost", "is there a kettle", "which kettle is new"],
            "kettle",
            "en",
        ),
        (
            ["快递坏了", "快递没反应", "快递一直漏水", "这个快递有故障"],
            ["快递多少钱", "请问快递周日送吗", "快递有保险吗", "想问下快递"],
            "快递",
            "zh",
        ),
    ],
    ids=["english", "chinese"],
)
def test_problems_are_reported_and_questions_are_asked(
    failing: list[str], asking: list[str], noun: str, language: str
) -> None:
    """Nearness is equal, so that only what the sentences state tells the action."""
    tasks = [NamingTask([texts], np.array([[1, 0]], np.float32), language) for texts in (failing, asking)]
    of_failing, of_asking = (names_by_nearness(task, flat)[0] for task in tasks)
    assert of_failing.endswith(noun)
    assert of_failing.removesuffix(f"-{noun}") not in NEUTRAL
    assert of_asking in {f"{action}-{noun}" for action in NEUTRAL}
