"""Trends: which period a day is in, and which changes are more than chance."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dialin.facts.trends import by_date, by_dialogue, counts_of, halves, monday, moves, periods_of

NONE = np.full(3, -1)


def days(*texts: str) -> NDArray[np.datetime64]:
    return np.array(texts, dtype="datetime64[ms]")


def test_weeks_begin_on_monday_and_empty_ones_are_there() -> None:
    """The 7th of January 2024 is a Sunday, the 8th a Monday; nothing was said in the week of the 15th."""
    found = by_date(days("2024-01-07T23:59", "2024-01-08", "NaT", "2024-01-24"))
    assert found.unit == "week"
    assert found.names == ("2024-01-01", "2024-01-08", "2024-01-15", "2024-01-22")
    assert found.codes.tolist() == [0, 1, -1, 3]


def test_few_weeks_are_shown_by_day_and_many_by_month() -> None:
    short, long = by_date(days("2024-01-30", "2024-02-02")), by_date(days("2021-11-30", "2024-02-01"))
    assert (short.unit, short.names) == ("day", ("2024-01-30", "2024-01-31", "2024-02-01", "2024-02-02"))
    assert (long.unit, long.names[0], long.names[-1], len(long.names)) == ("month", "2021-11", "2024-02", 28)
    assert long.codes.tolist() == [0, 27]


@given(st.dates())
def test_the_monday_of_a_day_is_at_most_six_days_before_it(day: date) -> None:
    found = monday(np.datetime64(day)).item()
    assert isinstance(found, date)
    assert found.weekday() == 0
    assert 0 <= (day - found).days <= 6


def test_dialogues_without_dates_are_cut_into_tenths() -> None:
    found = by_dialogue(np.repeat(np.arange(20), 3))
    assert found.names == (*"123456789", "10")
    assert np.bincount(found.codes).tolist() == [6] * 10
    assert by_dialogue(np.arange(19)).names == ()


def test_there_are_no_periods_where_there_is_but_one() -> None:
    assert periods_of(days("2024-01-01", "2024-01-01T10:00", "NaT"), NONE) is None
    assert periods_of(days("NaT", "NaT", "NaT"), NONE) is None
    assert periods_of(days("2024-01-01", "2024-01-02", "NaT"), NONE) is not None


def test_counts_have_a_row_for_what_has_no_intent() -> None:
    periods = by_date(days("2024-01-01", "2024-01-02", "2024-01-02", "NaT"))
    assert counts_of(periods, np.array([0, 0, -1, 0]), 2).tolist() == [[1, 1], [0, 0], [0, 1]]


def test_a_change_is_sure_only_where_chance_would_hardly_make_it() -> None:
    """Of 200: 20 → 80 is 6.9 standard deviations, 50 → 52 is 0.2; the last row is what has no intent."""
    rising, steady = moves(np.array([[20, 80], [50, 52], [130, 68]]))
    assert rising.z == pytest.approx(6.93, abs=0.01)
    assert rising.is_sure
    assert rising.after > rising.before
    assert not steady.is_sure


def test_nothing_said_changes_nothing() -> None:
    assert [move.z for move in moves(np.zeros((3, 4), dtype=np.int64))] == [0.0, 0.0]


@pytest.mark.parametrize(("totals", "expected"), [([5, 5], 1), ([0, 0, 9], 1), ([9, 0, 0], 1), ([3, 3, 3, 3, 3], 2)])
def test_both_halves_have_a_period(totals: list[int], expected: int) -> None:
    found = halves(np.array(totals))
    assert 1 <= found <= len(totals) - 1
    assert found in {expected, expected + 1}
