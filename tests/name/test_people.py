"""People in objectives."""

from __future__ import annotations

import pytest

from dialin.name.chinese_phrases import ChinesePhrases
from dialin.name.english_phrases import EnglishPhrases


@pytest.mark.parametrize("action", ["install", "cancel", "repair"])
def test_nothing_is_done_to_people_that_is_done_to_things(action: str) -> None:
    phrases = EnglishPhrases.of(["the technician will install it"])
    assert not phrases.fits(action, "technician", 1.0)
    assert phrases.fits(action, "router", 1.0)


@pytest.mark.parametrize("action", ["contact", "report", "inquire"])
def test_people_are_contacted_reported_and_asked_about(action: str) -> None:
    assert EnglishPhrases.of([""]).fits(action, "technician", 1.0)


def test_a_technician_is_not_installed_in_chinese_either() -> None:
    phrases = ChinesePhrases.of(["师傅来安装"])
    assert not phrases.fits("安装", "师傅", 1.0)
    assert phrases.fits("投诉", "骑手", 1.0)


def test_names_of_people_are_no_objectives() -> None:
    """王师傅 is whom somebody waits for; 手机号 is what they ask for."""
    texts = ["王师傅的手机号是多少", "给我王师傅的手机号"]
    assert all("师傅" not in phrase for phrase in ChinesePhrases.of(texts).phrases)
    assert any("手机号" in phrase for phrase in ChinesePhrases.of(texts).objectives(texts[0]))
