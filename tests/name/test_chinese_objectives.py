"""Tests of Chinese objectives: what a sentence asks of a thing, and measure words that are no part of one."""

from __future__ import annotations

import pytest

from dialin.name.chinese import acts_of
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


def phrases(*texts: str) -> frozenset[str]:
    return ChinesePhrases.of(texts).phrases


def test_a_verb_that_stands_beside_its_adverb_is_no_objective() -> None:
    assert "莫名其妙扣" not in phrases("莫名其妙扣我66元", "又莫名其妙扣了押金", "押金什么时候退")
    assert "刚买" not in phrases("刚买的雨伞断了", "刚买两天就断")


def test_what_a_word_counts_is_no_part_of_an_objective() -> None:
    assert not {"栋楼", "块钱"} & phrases("我住那一栋楼", "这一栋楼停水", "多收了29块钱", "退我35块钱")


def test_a_verb_with_its_object_is_an_objective_only_where_it_takes_no_other() -> None:
    found = phrases("下周搬家", "搬家怎么办", "盒子包含电池", "套装包含电池")
    assert "搬家" in found
    assert not {"包含", "包含电池"} & found


def test_a_long_noun_also_says_what_it_is_a_kind_of() -> None:
    texts = ["科幻小说有吗", "侦探小说有吗"]
    assert "小说" in ChinesePhrases.of(texts).objectives(texts[0])


def test_no_words_give_no_phrases() -> None:
    assert phrases() == phrases("", "123", "ok") == frozenset()


def test_a_verb_with_a_clause_behind_it_is_no_objective() -> None:
    """ "显示签收" is about 签收; 收到 tells what came of something."""
    found = phrases("一直显示签收", "显示无货", "没收到快递", "还没收到快递")
    assert not {"显示", "收到"} & found
    assert "快递" in found


@pytest.mark.parametrize("text", ["刚买的耳机降价了", "昨天购买了耳机降价"])
def test_what_a_sentence_takes_for_granted_is_no_action(text: str) -> None:
    assert "购买" not in acts_of(text)


def test_a_noun_that_begins_with_an_action_is_none() -> None:
    assert "识别" not in acts_of("纳税人识别号是多少")
    assert "识别" in acts_of("帮我识别一下这首歌")
