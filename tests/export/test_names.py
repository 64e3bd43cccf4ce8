"""Names that platforms take: valid, unique, and no two that differ in case alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.errors import InputError
from dialin.export.base import ExportFormat
from dialin.export.formats import lex
from dialin.export.names import Naming, ascii_naming, exported_names, slug
from dialin.export.registry import FORMATS
from dialin.text.formulas import without_formula

NAMES_OF_FILES = {"dialogflow-cx", "dialogflow-es", "lex", "copilot", "botpress"}
"""Formats that name files after intents."""
LABELS = st.lists(st.text(max_size=150), max_size=8)


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
@given(labels=LABELS)
def test_names_are_valid_and_unique_on_every_platform(form: ExportFormat, labels: list[str]) -> None:
    names = exported_names(enumerate(labels), form.naming)
    assert list(names) == list(range(len(labels)))
    folded = {name.casefold() for name in names.values()}
    assert len(folded) == len(labels)
    assert not folded & {name.casefold() for name in form.naming.reserved}
    for name in names.values():
        assert form.naming.valid.fullmatch(name)
        assert len(name) <= form.naming.longest
        assert not re.search(r"[\x00-\x1f]", name)
        assert form.name not in NAMES_OF_FILES or not re.search(r'[/\\:*?"<>|]', name)


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_an_ordinary_name_is_kept(form: ExportFormat) -> None:
    assert slug("cancel-order", 3, form.naming) == "cancel-order"


@pytest.mark.parametrize("name", ["rasa", "lex", "botpress"])
def test_a_chinese_name_is_numbered_where_ascii_is_needed(name: str) -> None:
    assert slug("申请-退款", 12, FORMATS[name].naming) == "intent_12"


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"rasa", "lex", "botpress"}))
def test_a_chinese_name_is_kept_elsewhere(name: str) -> None:
    assert slug("申请-退款", 12, FORMATS[name].naming) == "申请-退款"


@given(labels=LABELS)
def test_no_name_in_a_csv_file_begins_a_formula(labels: list[str]) -> None:
    for name in ("csv", "watson", "cognigy", "xenioo", "dialogflow-cx-csv"):
        for label in exported_names(enumerate(["=1", "@a", "b;-c", *labels]), FORMATS[name].naming).values():
            assert without_formula(label) == label


def test_a_name_that_the_platform_reserves_is_numbered_or_counted_on() -> None:
    assert exported_names([(4, "FallbackIntent")], FORMATS["lex"].naming) == {4: "FallbackIntent_2"}
    assert exported_names([(4, "sys-number")], FORMATS["watson"].naming) == {4: "intent_4"}


def test_lex_takes_no_two_marks_in_a_row() -> None:
    assert slug("-ask--for_-help-", 1, FORMATS["lex"].naming) == "ask-for_help"


def test_a_long_name_that_is_taken_stays_within_the_length() -> None:
    """Ten characters: "abcdefghij", then eight of it and "_2"."""
    names = exported_names([(0, "abcdefghijkl"), (1, "abcdefghijxy")], Naming(longest=10))
    assert names == {0: "abcdefghij", 1: "abcdefgh_2"}


def test_a_number_that_another_intent_has_as_its_name_is_not_taken_twice() -> None:
    names = exported_names([(0, "intent_1"), (1, "退款")], ascii_naming())
    assert names == {0: "intent_1", 1: "intent_1_2"}


def test_lex_takes_a_language_with_its_country() -> None:
    assert lex.locale_of("de-DE")[0] == "de_DE"
    for language in ("de", "xx-yy"):
        with pytest.raises(InputError, match=f"got --language {language} \\(write it like de-DE"):
            lex.locale_of(language)
