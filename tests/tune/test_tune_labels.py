"""Labels to Action-Objective names: each rule by example, and that no two labels of a set share a name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.errors import InputError
from dialin.name.actions import words_in
from dialin.name.labels import parse_reply
from dialin.tune.labels import FORMS, NOUNS, action_objective, names_of

DOCS = (Path(__file__).parents[2] / "docs" / "guide" / "tune.md").read_text("utf-8")
LABELS = st.text(st.sampled_from("aBcnotsetORDER_-: .不查询取消账单'é19"), max_size=24)
SETS = st.lists(st.one_of(LABELS, st.sampled_from(["set_alarm", "alarm set", "查询账单", "账单查询"])), max_size=12)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("IN:GET_WEATHER", "get-weather"),
        ("intent: CancelOrder", "cancel-order"),
        ("FindHomeByArea", "find-home-by-area"),
        ("music.PLAY", "play-music"),
        ("alarm_set", "set-alarm"),
        ("credit limit change", "change-credit-limit"),
        ("cancel_order", "cancel-order"),
        ("card_arrival", "inquire-card-arrival"),
        ("alarm_query", "inquire-alarm"),
        ("email_sendemail", "send-email"),
        ("audio_volume_up", "raise-volume-audio"),
        ("order_status", "inquire-order-status"),
        ("exchange rate", "inquire-exchange-rate"),
        ("refund request", "request-refund"),
        ("return_order", "return-order"),
        ("failed transfer", "inquire-failed-transfer"),
        ("takeaway_order", "order-takeaway"),
        ("top_up_by_bank_transfer_charge", "inquire-top-up-bank"),
        ("card payment not recognised", "inquire-payment-not-recognised"),
        ("cannot log in", "inquire-not-log-in"),
        ("cancel", "cancel-general"),
        ("Café_menü", "inquire-cafe-menu"),
        ("", "inquire-general"),
        ("?!", "inquire-general"),
        ("播放音乐", "播放-音乐"),
        ("日历查询", "查询-日历"),
        ("天气", "查询-天气"),
        ("不能登录", "查询-不能登录"),
        ("求助-查询（流量余额）", "求助-查询流量余额"),
        ("取消", "取消-通用"),
        ("电子邮件以及日历和联系人同步", "查询-电子邮件以及日历和联系人"),
    ],
)
def test_rules(label: str, name: str) -> None:
    assert action_objective(label) == name


def test_a_label_of_both_scripts_follows_the_language_asked_for() -> None:
    assert action_objective("iot wemo 关闭", "zh") == "关闭-iotwemo"
    assert action_objective("iot wemo 关闭", "en") == "inquire-iot-wemo"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_translated(language: str) -> None:
    assert action_objective("alarm_set", language) == "set-alarm"
    assert action_objective("取消订单", language) == "取消-订单"


def test_a_users_vocabulary_takes_the_place_of_the_table() -> None:
    """ "cancel" is no word of this user, so it is part of what is asked about; "zap" is one."""
    assert action_objective("zap_order", actions=["zap"]) == "zap-order"
    assert action_objective("cancel_order", actions=["zap"]) == "inquire-cancel-order"


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(InputError, match="language must be auto, en or zh, got 'fr'"):
        action_objective("alarm_set", "fr")


def test_every_form_leads_to_an_action_of_the_vocabulary() -> None:
    vocabulary = words_in("en")
    assert {form.split()[0] for form in FORMS.values()} <= set(vocabulary)
    assert not set(FORMS) & set(vocabulary)
    assert set(vocabulary) | set(FORMS) >= NOUNS


def test_the_examples_of_the_docs_are_so() -> None:
    rules = DOCS.split("## From labels to names")[1].split("Two labels of a set")[0]
    rows = [line.split(" | ")[-2:] for line in rules.splitlines() if line.startswith("|") and line.count("`") >= 4]
    pairs = [pair for row in rows for pair in zip(*(re.findall("`(.+?)`", cell) for cell in row), strict=True)]
    assert len(pairs) >= 16
    assert {label: action_objective(label) for label, _ in pairs} == dict(pairs)


# --- labels of a set ------------------------------------------------------------------------------


def test_equal_names_are_made_from_the_words_that_differ() -> None:
    """Both alone are balance-not-updated. They share balance, not, updated: room for two words of their own."""
    labels = ["balance not updated after bank transfer", "balance not updated after cheque or cash deposit"]
    assert len({action_objective(label) for label in labels}) == 1
    assert list(names_of(labels).values()) == ["inquire-balance-bank-transfer", "inquire-balance-cheque-cash"]


def test_an_action_that_came_last_goes_back_where_its_name_is_taken() -> None:
    names = names_of(["meeting_schedule", "schedule_meeting"])
    assert names == {"meeting_schedule": "inquire-meeting-schedule", "schedule_meeting": "schedule-meeting"}


def test_what_stays_equal_is_numbered_within_the_length_of_names() -> None:
    assert list(names_of(["set_alarm", "Set Alarm", "set-alarm"]).values()) == [
        "set-alarm",
        "set-alarm-2",
        "set-alarm-3",
    ]
    assert names_of(["Order A1 B2 C3", "order_a1_b2_c3"]) == {
        "Order A1 B2 C3": "order-a1-b2-c3",
        "order_a1_b2_c3": "order-a1-b2-2",
    }
    assert names_of(["取消订单", "取消 订单"]) == {"取消 订单": "取消-订单", "取消订单": "取消-订单2"}


def test_a_number_does_not_take_the_name_of_another_label() -> None:
    """set-alarm is there twice, and set-alarm-2 is taken by a label that says so itself."""
    names = names_of(["set alarm", "set_alarm", "set_alarm_2"])
    assert names == {"set alarm": "set-alarm", "set_alarm": "set-alarm-3", "set_alarm_2": "set-alarm-2"}


@given(LABELS)
def test_every_name_is_one_that_dialin_reads(label: str) -> None:
    name = action_objective(label)
    assert name in {parse_reply(name, "en"), parse_reply(name, "zh")}


@given(SETS, st.sampled_from(["auto", "en", "zh"]))
def test_no_two_labels_share_a_name_whatever_their_order(labels: list[str], language: str) -> None:
    names = names_of(labels, language)
    assert set(names) == set(labels)
    assert len(set(names.values())) == len(names)
    assert names == names_of(labels[::-1], language)
    assert all(name in {parse_reply(name, "en"), parse_reply(name, "zh")} for name in names.values())
    alone = {label: action_objective(label, language) for label in names}
    assert names == alone or len(set(alone.values())) < len(alone)
