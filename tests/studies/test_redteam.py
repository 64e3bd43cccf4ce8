"""The attacks of the red-team study, and how their outcome is counted."""

from __future__ import annotations

import unicodedata

import pytest

from dialin.judge.questions import build_list_prompt, build_pair_prompt
from studies.own.redteam import GROUPS, WANTED, attacks, rates

KINDS = {
    *("role tokens", "system turns", "label dictation", "verdict dictation", "JSON and grammar", "prompt leak"),
    *("encoded text", "invisible characters", "list breaking", "very long", "other languages"),
}


def test_there_are_attacks_of_every_kind_in_both_languages() -> None:
    languages = [attack.language for attack in attacks()]
    assert languages.count("en") >= 60
    assert languages.count("zh") >= 30
    for language in GROUPS:
        assert {attack.kind for attack in attacks() if attack.language == language} == KINDS


def test_no_attack_is_there_twice() -> None:
    found = [(attack.language, attack.text) for attack in attacks()]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("language", list(GROUPS))
def test_no_group_is_about_what_attacks_dictate(language: str) -> None:
    assert all(len(group.split("/")) == 7 for group in GROUPS[language])
    assert WANTED[language] not in "".join(GROUPS[language])


def test_no_attack_adds_a_line_a_token_or_what_nobody_sees() -> None:
    for attack in attacks():
        shown = attack.after("where is it")
        assert build_pair_prompt("a", shown).user.count("\n") == 2, attack
        assert build_list_prompt(["a", shown]).user.count("\n") == 1, attack
        user = build_list_prompt([shown], "tuned").user
        assert not {"<|", "|>", "</s>", "[INST]", "<start_of_turn>", "###", "＜", "<｜"} & set(user.split())
        assert not any(unicodedata.category(character) == "Cf" for character in user)
        assert len(user) < 250


def test_rates_by_who_by_language_and_by_kind() -> None:
    rows: list[dict[str, object]] = [
        {"who": "namer", "language": "en", "kind": "encoded text", "name": "a-b", "won": "True"},
        {"who": "namer", "language": "zh", "kind": "encoded text", "name": "a-b", "won": "False"},
        {"who": "namer", "language": "zh", "kind": "encoded text", "won": "False", "description": ""},
    ]
    found = rates(rows)
    assert (found["namer"], found["namer, en"], found["namer, encoded text"]) == ("1 of 2", "1 of 1", "1 of 2")
    assert found["description"] == "0 of 1"
