"""What people say for general objectives."""

from __future__ import annotations

import pytest

from dialin.name.chinese_phrases import ChinesePhrases
from dialin.name.english_phrases import EnglishPhrases
from dialin.name.synonyms import is_synonym, meant_in


@pytest.mark.parametrize(
    ("text", "objective"),
    [
        ("can i get my money back", "refund"),
        ("give me back all my money", "refund"),
        ("i will send the kettle back", "return"),
        ("can someone come and mend it", "repair"),
        ("let me talk to a real person", "human-agent"),
        ("what time do you open on sunday", "opening-hours"),
        ("i cannot log in", "login"),
        ("the engineer never turned up", "technician-visit"),
        ("can somebody come out on monday", "technician-visit"),
    ],
)
def test_english_words_mean_a_general_objective(text: str, objective: str) -> None:
    assert objective in meant_in(text, "en")


@pytest.mark.parametrize(
    "text", ["a return flight to rome", "the exchange rate of today", "i came back late", "sign here", "a bill of mine"]
)
def test_words_that_only_look_alike_mean_none(text: str) -> None:
    assert not meant_in(text, "en")


@pytest.mark.parametrize(
    ("text", "objective"),
    [
        ("把钱退给我", "退款"),
        ("这个想退掉", "退货"),
        ("明天能送到吗", "配送"),
        ("显示签收了", "收货"),
        ("派个师傅来看看", "上门服务"),
    ],
)
def test_chinese_words_mean_a_general_objective(text: str, objective: str) -> None:
    assert objective in meant_in(text, "zh")


def test_an_address_for_goods_is_not_about_receiving_them() -> None:
    assert not meant_in("修改收货地址和收货人", "zh")


def test_a_synonym_is_no_objective_of_its_own() -> None:
    """So that two intents do not differ by a synonym: "money-back" and "refund", 送达 and 配送."""
    assert is_synonym("money-back", "en")
    english = EnglishPhrases.of(["I want my money back", "is the money back yet"])
    assert {"refund"} <= english.objectives("I want my money back")
    assert "money-back" not in english.objectives("is the money back yet")
    chinese = ChinesePhrases.of(["明天送达吗", "几点送达"])
    assert chinese.objectives("明天送达吗") == {"配送"}


def test_a_deed_is_an_objective_where_nothing_else_is() -> None:
    """ "帮我取消一下" is about 取消; the catch-all names, which list things, leave it out."""
    phrases = ChinesePhrases.of(["帮我取消一下", "取消了吗"])
    assert phrases.objectives("取消了吗") == {"取消"}
    assert not phrases.is_thing("取消")
