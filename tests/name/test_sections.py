"""The headings under which intents are listed, and in which order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.name.kinds import KINDS
from dialin.name.sections import LEFTOVER, SECTIONS, WHAT_ELSE, WHY, by_heading, section_of

NEED = {"name": "cancel-order", "kind": "need", "p_kind": 1.0, "p_good": 0.2}


@pytest.mark.parametrize(
    ("change", "heading"),
    [
        ({}, WHY),
        ({"kind": "", "p_kind": None}, WHY),
        ({"kind": None}, WHY),
        ({"kind": "answer"}, WHAT_ELSE),
        ({"kind": "answer", "p_kind": 0.3}, WHAT_ELSE),
        ({"name": "various-requests-3"}, LEFTOVER),
        ({"name": "各种-请求"}, LEFTOVER),
        ({"name": "various-lock-and-bike", "kind": "", "p_kind": None}, LEFTOVER),
        ({"name": "various-replies", "kind": "answer"}, LEFTOVER),
        ({"p_kind": 0.49}, LEFTOVER),
        ({"p_kind": 0.5}, WHY),
        ({"p_kind": 0.49, "p_good": 0.67}, WHY),
        ({"name": "variousness-report"}, WHY),
    ],
)
def test_an_intent_has_one_heading(change: dict[str, Any], heading: str) -> None:
    assert section_of(NEED | change) == heading


def test_what_a_person_accepted_is_no_leftover() -> None:
    """An accepted intent has P(good) 1."""
    assert section_of(NEED | {"name": "various-requests", "p_kind": 0.1, "p_good": 1.0}) == WHY


def test_without_known_kinds_needs_have_no_heading() -> None:
    rows = [NEED | {"kind": "", "p_kind": None, "name": name} for name in ("various-requests", "pay")]
    assert by_heading("ab", rows) == [("", ["b"]), (LEFTOVER, ["a"])]
    assert by_heading([], []) == []


ROWS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["various-requests", "各种-答复", "pay-bill"]),
        "kind": st.sampled_from([*KINDS, ""]),
        "p_kind": st.floats(0, 1),
        "p_good": st.floats(0, 1),
    }
)


@given(st.lists(ROWS, max_size=12))
def test_every_intent_is_listed_once_in_its_order(rows: list[dict[str, Any]]) -> None:
    """So the shares under the headings add up to those of all."""
    groups = by_heading(range(len(rows)), rows)
    assert sorted(one for _, own in groups for one in own) == list(range(len(rows)))
    assert all(own == sorted(own) for _, own in groups)
    headings = [SECTIONS.index(heading or WHY) for heading, _ in groups]
    assert headings == sorted(set(headings))
