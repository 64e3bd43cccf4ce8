"""The names of needs that people have: those of an inventory, each once, in the form of names."""

from __future__ import annotations

import pytest

from dialin.name.actions import action_of
from dialin.name.needs import NEEDS


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_need_has_one_name_of_an_action_and_an_object(language: str) -> None:
    names = NEEDS[language]
    assert len(set(names)) == len(names) > 300
    assert all(action_of(name) and name.partition("-")[2] for name in names)
    assert all(name.isascii() == (language == "en") for name in names)
