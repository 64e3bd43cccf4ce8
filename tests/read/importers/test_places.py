"""Values of a document, read strictly; what is wrong is named with its place."""

from __future__ import annotations

import pytest

from dialin.errors import InputError
from dialin.read.importers.places import JsonPlace, date_of_epoch, filled_keys, object_in, objects_in


def root(**values: object) -> JsonPlace:
    return JsonPlace(values, "a.json")


def test_the_document_itself_has_a_name() -> None:
    for value, shown in ((None, "null"), ([], "a list"), ("x", "text 'x'"), (True, "a truth value True")):
        with pytest.raises(InputError, match=f"a.json: the document is {shown}, not an object"):
            JsonPlace(value, "a.json").text("x")


@pytest.mark.parametrize(("value", "text"), [(" hi ", "hi"), (7, "7"), (0, "0"), (0.5, "0.5"), (None, "")])
def test_text_may_be_a_number(value: object, text: str) -> None:
    assert root(a=value).text("a") == text


def test_text_that_is_needed_may_be_blank_but_not_missing() -> None:
    assert root(a="").needed_text("a") == ""
    for values in ({}, {"a": None}):
        with pytest.raises(InputError, match=r"a\.json: a is missing"):
            root(**values).needed_text("a")


@pytest.mark.parametrize(
    ("value", "number"), [("4.87", 4.87), (3, 3.0), ("", None), (None, None), (float("nan"), None), (" 2 ", 2.0)]
)
def test_numbers_may_be_text(value: object, number: float | None) -> None:
    assert root(a=value).number("a") == number


@pytest.mark.parametrize("value", ["x", True, [], {}, "nan", "inf", float("inf"), 10**400, "1,5"])
def test_what_is_no_finite_number_is_named(value: object) -> None:
    with pytest.raises(InputError, match=r"a is .*, not a number"):
        root(a=value).number("a")


def test_seconds_are_rounded_to_milliseconds() -> None:
    """1234.5 ms are 1.2345 s, and 12345678 ticks of 100 ns are 1.2345678 s."""
    assert root(a=1234.5).seconds("a", 0.001) == pytest.approx(1.2345, abs=5e-4)
    assert root(a=12_345_678).seconds("a", 1e-7) == 1.235
    for value, told in ((-1, "before the beginning"), (1e12, "beyond all calendars")):
        with pytest.raises(InputError, match=told):
            root(a=value).seconds("a")


@pytest.mark.parametrize(
    ("said", "seconds"), [("1.25s", 1.25), ("0s", 0), ("PT4.87S", 4.87), ("PT1H2M3S", 3723), ("PT2M", 120), ("", None)]
)
def test_durations(said: str, seconds: float | None) -> None:
    assert root(a=said).duration("a") == seconds


@pytest.mark.parametrize("said", ["PT", "s", "4.8", "an hour", "-1s", "PT-1S", "1m"])
def test_other_words_are_no_durations(said: str) -> None:
    with pytest.raises(InputError, match="not a duration such as"):
        root(a=said).duration("a")


def test_dates_are_of_iso_8601() -> None:
    assert root(a="2026-03-04T09:00:05.5Z").date("a") == "2026-03-04T09:00:05.500000+00:00"
    assert root().date("a") == ""
    assert date_of_epoch(1772614805.0) == "2026-03-04T09:00:05+00:00"
    with pytest.raises(InputError, match="not a date of ISO 8601"):
        root(a="4 March").date("a")


def test_looking_at_any_value_never_fails() -> None:
    values: tuple[object, ...] = (None, 1, "x", [], {}, {"a": None}, {"a": "x"})
    for value in values:
        assert filled_keys(value) <= {"a"}
        assert list(objects_in(value, "a")) == []
        assert object_in(value, "a") == {}
    assert list(objects_in({"a": [1, {"b": 2}]}, "a")) == [{"b": 2}]


def test_the_first_part_of_a_list() -> None:
    place = root(a=[[1, 2]]).first("a")
    assert place
    assert (place.value, place.path) == ([1, 2], "a[0]")
    assert root(a=[]).first("a") is None
    others: tuple[object, ...] = (None, {}, "x")
    for value in others:
        with pytest.raises(InputError, match=r"a\.json: a is "):
            root(a=value).first("a")
