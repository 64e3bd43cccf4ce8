"""How fine the clusters should be, by the sentences themselves."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialin.arrays import Matrix
from dialin.cluster import cuts
from dialin.cluster.cut_weights import FITTED_EMBEDDERS, CutWeights, weights_for
from dialin.cluster.cuts import cuts_of
from dialin.cluster.granularity import (
    MIN_MEASURED,
    Granularity,
    Measuring,
    SuggestedCut,
    cut_probabilities,
    granularity_of,
    number_at,
    numbers_shown,
    quantiles,
)
from dialin.cluster.partition import Agglomerative
from spheres import spheres
from thorough import N_EXAMPLES

MIN_SIZE = 4


@cache
def measured(n_clusters: int = 8, n_each: int = 30) -> Granularity:
    """Return what tight balls suggest, measured once for all tests."""
    found = granularity_of(spheres(n_clusters, n_each), Measuring(MIN_SIZE))
    assert found is not None
    return found


@pytest.mark.parametrize(("n_clusters", "n_each"), [(3, 60), (8, 30), (20, 25)])
def test_finds_about_as_many_clusters_as_there_are(n_clusters: int, n_each: int) -> None:
    found = measured(n_clusters, n_each)
    assert 0.75 * n_clusters <= found.n_clusters <= 1.33 * n_clusters
    assert 2 <= found.low <= n_clusters <= found.high


def test_the_numbers_rise_and_their_probabilities_sum_to_one() -> None:
    found = measured()
    assert len(found.numbers) == len(found.p) == len(cuts_of(240, MIN_SIZE))
    assert (np.diff(found.numbers) > 0).all()
    assert (found.p > 0).all()
    assert found.p.sum() == pytest.approx(1.0)
    assert found.numbers[0] < found.n_clusters < found.numbers[-1]


def test_the_true_number_lies_in_the_interval_of_a_sample_and_of_all_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    X = spheres(6, 200)
    whole = granularity_of(X, Measuring(MIN_SIZE))
    monkeypatch.setattr(cuts, "MAX_MEASURED", 300)
    part = granularity_of(X, Measuring(MIN_SIZE))
    assert whole is not None
    assert part is not None
    assert part.low <= 6 <= part.high
    assert whole.low <= 6 <= whole.high


@pytest.mark.parametrize("n_each", [10, 20, 60])
def test_the_number_does_not_depend_on_how_many_sentences_each_has(n_each: int) -> None:
    found = granularity_of(spheres(12, n_each, noise=0.2), Measuring(3))
    assert found is not None
    assert 12 / 1.5 <= found.n_clusters <= 12 * 1.5


def test_only_the_shipped_embedders_have_fitted_weights() -> None:
    """ "" is the embedder of vectors whose origin nobody knows."""
    assert all(weights_for(name).distance > 0 for name in FITTED_EMBEDDERS)
    assert all(weights_for(name, is_chinese=True).closeness < weights_for(name).closeness for name in FITTED_EMBEDDERS)
    for name in ("", "local:bge-small-en-v1.5", "openai:bge-m3@http://localhost/v1", "local:/models/intents-en-v5"):
        assert weights_for(name) == weights_for(name, is_chinese=True) == CutWeights()
        assert weights_for(name).distance == 0.0


def test_the_closeness_counts_where_it_is_weighed() -> None:
    """Eight balls; a distance of great weight draws the number to the cut that has the closeness."""
    X = spheres(8, 30)
    loose, close = (
        granularity_of(X, Measuring(MIN_SIZE, weights=CutWeights(0.0, 50.0, closeness))) for closeness in (0.3, 0.8)
    )
    assert loose is not None
    assert close is not None
    assert loose.high < close.low


# --- the posterior by hand ----------------------------------------------------------------------------------------

CUTS = np.array([2, 4, 8])
NUMBERS = CUTS.astype(np.float64)


def test_without_distance_only_the_worth_counts() -> None:
    """Worth .5, 1 and 0, relative to the best: (.5 + .05)³, 1.05³ and .05³ are .1664, 1.1576 and .0001."""
    p = cut_probabilities(np.array([0.2, 0.4, 0.0]), NUMBERS, 2.0, CutWeights(gap=3.0, distance=0.0))
    assert p == pytest.approx([0.1257, 0.8742, 0.0001], abs=1e-4)


def test_without_a_gap_only_the_distance_counts() -> None:
    """√(2 · 4) has the closeness: half of log 2 from 2 and 4, 1.5 of it from 8.

    exp(−(.3466)² / 2) = .9417 twice, and exp(−(1.0397)² / 2) = .5825: .3818, .3818 and .2362 of their sum.
    """
    p = cut_probabilities(np.array([0.0, 0.0, 9.0]), NUMBERS, 8**0.5, CutWeights(gap=0.0, distance=1.0))
    assert p == pytest.approx([0.3818, 0.3818, 0.2362], abs=1e-4)


@pytest.mark.parametrize(("closeness", "number"), [(0.1, 2.0), (0.35, 8**0.5), (0.95, 8.0)])
def test_a_closeness_beyond_all_cuts_is_that_of_the_outermost(closeness: float, number: float) -> None:
    assert number_at(closeness, np.array([0.2, 0.5, 0.8]), CUTS) == pytest.approx(number)


def test_a_closeness_that_falls_again_is_read_as_it_rose() -> None:
    """.6 at 4 clusters is reached there, although the cut into 8 has .5 again."""
    assert number_at(0.55, np.array([0.2, 0.6, 0.5]), CUTS) < 4.0


def test_a_cut_of_few_sentences_each_stands_for_more_clusters_and_one_of_many_for_fewer() -> None:
    """240 sentences in 4 clusters are 60 each; in 2 they are twice, in 8 half as many: 2^.2 fewer and more."""
    expected = [2 / 2**0.2, 4.0, 8 * 2**0.2]
    assert numbers_shown(CUTS, 240, CutWeights(raised=0.2, full=60.0)) == pytest.approx(expected)


def test_where_no_cut_is_worth_anything_all_are_as_likely() -> None:
    assert cut_probabilities(np.zeros(3), NUMBERS, 4.0, CutWeights()) == pytest.approx([1 / 3] * 3)


def test_the_quantiles_lie_between_the_cuts() -> None:
    """p .2, .6 and .2 have their middles at .1, .5 and .9: the bounds are the outer cuts, the median the inner one.

    With .5 and .5 the middles are .25 and .75; .5 lies half-way in log, at √(2 · 8) = 4.
    """
    assert quantiles(NUMBERS, np.array([0.2, 0.6, 0.2])) == pytest.approx((2.0, 4.0, 8.0))
    assert quantiles(np.array([2.0, 8.0]), np.array([0.5, 0.5])) == pytest.approx((2.0, 4.0, 8.0))


@given(st.lists(st.floats(0.01, 1.0), min_size=2, max_size=12))
def test_the_quantiles_are_in_order_and_among_the_cuts(weights: list[float]) -> None:
    numbers = np.arange(2.0, len(weights) + 2)
    low, median, high = quantiles(numbers, np.array(weights) / sum(weights))
    assert numbers[0] - 1e-9 <= low <= median <= high <= numbers[-1] + 1e-9


@pytest.mark.parametrize("finer", [0.5, 1.0, 2.0])
def test_the_cut_is_into_that_many_or_more_where_finer_is_wanted(finer: float) -> None:
    X = spheres(8, 30)
    found, tree = measured(), Agglomerative(smooth=True).fit(X).tree
    cut = SuggestedCut.of(found, tree, np.ones(len(X), np.bool_), finer)
    assert len(tree.cut_below(np.full(len(X), cut.height))) == round(finer * found.n_clusters)
    assert (np.diff(cut.heights) <= 0).all()


@settings(max_examples=N_EXAMPLES // 20)  # each is measured twice
@given(seed=st.integers(0, 999))
def test_the_order_of_rows_is_irrelevant_and_the_seed_decides(seed: int) -> None:
    X = spheres(5, 24, seed=seed)
    rows = np.random.default_rng(seed).permutation(len(X))
    found = granularity_of(X, Measuring(MIN_SIZE, seed))
    again = granularity_of(X[rows], Measuring(MIN_SIZE, seed))
    assert found is not None
    assert again is not None
    assert again.n_clusters == found.n_clusters
    assert (again.low, again.high) == (found.low, found.high)


def test_few_rows_are_not_measured() -> None:
    X = spheres(4, 60)
    assert granularity_of(X[:0], Measuring(MIN_SIZE)) is None
    assert granularity_of(X[: MIN_MEASURED - 1], Measuring(MIN_SIZE)) is None
    assert granularity_of(X[:MIN_MEASURED], Measuring(MIN_MEASURED)) is None  # no two clusters of that size
    assert granularity_of(X[:MIN_MEASURED], Measuring(MIN_SIZE)) is not None


def test_equal_rows_are_measured_without_a_warning() -> None:
    found = granularity_of(np.repeat(spheres(2, 1), 60, axis=0), Measuring(MIN_SIZE))
    assert found is not None
    assert found.n_clusters >= 2
    assert np.isfinite(found.numbers).all()


@pytest.mark.parametrize(("n_each", "n_random"), [(30, 8), (250, 4), (500, 2)])
def test_the_fewer_sentences_the_more_random_corpora(n_each: int, n_random: int) -> None:
    """Four thousand random points in all, at most eight corpora."""
    drawn = list[int]()

    def counted(X: Matrix) -> Callable[[np.random.Generator], Matrix]:
        def draw(rng: np.random.Generator) -> Matrix:
            drawn.append(len(X))
            return spheres(1, len(X), seed=int(rng.integers(99)))

        return draw

    granularity_of(spheres(4, n_each), Measuring(MIN_SIZE), draw=counted)
    assert drawn == [4 * n_each] * n_random
