"""What is Chinese: the rule that chooses embedder, stratum and the language of a prompt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.text.script import is_chinese, is_japanese_or_korean, language_of, tells_language

TEXTS = {
    "english": ("where is my card", False, False),
    "accents": ("Où est ma carte à Zürich?", False, False),
    "cyrillic": ("где моя карта", False, False),
    "chinese": ("我的卡在哪里", True, False),
    "rare ideographs": ("\U00020000\U00030000", True, False),
    "japanese": ("カードはどこ", False, True),
    "japanese with kanji": ("注文を取り消したいです", False, True),
    "korean": ("카드 어디 있어요", False, True),
    "chinese and hangul": ("退款 환불해 주세요", False, True),
    "a face drawn with kana": ("不好意思给您添麻烦了呢(づ￣3￣)づ", True, False),
    "3 of 10 letters": ("abcdefg 换屏幕", True, False),
    "3 of 11 letters": ("abcdefgh 换屏幕", False, False),
    "empty": ("", False, False),
    "digits": ("12345", False, False),
    "no letters": ("12345 👍 。？ー", False, False),
}


@pytest.mark.parametrize(("text", "chinese", "japanese_or_korean"), TEXTS.values(), ids=TEXTS)
def test_script_of_a_text(text: str, chinese: bool, japanese_or_korean: bool) -> None:
    assert is_chinese(text) is chinese
    assert is_japanese_or_korean(text) is japanese_or_korean
    assert language_of([text]) == ("zh" if chinese else "en")


@given(st.text())
def test_no_text_is_both(text: str) -> None:
    assert not (is_chinese(text) and is_japanese_or_korean(text))


LANGUAGES = {
    "nothing": ([], "en"),
    "no letters": (["", "123 !?"], "en"),
    "english": (["where is it"], "en"),
    "chinese": (["我的包裹到哪了"], "zh"),
    "chinese with a number": (["包裹 LK4471 到哪了", "退款"], "zh"),
    "english with a dish": (["my favourite dish is 麻婆豆腐, how do I order it"], "en"),
    "korean": (["카드 어디 있어요", "환불해 주세요"], "en"),
    "japanese": (["カードはどこ", "注文を取り消したいです"], "en"),
    "chinese with one face": (["不好意思", "好的ヾ", "谢谢啊", "我的包裹到哪了"], "zh"),
}


@pytest.mark.parametrize(("texts", "language"), LANGUAGES.values(), ids=LANGUAGES)
def test_language_of_a_prompt(texts: list[str], language: str) -> None:
    assert language_of(texts) == language


@pytest.mark.parametrize(
    "text", ["", "?!", "4471", "184****2219", "A-4471/b", "<PHONE>", "<CARD_2> <PHONE_1>", "１２３", "👍"]
)
def test_what_has_no_words_has_the_language_of_the_texts_around_it(text: str) -> None:
    assert not tells_language(text)
    assert [language_of([text, other]) for other in ("我的包裹到哪了", "where is it")] == ["zh", "en"]
    assert [language_of([text], other) for other in ("zh", "en")] == ["zh", "en"]


def test_codes_do_not_outweigh_the_words_of_an_intent() -> None:
    assert language_of(["订单", *["ABCDEFGH-1"] * 9]) == "zh"


@pytest.mark.parametrize("text", ["尾号4471", "4471 it is", "5号", "ok", "<b>", "карта"])
def test_words_beside_a_number_are_words(text: str) -> None:
    assert tells_language(text)


@given(st.lists(st.text(max_size=20)))
def test_the_language_does_not_depend_on_the_order(texts: list[str]) -> None:
    assert language_of(texts) == language_of(texts[::-1])
