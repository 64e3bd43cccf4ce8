"""Tests of questions and statements of agents."""

from __future__ import annotations

import numpy as np
import pytest

from dialin.name.by_nearness import names_by_nearness
from dialin.name.questions import goes_with, is_question
from dialin.name.task import NamingTask
from dialin.name.turns import Turn

BALANCES = {
    "en": ["Your balance is 40 euros.", "Your balance is 7 euros.", "The balance is 95 euros right now."],
    "zh": ["您的余额是40元。", "您目前的余额是7元。", "现在余额还有95元。"],
}
QUESTIONS = {
    "en": ["Which size is the helmet?", "What colour is the helmet?", "Could you tell me the brand of the helmet"],
    "zh": ["头盔是哪个尺码的？", "请问头盔是什么颜色", "头盔的牌子您还记得吗"],
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_questions_and_statements_are_told_apart(language: str) -> None:
    assert all(map(is_question, QUESTIONS[language]))
    assert not any(map(is_question, BALANCES[language]))


def test_both_go_with_half_of_the_sentences() -> None:
    assert goes_with("ask", 0.5)
    assert goes_with("provide", 0.5)


def flat(texts: list[str]) -> np.ndarray:
    return np.tile(np.array([[1, 0]], np.float32), (len(texts), 1))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_agent_who_tells_something_asks_for_nothing(language: str) -> None:
    told, asked = (
        NamingTask([texts], np.array([[1, 0]], np.float32), language, turns=[Turn("answer", "agent")])
        for texts in (BALANCES[language], QUESTIONS[language])
    )
    ask, tell = {"en": ("ask", {"provide", "explain"}), "zh": ("询问", {"提供", "说明"})}[language]
    assert not names_by_nearness(told, flat)[0].startswith(ask)  # type: ignore[arg-type]
    assert names_by_nearness(asked, flat)[0].split("-")[0] not in tell  # type: ignore[arg-type]
