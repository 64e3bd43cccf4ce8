"""Labels: what a reply becomes, what a collision becomes, and that no two intents share a name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.llm.base import LLM
from dialin.name.labels import (
    PLACEHOLDER_NAMES,
    Example,
    build_contrast_prompt,
    build_prompt,
    collisions,
    contrast,
    name_clusters,
    number,
    parse_reply,
)
from dialin.prompts.prompt import Prompt
from dialin.prompts.templates import load
from writer import Writer

CONVENTION = {
    "en": re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+){1,3}"),
    "zh": re.compile(r"[\u4e00-\u9fff]{1,4}-[\u4e00-\u9fffA-Za-z0-9]{1,12}"),
}
PARCELS = Example(("where is my parcel", "has it been shipped"), "en")
REFUNDS = Example(("I want my money back", "refund please"), "en")
ORDERS_ZH = Example(("我的包裹到哪了", "订单发货了没有"), "zh")


def always(reply: str) -> Writer:
    return Writer(lambda _: reply)


def is_contrast(prompt: Prompt) -> bool:
    return prompt.system in {load("contrast", "en").system, load("contrast", "zh").system}


def test_names_begin_with_the_users_actions() -> None:
    """Both times that a name is asked for; Chinese, of which the vocabulary has no word, keeps the table."""
    llm = always("ask-parcel")
    names = name_clusters(llm, [PARCELS, REFUNDS, ORDERS_ZH], ["zap", "ask"])
    contrast(llm, [PARCELS, REFUNDS], names[:2], ["zap", "ask"])
    own = 'action ::= "ask" | "zap"'
    assert [own in grammar for grammar in llm.grammars] == [True, False, True]
    assert '"查询"' in llm.grammars[1]


def test_writer_is_an_llm() -> None:
    assert isinstance(always(""), LLM)


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("inquire-refund-status", "inquire-refund-status"),
        ("Inquire Refund Status.", "inquire-refund-status"),
        ("  **inquire-refund**\n\nBecause the sentences ask for one.", "inquire-refund"),
        ("Label: report_damage", "report-damage"),
        ("`cancel - order`", "cancel-order"),
    ],
)
def test_english_replies(reply: str, label: str) -> None:
    assert parse_reply(reply, "en") == label


@pytest.mark.parametrize("reply", ["", "\n \n", "refund", "1234", "退款", "!!!", "this is a list of many words"])
def test_english_replies_without_a_label(reply: str) -> None:
    assert parse_reply(reply, "en") is None


@pytest.mark.parametrize("reply", ["Sorry, I cannot.", "I cannot help.", "No label", "I am not sure"])
def test_a_refusal_is_no_label(reply: str) -> None:
    """No name of an intent begins with "sorry", "I" or "no": such a reply must not become a name."""
    assert parse_reply(reply, "en") is None


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("查询-退款进度", "查询-退款进度"),
        ("查询—退款进度。", "查询-退款进度"),
        ("“投诉 - 多扣费”", "投诉-多扣费"),
        ("咨询：WiFi密码", "咨询-WiFi密码"),
        ("\n取消-订单\n因为客户都要取消", "取消-订单"),
    ],
)
def test_chinese_replies(reply: str, label: str) -> None:
    assert parse_reply(reply, "zh") == label


@pytest.mark.parametrize("reply", ["", "退款", "inquire-refund", "我无法回答这个问题。", "-"])
def test_chinese_replies_without_a_label(reply: str) -> None:
    assert parse_reply(reply, "zh") is None


@pytest.mark.parametrize("reply", ["标签：查询-退款进度", "标签: 查询-退款进度", "意图：查询-退款进度"])
def test_chinese_label_after_a_heading(reply: str) -> None:
    """As "Label: inquire-refund" in English: the word "label" is not the action."""
    assert parse_reply(reply, "zh") == "查询-退款进度"


@given(reply=st.text(), language=st.sampled_from(["en", "zh"]))
def test_what_is_parsed_follows_the_convention(reply: str, language: str) -> None:
    label = parse_reply(reply, language)
    assert label is None or CONVENTION[language].fullmatch(label)


@given(reply=st.text(alphabet="查询退款进度：:—- \nabZ0-", max_size=30), language=st.sampled_from(["en", "zh"]))
def test_near_labels_follow_the_convention(reply: str, language: str) -> None:
    label = parse_reply(reply, language)
    assert label is None or CONVENTION[language].fullmatch(label)


def test_a_chinese_objective_is_short() -> None:
    """At most 12 characters follow the action word."""
    assert parse_reply("查询-" + "进" * 30, "zh") in {None, "查询-" + "进" * 12}


@given(st.text(alphabet="abc-", max_size=12))
def test_a_parsed_label_stays(reply: str) -> None:
    label = parse_reply(reply, "en")
    assert label is None or parse_reply(label, "en") == label


def test_prompts_are_in_the_language_of_the_example() -> None:
    assert build_prompt(PARCELS).system == load("name", "en").system
    assert build_prompt(ORDERS_ZH).system == load("name", "zh").system
    assert build_contrast_prompt(PARCELS, REFUNDS).system == load("contrast", "en").system
    assert build_contrast_prompt(ORDERS_ZH, REFUNDS).system == load("contrast", "zh").system
    assert Example.of(["我的包裹到哪了"]).language == "zh"
    assert Example.of(["where is it"]).language == "en"
    assert Example.of(["我的包裹到哪了"], "en").language == "en"


def test_a_contrast_shows_both_own_first() -> None:
    user = build_contrast_prompt(PARCELS, REFUNDS).user
    assert user.index("where is my parcel") < user.index("I want my money back")


def test_each_cluster_gets_its_own_name_in_its_own_language() -> None:
    """Languages alternate in the input; the names must come back in the order of the clusters."""
    other_zh = Example(("我要退款", "把钱退给我"), "zh")
    replies = {"parcel": "inquire-order", "包裹": "查询-物流", "money": "Request Refund", "退款": "申请-退款。"}
    llm = Writer(lambda prompt: next(label for word, label in replies.items() if word in prompt.user))
    names = name_clusters(llm, [PARCELS, ORDERS_ZH, REFUNDS, other_zh])
    assert names == ["inquire-order", "查询-物流", "request-refund", "申请-退款"]
    assert len(llm.asked) == 4


@pytest.mark.parametrize("reply", ["", "no", "抱歉", "a b c d e f g"])
def test_what_cannot_be_read_is_unnamed(reply: str) -> None:
    assert name_clusters(always(reply), [PARCELS, ORDERS_ZH]) == [PLACEHOLDER_NAMES["en"], PLACEHOLDER_NAMES["zh"]]


def test_no_clusters_no_questions() -> None:
    llm = always("a-b")
    assert name_clusters(llm, []) == []
    assert contrast(llm, [], []) == []
    assert llm.asked == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_unnamed_is_itself_a_label(language: str) -> None:
    assert CONVENTION[language].fullmatch(PLACEHOLDER_NAMES[language])


def test_collisions_by_hand() -> None:
    """Names a b a a b: the bearers 2 and 3 collide with 0, and 4 with 1."""
    assert collisions(["a", "b", "a", "a", "b"]) == {2: 0, 3: 0, 4: 1}
    assert collisions(["a", "b"]) == {}


def test_only_what_collides_is_asked_again_and_once() -> None:
    llm = always("inquire-refund-status")
    names = contrast(llm, [REFUNDS, PARCELS, REFUNDS], ["request-refund", "inquire-order", "request-refund"])
    assert names == ["request-refund", "inquire-order", "inquire-refund-status"]
    assert len(llm.asked) == 1
    assert is_contrast(llm.asked[0])


def test_names_without_collision_are_not_asked_again() -> None:
    llm = always("x-y")
    assert contrast(llm, [PARCELS, REFUNDS], ["a-b", "c-d"]) == ["a-b", "c-d"]
    assert llm.asked == []


def test_a_collision_that_stays_gets_a_word_of_its_sentences() -> None:
    """Of "money" and "refund", each in half of the sentences and in none of the other's, the longer one is taken."""
    assert contrast(always("a-b"), [PARCELS, REFUNDS], ["a-b", "a-b"]) == ["a-b", "a-b-refund"]


def test_what_no_word_tells_apart_is_numbered() -> None:
    assert contrast(always("a-b"), [REFUNDS, REFUNDS], ["a-b", "a-b"]) == ["a-b", "a-b-2"]


def test_an_unreadable_contrast_keeps_the_name() -> None:
    assert contrast(always("???"), [REFUNDS, REFUNDS], ["a-b", "a-b"]) == ["a-b", "a-b-2"]


def test_a_chinese_collision() -> None:
    """Two named 查询-物流: the second is asked again in Chinese and gets a name of its own."""
    llm = always("催促-发货")
    assert contrast(llm, [ORDERS_ZH, ORDERS_ZH], ["查询-物流"] * 2) == ["查询-物流", "催促-发货"]
    assert llm.asked[0].system == load("contrast", "zh").system
    assert number(["查询-物流", "查询-物流"]) == ["查询-物流", "查询-物流-2"]


def test_a_contrast_that_hits_a_third_name_is_numbered() -> None:
    names = contrast(always("c-d"), [PARCELS, REFUNDS, PARCELS], ["a-b", "a-b", "c-d"])
    assert len(set(names)) == 3
    assert names[0] == "a-b"


def test_number_by_hand() -> None:
    """ "a-2" is taken by the third, so the second "a" becomes "a-3" and the fourth "a-4"."""
    assert number(["a", "a", "a-2", "a"]) == ["a", "a-3", "a-2", "a-4"]
    assert number([]) == []


names_that_clash = st.lists(st.sampled_from(["a", "a-2", "a-3", "a-2-2", "b", "查询-物流", "查询-物流-2"]))


@given(st.one_of(names_that_clash, st.lists(st.text(max_size=3))))
def test_numbered_names_are_unique(names: list[str]) -> None:
    """Any list: all different afterwards, each a name plus at most a number, first bearers unchanged."""
    numbered = number(names)
    assert len(numbered) == len(names)
    assert len(set(numbered)) == len(names)
    for i, (old, new) in enumerate(zip(names, numbered, strict=True)):
        assert new == old if old not in names[:i] else re.fullmatch(re.escape(old) + r"-\d+", new)


@given(names_that_clash, st.lists(st.sampled_from(["a", "a-b", "a-b-2", "???"]), min_size=1))
def test_contrast_makes_names_unique_whatever_the_llm_says(names: list[str], replies: list[str]) -> None:
    turn = iter(replies * (len(names) + 1))
    made = contrast(Writer(lambda _: next(turn)), [PARCELS] * len(names), names)
    assert len(set(made)) == len(made) == len(names)
