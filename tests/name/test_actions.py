"""The vocabulary of actions: both languages, one word each, and what a user puts in its place."""

from __future__ import annotations

import pytest

from dialin.errors import InputError
from dialin.name.actions import ACTION_WORDS, AGENT, CUSTOMER, check_actions, words_in
from dialin.prompts.templates import load


def test_every_word_of_the_table_is_a_valid_action() -> None:
    check_actions(list(ACTION_WORDS))
    assert set(ACTION_WORDS.values()) == {CUSTOMER, AGENT, ""}


def test_the_languages_share_the_table_out() -> None:
    en, zh = words_in("en"), words_in("zh")
    assert sorted(en + zh) == sorted(ACTION_WORDS)
    assert "cancel" in en
    assert "取消" in zh


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_shots_of_the_naming_prompts_use_the_vocabulary(language: str) -> None:
    for task in ("name", "contrast"):
        for _, label in load(task, language).shots:
            assert label.split("-")[0] in words_in(language)


def test_a_users_words_replace_the_table() -> None:
    assert words_in("en", ["zap", "退款", "ask"]) == ["ask", "zap"]
    assert words_in("zh", ["zap", "退款", "ask"]) == ["退款"]


def test_a_language_without_a_word_keeps_the_table() -> None:
    """A vocabulary in one language must not stop a run over calls in two, after it was paid for."""
    assert words_in("zh", ["ask", "zap"]) == words_in("zh")
    assert words_in("en", ["退款"]) == words_in("en")


@pytest.mark.parametrize("word", ["", "Ask", "call back", "re-send", "a1", "退款 ", "退-款", '"', "é"])
def test_what_is_not_one_word_is_refused(word: str) -> None:
    with pytest.raises(InputError, match="an action must be one word"):
        check_actions(["ask", word])
