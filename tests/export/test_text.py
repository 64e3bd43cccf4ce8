"""Phrases on one line, and which are the same."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialin.export.text import inert, normalised, one_line
from dialin.text.formulas import without_formula


@given(st.text())
@example("a\u2028b\x85c\x1fd\u200be")
def test_a_phrase_is_one_line_with_single_spaces(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line == " ".join(line.split())
    assert one_line(line) == line


@given(st.text(alphabet="=+-@＝；;ab \t'", max_size=12))
def test_no_cell_begins_a_formula(text: str) -> None:
    line = inert(one_line(text))
    assert without_formula(line) == line


@given(st.text(alphabet="abc 退款.,", max_size=12))
def test_words_without_marks_of_a_formula_stay(text: str) -> None:
    assert inert(one_line(text)) == one_line(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is it?", "where  is it"),
        ("ＡＢＣ１２３", "abc123"),
        ("我要退款！", "我要退款"),
        ("Straße", "STRASSE"),
    ],
)
def test_phrases_that_count_as_the_same(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@given(st.text(alphabet="aB .?!", max_size=10))
def test_ascii_is_normalised_as_all_other_text(text: str) -> None:
    assert normalised(text + "é")[:-1] == " ".join((text + "é").casefold().split())[:-1]
    assert normalised(text) == " ".join(text.casefold().split()).rstrip(" .?!") or not text.strip(" .?!")


@pytest.mark.parametrize(("one", "other"), [("cancel it", "cancel, it"), ("退款", "退货"), ("?", "!")])
def test_phrases_that_count_as_different(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)
