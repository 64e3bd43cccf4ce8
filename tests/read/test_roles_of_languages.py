"""The values of a column of roles may be words of another language than English and Chinese."""

from __future__ import annotations

from pathlib import Path

import pytest

import dialin
from dialin.read.roles import usual_role


@pytest.mark.parametrize(
    ("customer", "agent"),
    [("Kunde", "Berater"), ("Cliente", "Agente"), ("Klant", "Medewerker"), ("客戶", "客服人員"), ("고객", "상담원")],
)
def test_a_role_is_known_in_other_languages(customer: str, agent: str) -> None:
    assert (usual_role(customer), usual_role(agent.upper())) == ("customer", "agent")


def test_what_a_german_export_calls_kunde_is_the_customer(tmp_path: Path) -> None:
    path = tmp_path / "chats.csv"
    path.write_text("id;role;text\n1;Berater;Hello, how can I help?\n1;Kunde;My bill is too high\n", "utf-8")
    assert dialin.read(path).roles == ["agent", "customer"]
