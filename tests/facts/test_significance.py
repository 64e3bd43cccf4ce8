"""Statistics of outcomes: intervals and tests, worked by hand and against scipy, and the correction for many tests."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dialin.facts.significance import (
    Moments,
    benjamini_hochberg,
    mean_margins,
    mean_ps,
    moments_of,
    ratio,
    share_ps,
)

shares = st.floats(0, 1) | st.just(float("nan"))


def moments(*values: float, centre: float = 0.0) -> Moments:
    return moments_of(np.zeros(len(values), dtype=np.int64), np.array(values), 1, centre)


def test_mean_variance_and_interval_are_those_of_the_textbook() -> None:
    """2, 4, 4, 6: mean 4, squares off it 4 + 0 + 0 + 4 = 8, variance 8/3.

    The margin is t(.975; 3) = 3.182 times √(8/3 / 4) = .8165: 2.598.
    """
    found = moments(2, 4, 4, 6)
    assert found.mean.tolist() == [4.0]
    assert found.variance.tolist() == pytest.approx([8 / 3])
    assert mean_margins(found).tolist() == pytest.approx([2.598], abs=5e-4)


@pytest.mark.parametrize("values", [(), (5.0,)])
def test_too_few_values_have_no_interval(values: tuple[float, ...]) -> None:
    assert np.isnan(mean_margins(moments(*values))).all()


def test_the_centre_keeps_large_numbers_exact() -> None:
    """Around 10⁹, squares need 18 digits, and a float has 16."""
    assert moments(1e9 + 1, 1e9 + 3, centre=1e9).variance.tolist() == [2.0]


def test_the_others_are_what_is_left_of_the_whole() -> None:
    own = moments(1, 2)
    left = own.others(moments(1, 2, 7, 9))
    assert (left.n[0], left.mean[0], left.variance[0]) == (2, 8.0, 2.0)


@given(st.integers(0, 10_000))
def test_means_are_compared_as_scipy_does(seed: int) -> None:
    random = np.random.default_rng(seed)
    one, other = random.normal(5, 2, 12), random.normal(6, 4, 30)
    p = mean_ps(moments(*one), moments(*other))
    assert p.tolist() == pytest.approx([stats.ttest_ind(one, other, equal_var=False).pvalue], rel=1e-6)


def test_groups_below_ten_values_or_without_variance_are_not_tested() -> None:
    many = moments(*range(10))
    assert not np.isnan(mean_ps(many, moments(*range(5, 15)))).any()
    assert np.isnan(mean_ps(many, moments(*range(9)))).all()
    assert np.isnan(mean_ps(many, moments(*[3.0] * 20))).all()


def test_shares_are_compared_by_the_z_of_two_proportions() -> None:
    """30 of 100 and 50 of 100: pooled .4, so z = .2 / √(.4 · .6 · 2/100) = .2 / .06928 = 2.887, and p = .0039."""
    p = share_ps(*(np.array([float(n)]) for n in (30, 100, 50, 100)))
    assert p.tolist() == pytest.approx([0.0039], abs=5e-5)


def test_shares_with_an_expected_count_below_five_are_not_tested() -> None:
    """9 of 100 together: of 50, 4.5 are expected. 10 of 100: 5."""
    n = np.array([50.0, 50.0])
    p = share_ps(np.array([9.0, 9.0]), n, np.array([0.0, 1.0]), n)
    assert np.isnan(p).tolist() == [True, False]


def test_a_share_of_nothing_is_unknown() -> None:
    assert ratio(np.array([0.0, 1.0]), np.array([0.0, 2.0])).tolist() == pytest.approx([np.nan, 0.5], nan_ok=True)


def test_four_tests_are_corrected_as_by_hand() -> None:
    """.005 · 4/1 = .02; .01 · 4/2 = .02; .03 · 4/3 = .04; .5 · 4/4 = .5. None becomes larger than a later one."""
    assert benjamini_hochberg(np.array([0.5, 0.01, 0.03, 0.005])).tolist() == pytest.approx([0.5, 0.02, 0.04, 0.02])


def test_no_test_at_all_is_corrected_to_none() -> None:
    assert benjamini_hochberg(np.array([])).tolist() == []
    assert np.isnan(benjamini_hochberg(np.array([np.nan]))).tolist() == [True]


@given(st.lists(shares, max_size=30))
def test_the_correction_is_that_of_scipy_and_passes_over_what_was_not_tested(values: list[float]) -> None:
    p = np.array(values, dtype=np.float64)
    made = ~np.isnan(p)
    found = benjamini_hochberg(p)
    assert np.array_equal(np.isnan(found), ~made)
    if made.any():
        assert found[made] == pytest.approx(stats.false_discovery_control(p[made]))


def test_chance_alone_is_rarely_called_sure() -> None:
    """1,000 tests of equal shares: without a correction about 50 would seem to differ."""
    random = np.random.default_rng(0)
    counts = random.binomial(200, 0.3, (2, 1000)).astype(np.float64)
    totals = np.full(1000, 200.0)
    p = share_ps(counts[0], totals, counts[1], totals)
    assert (p < 0.05).sum() > 30
    assert (benjamini_hochberg(p) < 0.05).sum() == 0
