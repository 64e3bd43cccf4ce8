"""Names of branches by what the names of their intents share."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialin.name.shared import shared_names, words_of_name


def test_a_branch_is_named_by_the_object_that_its_intents_share() -> None:
    branches = [["order-card", "activate-card", "report-lost-card"], ["track-parcel", "return-parcel"]]
    assert shared_names(branches, "en") == ["card", "parcel"]


def test_a_word_that_all_branches_have_names_none_of_them() -> None:
    """All have "card": in the first branch it marks 2 · 2 / (2 + 4) = .67, and "card-pin" 2 · 2 / (2 + 2) = 1."""
    branches = [["reset-card-pin", "change-card-pin"], ["report-card-theft", "block-card-theft"]]
    assert shared_names(branches, "en") == ["card-pin", "card-theft"]
    assert shared_names([["ask-card", "reset-pin", "change-pin"], ["block-card", "order-card"]], "en") == [
        "pin",
        "card",
    ]


def test_a_branch_without_a_common_word_has_two() -> None:
    """Each of the two is in two names: together in four of five."""
    branches = [["set-alarm", "stop-alarm", "set-timer", "ask-timer", "ask-date"], ["track-parcel", "find-parcel"]]
    assert shared_names(branches, "en")[0] == "alarm-and-timer"


def test_a_word_of_one_intent_does_not_name_its_branch() -> None:
    """The names of the two most important intents do: "leed-and-lindqvist" would be about callers' data."""
    branches = [["inquire-leeds", "inquire-lindqvist", "pay-extra"], ["say-thanks", "say-hello"]]
    assert shared_names(branches, "en") == [
        "inquire-leeds, inquire-lindqvist and others",
        "say-thanks and say-hello",
    ]
    assert shared_names([["thank-agent", "greet-agent-2"], ["询问-工号", "提供-地址", "提供-姓名"]], "zh")[1] == "提供"


def test_names_that_say_nothing_come_last_and_share_nothing() -> None:
    branches = [["various-requests", "various-requests-2", "cancel-trip", "get-invoice"], ["各种-请求", "各种-答复"]]
    assert shared_names(branches[:1], "en") == ["cancel-trip, get-invoice and others"]
    assert shared_names(branches[1:], "zh") == ["各种-请求、各种-答复"]


def test_an_action_of_most_intents_names_a_branch_if_it_tells_something() -> None:
    assert shared_names([["cancel-trip", "cancel-room", "change-date"]], "en") == ["cancel"]
    assert shared_names([["inquire-trip", "inquire-room"]], "en") == ["inquire-trip and inquire-room"]
    assert shared_names([["查询-物流", "查询-发票"]], "zh") == ["查询-物流、查询-发票"]


def test_chinese_names_share_characters() -> None:
    branches = [["激活-信用卡", "挂失-信用卡", "申请-信用卡"], ["查询-物流进度", "催促-物流"]]
    assert shared_names(branches, "zh") == ["信用卡", "物流"]
    assert shared_names([["设置-闹钟", "播放-音乐"], ["查询-账单", "下载-账单"]], "zh") == [
        "设置-闹钟、播放-音乐",
        "账单",
    ]


def test_a_name_is_none_that_is_taken() -> None:
    branches = [["order-card", "activate-card"], ["track-parcel", "return-parcel"]]
    assert not {"card", "parcel"} & set(shared_names(branches, "en", taken=["card", "Parcel"]))


def test_two_branches_of_the_same_words_have_different_names() -> None:
    found = shared_names([["pay-bill", "pay-bill-2"], ["pay-bill-3", "pay-bill-4"]], "en")
    assert len(set(found)) == 2


def test_plurals_are_the_same_word_and_short_words_are_none() -> None:
    assert shared_names([["compare-cards", "order-card"], ["ask-fee", "ask-fees"]], "en") == ["card", "fee"]
    assert words_of_name("ask-for-the-bill", "en") == frozenset({"bill"})


def test_names_of_users_need_no_action() -> None:
    assert shared_names([["card_arrival", "Card linking"], ["top up", "top.up.failed"]], "en")[0] == "card"


@given(st.lists(st.lists(st.text("ab-卡", min_size=1, max_size=6), min_size=1, max_size=4), min_size=1, max_size=5))
def test_whatever_the_names_all_branches_have_different_ones(branches: list[list[str]]) -> None:
    for language in ("en", "zh"):
        found = shared_names(branches, language)
        assert len(found) == len(branches)
        assert len({name.casefold() for name in found}) == len(branches)
        assert all(found)


def test_a_branch_of_such_names_is_named_by_their_things() -> None:
    assert words_of_name("various-lock-and-bike", "en") == {"lock", "bike", "lock-bike"}
    assert shared_names([["various-lock-and-bike", "various-lock-and-light"], ["cancel-pass", "get-pass"]], "en") == [
        "lock",
        "pass",
    ]
