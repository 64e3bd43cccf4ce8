"""The option that gives roles to speakers."""

from __future__ import annotations

import pytest

from dialin.errors import InputError
from dialin.read.importers.speakers import speaker_roles


@pytest.mark.parametrize("label", ["0", "spk_0", "SPEAKER_00", "channel 0", "Speaker 0", "ch_0"])
def test_a_number_means_every_label_that_ends_with_it(label: str) -> None:
    given = speaker_roles("0=agent,1=customer")
    assert given.role_of(label) == "agent"
    assert given.role_of(label.replace("0", "1")) in {"customer", ""}
    assert given.role_of("spk_10") == ""


def test_a_whole_label_comes_before_its_number() -> None:
    given = speaker_roles("0=agent, spk_0=customer")
    assert (given.role_of("SPK_0"), given.role_of("SPEAKER_00")) == ("customer", "agent")


def test_letters_and_names_work_in_any_case() -> None:
    given = speaker_roles("a=agent，B=customer，小王=客服主管")
    assert [given.role_of(label) for label in ("A", "b", "小王", "C")] == ["agent", "customer", "客服主管", ""]


def test_what_names_nobody_is_found() -> None:
    assert speaker_roles("0=agent,2=customer,x=y").unused(["spk_0", "spk_1"]) == ["2", "x"]
    assert speaker_roles("0=agent").unused([]) == ["0"]


def test_nothing_given_is_nothing() -> None:
    assert not speaker_roles(" , ")
    assert speaker_roles("").role_of("0") == ""


@pytest.mark.parametrize("given", ["agent", "0=", "=agent", "0=agent,1", "0:agent"])
def test_what_gives_nobody_a_role_is_an_error(given: str) -> None:
    with pytest.raises(InputError, match=r"gives nobody a role.*--speakers"):
        speaker_roles(given)


def test_two_roles_for_one_speaker_are_an_error() -> None:
    with pytest.raises(InputError, match="gives '00' two roles: agent and customer"):
        speaker_roles("0=agent,00=customer")
    assert speaker_roles("0=agent,00=agent").role_of("0") == "agent"
