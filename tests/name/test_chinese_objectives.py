"""Tests of Chinese objectives: what a sentence asks of a thing, and measure words that are no part of one."""

from __future__ import annotations

import pytest

from dialin.name.chinese_phrases import ChinesePhrases


@pytest.mark.parametrize(
    ("text", "objective"),
    [("转账多久能到", "转账时间"), ("机票多少钱", "机票费用"), ("取现上限是多少", "取现限额")],
    ids=["time", "cost", "limit"],
)
def test_what_a_sentence_asks_of_a_thing_makes_an_objective(text: str, objective: str) -> None:
    assert objective in ChinesePhrases.of([text]).objectives(text)


def test_a_measure_word_begins_no_phrase() -> None:
    texts = [
        "穿件雨衣",
        "带件雨衣",
        "雨衣在哪",
        "有没有雨衣",
        "北京气温多少",
        "上海湿度高吗",
        "广州空气质量",
        "深圳台风",
    ]
    phrases = ChinesePhrases.of(texts).phrases
    assert "雨衣" in phrases
    assert "件雨衣" not in phrases
