"""The page about scale says what the studies reckon."""

from __future__ import annotations

from pathlib import Path

import pytest

from studies.own.reckon import Rates, Reckoned, measured_table, reckoned_table

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
RATES = Rates(
    embed=1_000,
    assign=1_000,
    read=1_000,
    write=1_000,
    cluster_seconds=3_600,
    questions=10,
    tokens_in=100,
    tokens_out=1,
)


def test_the_page_has_the_tables_that_the_measurements_give() -> None:
    """If not: ``python -m studies.own.reckon`` prints them."""
    page = PAGE.read_text("utf-8")
    assert reckoned_table(Rates.measured()) in page
    assert measured_table() in page


def test_the_hours_are_those_of_the_slower_side() -> None:
    of = Reckoned(3_600_000, RATES)
    assert (of.core_hours, of.driver_hours, of.cluster_hours) == pytest.approx((2.0, 2.0, 1.0))
    assert of.hours(1) == pytest.approx(2.0)
    assert of.hours(100) == pytest.approx(2.0)


def test_the_money_is_that_of_cores_and_tokens() -> None:
    assert Reckoned(3_600_000, RATES).dollars == pytest.approx(2 * 0.05 + 5_000 * 10 * (100 * 0.15 + 0.60) / 1e6)
