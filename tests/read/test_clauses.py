"""Utterances are cut between clauses, in English and Chinese; what lies between two clauses belongs to neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.read.clauses import CHINESE_JOINTS, ENGLISH_JOINTS, clauses_in

CUT = [
    ("I lost my card and want to change my address", ["I lost my card", "want to change my address"]),
    ("block it please, oh and also what is my limit?", ["block it please", "what is my limit?"]),
    ("Where is my parcel? It is late.", ["Where is my parcel?", "It is late."]),
    ("send it today; by the way I moved", ["send it today", "I moved"]),
    ("I moved - please update it", ["I moved", "please update it"]),
    ("我的卡丢了，还想改一下地址", ["我的卡丢了", "想改一下地址"]),
    ("帮我查余额然后再改密码", ["帮我查余额", "再改密码"]),
    ("退款。另外，发票怎么开？", ["退款。", "发票怎么开？"]),
    ("cancel my order，顺便改一下地址", ["cancel my order", "改一下地址"]),
]
WHOLE = [
    "hi",
    "where is my card",
    "ok, block it",  # a word alone belongs to what follows
    "block it, please",  # … or to what it follows
    "and then",
    "I paid 1,000 at 10:30",
    "my twenty-one-year-old card",
    "再见",
    "合并账单",  # 并 joins clauses only before some words
    "12, 13; 14",
    "",
]


@pytest.mark.parametrize(("text", "clauses"), CUT)
def test_an_utterance_is_cut_at_its_joints(text: str, clauses: list[str]) -> None:
    assert [text[start:end] for start, end in clauses_in(text)] == clauses


@pytest.mark.parametrize("text", WHOLE)
def test_what_has_one_clause_stays_whole(text: str) -> None:
    assert clauses_in(text) == [(0, len(text))]


@pytest.mark.parametrize("joint", ENGLISH_JOINTS)
def test_each_english_joint_cuts_also_in_capitals(joint: str) -> None:
    for said in (joint, joint.upper()):
        text = f"block it now {said} send another"
        assert [text[start:end] for start, end in clauses_in(text)] == ["block it now", "send another"]


@pytest.mark.parametrize("joint", CHINESE_JOINTS)
def test_each_chinese_joint_cuts_without_a_mark(joint: str) -> None:
    text = f"查余额{joint}改密码"
    assert [text[start:end] for start, end in clauses_in(text)] == ["查余额", "改密码"]


def test_a_joint_within_a_word_does_not_cut() -> None:
    assert clauses_in("the brand new thendara plush butter") == [(0, 35)]


WORDS = st.sampled_from(
    ["I", "card", "lost", "and", ",", ".", "also", "卡", "丢了", "，", "还有", "。", "1,000", "😡", "?"]
)


@given(st.lists(WORDS, min_size=1, max_size=20).map(" ".join))
def test_clauses_are_in_order_apart_and_have_words(text: str) -> None:
    spans = clauses_in(text)
    places = [place for span in spans for place in span]
    assert places == sorted(places)
    assert places[0] >= 0
    assert places[-1] <= len(text)
    parts = [text[start:end] for start, end in spans]
    assert all(part == part.strip() for part in parts)
    assert len(parts) == 1 or all(any(character.isalpha() for character in part) for part in parts)


def test_a_long_text_takes_no_longer_than_its_length_asks() -> None:
    text = "I lost my card, and I want a new one. " * 2_000
    assert len(clauses_in(text.strip())) == 4_000
    assert len(clauses_in("one, " * 20_000)) == 1
