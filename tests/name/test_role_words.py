"""Who says it, by the words: what a cue is, which language's weights count, and what the shipped weights know."""

from __future__ import annotations

import math

import pytest

from dialin.name.role_words import agent_log_odds, cues_of, shipped_role_words

WEIGHTS = {"en": {"your": 3.0, "ok": 1.0}, "zh": {"您": 3.0, "ok": -1.0}}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Let me CHECK", "let me check"),
        ("I’ll", "I'll"),
        ("room 12", "room 7"),
        ("订单１２号？", "订单7号?"),
        ("well, I see.", "well I see"),
    ],
    ids=["case", "apostrophe", "number", "fullwidth", "punctuation"],
)
def test_cues_do_not_depend_on_the_spelling(one: str, other: str) -> None:
    assert cues_of(one) == cues_of(other)


def test_a_question_mark_is_a_cue() -> None:
    assert "?" in cues_of("ready?")
    assert "?" not in cues_of("ready")


def test_a_cue_counts_once() -> None:
    assert len(cues_of("no no no no")) == len(set(cues_of("no no no no")))


def test_each_sentence_is_read_with_the_weights_of_its_language() -> None:
    """English "ok" has five cues, two of them pairs; Chinese "您ok" nine, with its triples: (3 − 1) / √9."""
    english, chinese = agent_log_odds(["ok", "您ok"], WEIGHTS)
    assert english == pytest.approx(1 / math.sqrt(5))
    assert chinese == pytest.approx(2 / math.sqrt(9))


@pytest.mark.parametrize("text", ["", "!!!", "カードはどこ"])
def test_without_a_known_cue_nobody_is_more_likely(text: str) -> None:
    assert agent_log_odds([text], WEIGHTS).tolist() == [0.0]


def test_no_sentences() -> None:
    assert agent_log_odds([]).shape == (0,)


def test_the_shipped_weights_cannot_be_changed_by_accident() -> None:
    assert set(shipped_role_words()) == {"en", "zh"}
    with pytest.raises(TypeError):
        shipped_role_words()["en"] = {}  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    [
        "could I take your surname and the policy number please",
        "I've sent you a new password by email",
        "is there anything else I can do for you",
        "麻烦您提供一下保单号",
        "已经为您登记好了",
        "请问还有什么可以帮您",
    ],
)
def test_an_agent_is_known(text: str) -> None:
    assert agent_log_odds([text])[0] > 0.5


@pytest.mark.parametrize(
    "text",
    [
        "I want my money back",
        "can you tell me when my parcel arrives",
        "my phone doesn't charge any more",
        "我的包裹怎么还没到",
        "我要退款",
        "能不能便宜点啊",
    ],
)
def test_a_customer_is_known(text: str) -> None:
    assert agent_log_odds([text])[0] < -0.5
