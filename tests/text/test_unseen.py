"""What acts on a screen, in a name or in a spreadsheet is taken out or made harmless."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.text.formulas import without_formula
from dialin.text.unseen import as_escapes, plain_name, without_unseen

ACTS = {
    "escape": "\x1b]0;title\x07",
    "control of C1": "\x9b31m",
    "carriage return": "\rfake",
    "override": "\u202egnp.exe",
    "isolate": "\u2066x\u2069",
    "Arabic mark": "\u061c",
    "no width": "\u200b\ufeff\u2060",
    "tag": "\U000e0041",
    "loose joiner": "退\u200d款",
}


@pytest.mark.parametrize("kind", ACTS)
def test_what_acts_goes_and_the_rest_stays(kind: str) -> None:
    shown = without_unseen(f"a\t{ACTS[kind]}\nb")
    assert shown.startswith("a\t")
    assert shown.endswith("\nb")
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cf"} and c not in "\t\n"]


@pytest.mark.parametrize(
    "text", ["👨‍👩‍👧‍👦 👋🏽 ❤️‍🔥", "می‌خواهم", "क्‍ष", "我的包裹"], ids=["emoji", "Persian", "Hindi", "Chinese"]
)
def test_joiners_that_join_stay(text: str) -> None:
    assert without_unseen(text) == text


@given(st.text())
def test_names_are_in_nfc_without_unseen_and_stay_so(text: str) -> None:
    name = plain_name(text)
    assert name == " ".join(name.split()) == without_unseen(name)
    assert unicodedata.is_normalized("NFC", name)
    assert plain_name(name) == name


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_says_the_same_with_escapes(text: str) -> None:
    said = as_escapes(json.dumps({"a": text}, ensure_ascii=False))
    assert json.loads(said) == {"a": text}
    assert without_unseen(said) == said


FORMULAS = ["=1", "+1", "-1", "@A", "\t=1", "\r=1", "  =1", "\u200b=1", "＝1", "\tx", "hello;=1", "hello\n=1"]


@pytest.mark.parametrize("text", FORMULAS, ids=[f"number {i}" for i in range(len(FORMULAS))])
def test_no_cell_begins_a_formula(text: str) -> None:
    safe = without_formula(text)
    assert safe.replace("'", "") == text
    for cell in safe.replace("\n", ";").split(";"):
        assert cell.lstrip()[:1] not in "=+-@＝", cell
    assert without_formula(safe) == safe


@pytest.mark.parametrize("text", ["two-way", "a+b", "me@example.org", "x = 1", "", "我要退款"])
def test_other_cells_stay(text: str) -> None:
    assert without_formula(text) == text
