"""The names of turns and their phrases."""

from __future__ import annotations

import pytest

from dialin.name.actions import AGENT
from dialin.name.kinds import ACKNOWLEDGEMENT, DATA, SOCIAL
from dialin.name.turn_phrases import gives_data, turn_names, turn_phrases
from dialin.text.script import is_chinese

KINDS = (SOCIAL, ACKNOWLEDGEMENT, DATA)


@pytest.mark.parametrize("role", ["", AGENT])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_name_has_phrases_of_its_language_and_no_phrase_has_two_names(language: str, role: str, kind: str) -> None:
    names = turn_names(language, role, kind)
    said = [phrase for name in names for phrase in turn_phrases(name)]
    assert len(names) > 3
    assert all(len(turn_phrases(name)) >= 2 for name in names)
    assert len(said) == len(set(said))
    assert all(is_chinese(name) == (language == "zh") for name in names)
    if language == "en":
        assert not any(is_chinese(phrase) for phrase in said)
    else:  # beside digits
        assert sum(is_chinese(phrase) for phrase in said) > 0.9 * len(said)


def test_what_tells_values_apart_is_told_for_customers_in_both_languages() -> None:
    assert gives_data("提供-地址")
    assert all(gives_data(name) for language in ("en", "zh") for name in turn_names(language, "customer", DATA))
    assert not gives_data("say-thanks")
    assert not gives_data("cancel-order")
