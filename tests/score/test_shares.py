"""Shares are compared by an interval whose level holds for all of them together."""

from __future__ import annotations

import numpy as np
import pytest

from dialin.score.shares import share_change


def test_the_published_examples_hold() -> None:
    """Newcombe (1998), table II, method 10: 9/10 − 3/10, and 10/10 − 0/20."""
    one = share_change((3, 10), (9, 10))
    assert [one.low, one.high] == pytest.approx([0.1705, 0.8090], abs=1e-4)
    all_or_none = share_change((0, 20), (10, 10))
    assert [all_or_none.low, all_or_none.high] == pytest.approx([0.6791, 1.0], abs=1e-4)


def test_the_same_share_is_no_certain_change() -> None:
    found = share_change((5, 50), (10, 100))
    assert found.difference == 0
    assert not found.is_certain
    assert share_change((5, 50), (60, 100)).is_certain


def test_nothing_compared_with_nothing_may_be_anything() -> None:
    found = share_change((0, 0), (0, 0))
    assert (found.low, found.high) == (-1, 1)


def test_more_comparisons_make_each_interval_wider() -> None:
    """Twenty intervals at 5 % each would have one that is wrong by chance: here 30 against 45 of 300 is."""
    assert share_change((30, 300), (45, 300)).low > -0.01
    assert share_change((30, 300), (48, 300)).is_certain
    assert not share_change((30, 300), (48, 300), 20).is_certain


def test_a_month_of_the_same_is_rarely_a_change() -> None:
    """Of 400 pairs of months with 20 intents that nothing but chance tells apart, 1 in 20 have a change: 20.

    The number is binomial, with a standard deviation of √(400 · .05 · .95) = 4.4.
    """
    rng, p = np.random.default_rng(0), np.arange(1, 21) / 210
    alarms = 0
    for _ in range(400):
        before, after = rng.multinomial(1_000, p), rng.multinomial(1_000, p)
        found = [share_change((a, 1_000), (b, 1_000), 20) for a, b in zip(before.tolist(), after.tolist(), strict=True)]
        alarms += any(one.is_certain for one in found)
    assert alarms <= 20 + 2 * 4.4
