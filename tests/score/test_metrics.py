"""Scores on examples worked by hand."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.errors import InputError
from dialin.score import metrics, reliability

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40)


@given(LABELS, st.permutations(range(5)))
def test_names_of_clusters_do_not_matter(pairs: list[tuple[int, int]], renamed: list[int]) -> None:
    found, gold = np.array(pairs).T
    before = metrics.agreement_with_gold(found, gold)
    after = metrics.agreement_with_gold(np.array(renamed)[found], gold)
    for name in ("nmi", "ami", "ari", "acc", "purity"):
        assert getattr(before, name) == pytest.approx(getattr(after, name), abs=1e-9)


@given(LABELS)
def test_accuracy_is_at_most_purity(pairs: list[tuple[int, int]]) -> None:
    found, gold = np.array(pairs).T
    assert 0 < metrics.accuracy(found, gold) <= metrics.purity(found, gold) <= 1


def test_perfect_clustering_scores_one() -> None:
    got = metrics.agreement_with_gold([5, 5, 2, 2], ["退款", "退款", "物流", "物流"])
    assert [got.nmi, got.ami, got.ari, got.acc, got.purity] == pytest.approx([1] * 5)


def test_nmi_and_ari_by_hand() -> None:
    """Clusters {a, a, b}, {b}: counts n_ij = [[2, 1], [0, 1]].

    H(found) = -(3/4 ln 3/4 + 1/4 ln 1/4) = 0.562335, H(gold) = ln 2 = 0.693147
    I = 2/4 ln((2*4)/(3*2)) + 1/4 ln(4/(3*2)) + 1/4 ln(4/(1*2)) = 0.143841 - 0.101366 + 0.173287 = 0.215762
    NMI = 0.215762 / 0.627741 = 0.343712
    ARI: pairs together in both 1, in found 3, in gold 2, of 6: (1 - 3*2/6) / (5/2 - 1) = 0
    """
    found, gold = [0, 0, 0, 1], ["a", "a", "b", "b"]
    assert metrics.nmi(found, gold) == pytest.approx(0.343712, abs=1e-5)
    assert metrics.ari(found, gold) == pytest.approx(0.0)


def test_accuracy_with_more_clusters_than_classes() -> None:
    """Clusters of sizes 3 (aaa), 2 (aa), 1 (b): match 3 with a, 1 with b: 4 of 6; the other 2 are wrong."""
    assert metrics.accuracy([0, 0, 0, 1, 1, 2], list("aaaaab")) == pytest.approx(4 / 6)
    assert metrics.purity([0, 0, 0, 1, 1, 2], list("aaaaab")) == 1


def test_accuracy_with_fewer_clusters_than_classes() -> None:
    """One cluster of a, a, b: it can match one class only."""
    assert metrics.accuracy([0, 0, 0], list("aab")) == pytest.approx(2 / 3)


def test_accuracy_is_a_best_match_not_a_greedy_one() -> None:
    """Counts [[5, 4], [4, 0]]: greedy takes 5 + 0, the best match 4 + 4 of 13."""
    found = [0] * 9 + [1] * 4
    gold = ["a"] * 5 + ["b"] * 4 + ["a"] * 4
    assert metrics.accuracy(found, gold) == pytest.approx(8 / 13)


def test_evaluate_counts_unassigned_strictly_and_apart() -> None:
    """Found 0 0 1 -1 -1 against a a b b a, and one row without gold.

    Strict: clusters {a, a}, {b}, {b, a}: best match a-0, b-1 or b-(-1): 2 + 1 = 3 of 5. Assigned: 3 of 3.
    """
    got = metrics.score([0, 0, 1, -1, -1, 7], ["a", "a", "b", "b", "a", None])
    assert got.acc == pytest.approx(3 / 5)
    assert got.assigned.acc == 1
    assert (got.n, got.n_clusters, got.n_true, got.n_without_gold) == (5, 2, 2, 1)
    assert got.assigned.n == 3
    assert got.coverage == pytest.approx(3 / 5)


@pytest.mark.parametrize(
    "missing", [None, "", float("nan"), np.float64("nan")], ids=["None", "empty", "nan", "nan of numpy"]
)
def test_rows_without_gold_are_dropped(missing: object) -> None:
    assert metrics.score([0, 0, 1], ["a", missing, "b"]).n == 2


def test_pandas_missing_values_are_dropped() -> None:
    pd = pytest.importorskip("pandas")
    assert metrics.score([0, 0, 1, 1], ["a", pd.NA, pd.NaT, "b"]).n_without_gold == 2


def test_nothing_to_score_is_nan_and_json_null() -> None:
    got = metrics.score([], [])
    assert got.n == got.n_clusters == got.n_true == 0
    assert math.isnan(got.nmi)
    assert math.isnan(got.coverage)
    plain = json.loads(json.dumps(got.as_dict(), allow_nan=False))
    assert plain["acc"] is None
    assert plain["assigned"]["ari"] is None
    assert plain["n"] == 0


def test_all_unassigned() -> None:
    got = metrics.score([-1, -1], ["a", "b"])
    assert got.coverage == 0
    assert got.acc == 0.5
    assert got.n_clusters == 0
    assert math.isnan(got.assigned.acc)


def test_one_sentence_scores_one() -> None:
    got = metrics.score([3], ["a"])
    assert [got.nmi, got.ami, got.ari, got.acc, got.purity, got.coverage] == [1] * 6


def test_many_singletons_warn_of_nothing() -> None:
    assert metrics.score(list(range(60)), [str(i) for i in range(60)]).acc == 1


def test_lengths_must_agree() -> None:
    with pytest.raises(InputError, match="same length, got 2 and 1"):
        metrics.score([0, 1], ["a"])
    with pytest.raises(InputError, match="same length"):
        metrics.nmi([0, 1], ["a"])


def test_coverage() -> None:
    assert metrics.coverage([0, -1, 4, -1]) == 0.5


def test_goodness_and_wilson_by_hand() -> None:
    """8 of 10, z = 1.96: middle (.8 + .19208) / 1.38416 = .71674; half 1.96 / 1.38416 * sqrt(.016 + .009604)
    = 1.41602 * .160012 = .22658: [.49016, .94332].
    """
    got = reliability.goodness([True] * 8 + [False] * 2 + [None])
    assert (got.n_good, got.n_bad, got.n_unreadable) == (8, 2, 1)
    assert got.value == pytest.approx(0.8)
    assert (got.low, got.high) == pytest.approx((0.49016, 0.94332), abs=1e-4)


def test_goodness_without_readable_verdicts() -> None:
    got = reliability.goodness([None])
    assert math.isnan(got.value)
    assert (got.low, got.high) == (0, 1)


@given(st.lists(st.booleans(), min_size=1))
def test_wilson_contains_the_share(verdicts: list[bool]) -> None:
    got = reliability.goodness(np.array(verdicts))
    assert 0 <= got.low <= got.value + 1e-12
    assert got.value - 1e-12 <= got.high <= 1
    assert got.low < got.high


def test_expected_goodness_by_hand() -> None:
    """P .9 and .7: w is .15, and the half is 1.96 · √(.15 / 2 + .15²) = .612."""
    got = reliability.expected_goodness([0.9, 0.7])
    assert [got.value, got.low, got.high] == pytest.approx([0.8, 0.8 - 0.612, 1.0], abs=1e-3)
    assert (got.n_good, got.n_bad) == (2, 0)


def test_many_clusters_do_not_make_expected_goodness_certain() -> None:
    """The clusters of a run err together: with more of them, the half goes to 1.96 · .25 = .49, and not to 0."""
    got = reliability.expected_goodness([0.5] * 100_000)
    assert [got.value, got.low, got.high] == pytest.approx([0.5, 0.01, 0.99], abs=1e-3)


def test_what_people_decided_is_certain() -> None:
    got = reliability.expected_goodness([1.0, 1.0, 0.0, 1.0])
    assert [got.value, got.low, got.high] == [0.75, 0.75, 0.75]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_expected_goodness_lies_in_its_interval(p_good: list[float]) -> None:
    got = reliability.expected_goodness(p_good)
    assert 0 <= got.low <= got.value + 1e-12
    assert got.value - 1e-12 <= got.high <= 1


def test_expected_goodness_of_no_cluster_is_unknown() -> None:
    got = reliability.expected_goodness([])
    assert math.isnan(got.value)
    assert (got.low, got.high) == (0.0, 1.0)


def test_goodness_refuses_a_level_outside() -> None:
    with pytest.raises(InputError, match="got 95"):
        reliability.goodness([True], confidence=95)


def test_diversity_by_hand() -> None:
    """Rows (1,0), (0,1): the centroid is at 45°, both are at 1 - cos 45°; a singleton at 0; -1 is out."""
    X = np.array([[1, 0], [0, 1], [1, 0], [-1, 0]], dtype=np.float32)
    assert metrics.diversity(X, [4, 4, 9, -1]) == pytest.approx((1 - math.sqrt(0.5)) / 2)


def test_diversity_edges() -> None:
    X = np.array([[1, 0], [-1, 0]], dtype=np.float32)
    assert metrics.diversity(X, [0, 0]) == 1
    assert math.isnan(metrics.diversity(X, [-1, -1]))
    assert math.isnan(metrics.diversity(X[:0], []))
    with pytest.raises(InputError, match="1 labels for 2 rows"):
        metrics.diversity(X, [0])


def test_fleiss_kappa_by_hand() -> None:
    """Three annotators, four items, good/bad: [3,0], [2,1], [1,2], [0,3].

    P_i = 1, (2*1 + 0)/6 = 1/3, 1/3, 1: mean 2/3. Shares 1/2, 1/2: chance 1/2.
    kappa = (2/3 - 1/2) / (1/2) = 1/3.
    """
    assert reliability.fleiss_kappa([[3, 0], [2, 1], [1, 2], [0, 3]]) == pytest.approx(1 / 3)
    assert reliability.fleiss_kappa([[2, 0], [0, 2]]) == pytest.approx(1)
    assert reliability.fleiss_kappa([[1, 1], [1, 1]]) == pytest.approx(-1)
    assert math.isnan(reliability.fleiss_kappa([[3, 0], [3, 0]]))


@pytest.mark.parametrize("table", [[], [[1, 0]], [[3, 0], [2, 0]], [[3, -1], [2, 0]], [1, 2]])
def test_fleiss_kappa_refuses_bad_tables(table: Any) -> None:
    with pytest.raises(InputError, match="fleiss_kappa needs"):
        reliability.fleiss_kappa(table)


def test_calibration_error_by_hand() -> None:
    """Bins of 0.5: {.2 no, .4 yes} gap |.3 - .5| = .2; {.5 yes, 1. yes} gap |.75 - 1| = .25: mean .225."""
    assert reliability.expected_calibration_error([0.2, 0.4, 0.5, 1.0], [0, 1, 1, 1], n_bins=2) == pytest.approx(0.225)
    assert reliability.expected_calibration_error([1.0, 0.0], [True, False]) == 0
    assert math.isnan(reliability.expected_calibration_error([], []))


def test_auc_by_hand() -> None:
    """True .9, .5 against false .5, .1: wins 1, 1, ½, 1 of 4."""
    assert reliability.auc([0.9, 0.5, 0.5, 0.1], [1, 1, 0, 0]) == pytest.approx(3.5 / 4)
    assert math.isnan(reliability.auc([0.9], [1]))


@pytest.mark.parametrize(
    ("p", "y", "message"),
    [
        ([1.2], [1], "between 0 and 1"),
        ([math.nan], [1], "between"),
        ([0.5], [2], "true and false"),
        ([0.5], [], "length"),
    ],
)
def test_probabilities_are_checked(p: list[float], y: list[int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        reliability.auc(p, y)
    with pytest.raises(InputError, match=message):
        reliability.expected_calibration_error(p, y)


def test_calibration_needs_a_bin() -> None:
    with pytest.raises(InputError, match="n_bins"):
        reliability.expected_calibration_error([0.5], [1], n_bins=0)
