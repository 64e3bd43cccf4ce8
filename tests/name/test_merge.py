"""The four variants on labels that can be checked by eye, the mixture by hand, and the chain that glued a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import iv

from dialin.arrays import Rows
from dialin.judge.verdict import Verdict
from dialin.name.label_graph import (
    Edge,
    MergeSettings,
    auto_kappa,
    auto_theta,
    cosines,
    distances,
    label_edges,
    same_intent_probability,
)
from dialin.name.merge import MergeResult, NearestGroups, both, components, verified
from oracles import BAD, GOOD, UNREADABLE, Constant, Matrix, Oracle, on_circle, unit

LABELS = on_circle(0, 10, 45, 90, 100, 180, 190, 270, 280)
"""Four pairs of labels 10° apart, and label 2 half-way between the first two pairs."""
PAIRS = [(0, 1), (3, 4), (5, 6), (7, 8)]


def singles(n: int) -> list[Rows]:
    return [np.array([i]) for i in range(n)]


def cone(w: float = 1.2, n_intents: int = 40, each: int = 5) -> tuple[Matrix, NDArray[np.int64]]:
    """Labels around the axis of a cone (the smaller `w`, the wider), as embedders place short texts, and intents."""
    rng, d = np.random.default_rng(0), 32
    gold = np.repeat(np.arange(n_intents), each)
    centres = unit(rng.normal(size=(n_intents, d)))[gold] + w * np.eye(d)[0]
    return unit(centres + rng.normal(scale=0.05, size=(len(gold), d))), gold


# --- distances and edges -----------------------------------------------------------------------------------------


def test_distances() -> None:
    """60° apart: π/3 radians, or 1 − ½. Opposite: π, or 2."""
    L = on_circle(0, 60, 180)
    np.testing.assert_allclose(distances(L, "geodesic")[0], [0, np.pi / 3, np.pi], atol=1e-3)
    np.testing.assert_allclose(distances(L, "cosine")[0], [0, 0.5, 2], atol=1e-6)


def test_equal_labels_are_at_zero_distance_despite_rounding() -> None:
    L = unit(np.random.default_rng(0).normal(size=(50, 384)))
    assert np.all(np.diag(cosines(L)) == 1)
    assert np.all(np.isfinite(distances(np.repeat(L, 2, axis=0), "geodesic")))


@pytest.mark.parametrize(
    ("distance", "theta", "expected"),
    [
        ("geodesic", 0.2, PAIRS),  # 0.2 rad = 11.5°
        ("geodesic", 0.7, [*PAIRS, (1, 2)]),  # 40.1°: 10° and 45° too
        ("geodesic", 0.8, [*PAIRS, (1, 2), (0, 2), (2, 3)]),  # 45.8°
        ("cosine", 0.15, PAIRS),  # 1 − cos 31.8°
        ("cosine", 0.24, [*PAIRS, (1, 2)]),  # 40.5°
        ("cosine", 0.3, [*PAIRS, (1, 2), (0, 2), (2, 3)]),  # 45.6°
    ],
)
def test_deterministic_edges(distance: Literal["geodesic", "cosine"], theta: float, expected: list[Edge]) -> None:
    edges = label_edges(LABELS, MergeSettings(distance, probabilistic=False, theta=theta))
    assert set(edges) == set(expected)
    lengths = [distances(LABELS, distance)[edge] for edge in edges]
    assert lengths == sorted(lengths)


@pytest.mark.parametrize(("distance", "theta"), [("geodesic", 0.8), ("cosine", 0.3)])
def test_probabilistic_edges(distance: Literal["geodesic", "cosine"], theta: float) -> None:
    """At κ = 20 labels 45° apart hardly share an intent, at κ = 2 hardly any two can be told apart for sure."""
    sharp = label_edges(LABELS, MergeSettings(distance, theta=theta, tau=0.7, kappa=20))
    assert set(sharp) == set(PAIRS)
    P = same_intent_probability(LABELS, 20)
    assert all(P[edge] > 0.7 for edge in PAIRS)
    assert P[1, 2] < 0.7
    assert label_edges(LABELS, MergeSettings(distance, theta=theta, tau=0.9, kappa=20)) == []


@pytest.mark.parametrize("distance", ["geodesic", "cosine"])
@pytest.mark.parametrize("probabilistic", [True, False])
def test_auto_theta_gives_a_label_one_neighbour_on_average(
    distance: Literal["geodesic", "cosine"], probabilistic: bool
) -> None:
    edges = label_edges(cone()[0], MergeSettings(distance, probabilistic))
    assert len(edges) <= 100
    assert probabilistic or len(edges) == 100


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_labels_for_an_edge(n: int) -> None:
    assert label_edges(LABELS[:n], MergeSettings()) == []


def test_neighbours_propose_each_other_nearest_first() -> None:
    """Each label's nearest: the other of its pair, and for 45° the one at 10°; 35° are farther than 10°."""
    pairs = NearestGroups(LABELS).ranked(dict(enumerate(singles(9))), [], [])
    assert pairs == [*PAIRS, (1, 2)]


def test_refused_neighbours_are_passed_over_and_who_was_refused_twice_proposes_nobody() -> None:
    """0° was refused by 10°, so its next is 45°; 10° was by 45°, too, and waits: but others still propose to it."""
    rows, X = dict(enumerate(singles(3))), LABELS[:3]
    assert NearestGroups(X).ranked(rows, [], [(0, 1)]) == [(1, 2), (0, 2)]
    assert NearestGroups(X).ranked(rows, [], [(0, 1), (1, 2)]) == [(0, 2)]
    assert NearestGroups(X).ranked(rows, [], [(0, 1), (1, 2), (0, 2)]) == []


def test_linked_groups_go_by_how_near_they_are_too() -> None:
    """0° and 45° are linked by their labels; 0° and 10° are nearer."""
    assert NearestGroups(LABELS[:3]).ranked(dict(enumerate(singles(3))), [(0, 2)], []) == [(0, 1), (1, 2), (0, 2)]


def test_what_lies_apart_has_no_neighbour_but_may_be_linked() -> None:
    """10° lies apart: 0° proposes 45°, its next; the link of the labels of 0° and 10° stands."""
    near = NearestGroups(LABELS[:3], alone=frozenset({1}))
    rows = dict(enumerate(singles(3)))
    assert near.ranked(rows, [], []) == [(0, 2)]
    assert near.ranked(rows, [(0, 1)], []) == [(0, 1), (0, 2)]
    assert NearestGroups(LABELS[:3], alone=frozenset({0, 1, 2})).ranked(rows, [], []) == []


def test_one_group_has_no_neighbour() -> None:
    assert NearestGroups(LABELS[:1]).ranked({0: np.array([0])}, [], []) == []
    assert verified(singles(1), [], Constant(GOOD), NearestGroups(LABELS[:1])).groups == ((0,),)
    assert verified([], [], Constant(GOOD), NearestGroups(LABELS[:1])).groups == ()


# --- auto --------------------------------------------------------------------------------------------------------


def test_equal_labels_are_at_distance_zero_whatever_rounding_says() -> None:
    """Six labels, of two kinds: nine pairs are at 0, so θ is 0 and all of a kind are linked."""
    rng = np.random.default_rng(0)
    kinds = rng.normal(size=(2, 384)).astype(np.float32)
    L = np.repeat(kinds / np.linalg.norm(kinds, axis=1, keepdims=True), 3, axis=0)
    D = distances(L * np.float32(1 - 1e-7), "geodesic")
    assert (D[:3, :3] == 0).all()
    assert auto_theta(D) == 0


def test_auto_theta() -> None:
    """Four labels at 0°, 1°, 3°, 7° have the distances 1, 2, 3, 4, 6, 7: the second, for two pairs, is 2°."""
    assert np.degrees(auto_theta(distances(on_circle(0, 1, 3, 7), "geodesic"))) == pytest.approx(2, abs=1e-2)
    assert auto_theta(np.array([[0, 0.4], [0.4, 0]])) == 0.4
    assert auto_theta(np.zeros((1, 1))) == 0


def test_auto_kappa() -> None:
    """Two pairs with cosine .64 within, nothing between: κ = 1 / (1 − .64) = 2.778."""
    L = np.array([[1, 0, 0, 0], [0.64, np.sqrt(1 - 0.64**2), 0, 0], [0, 0, 1, 0], [0, 0, 0.64, np.sqrt(1 - 0.64**2)]])
    assert auto_kappa(L) == pytest.approx(1 / 0.36)


def test_auto_kappa_is_finite_for_equal_and_for_opposite_labels() -> None:
    for degrees in ((0, 0), (0, 180), (0,)):
        assert 0 < auto_kappa(on_circle(*degrees)) < np.inf


def test_auto_kappa_links_labels_of_one_intent() -> None:
    """Forty tight groups of five labels each, far from each other: the probability must find some of them."""
    L, gold = cone(w=0.6)
    P = same_intent_probability(L, auto_kappa(L))
    same = np.triu(gold[:, None] == gold[None, :], 1)
    assert (P[same] > 0.7).mean() > 0.5


# --- the mixture -------------------------------------------------------------------------------------------------


def vmf_density(x: NDArray[np.floating], mean: NDArray[np.floating], kappa: float) -> float:
    """p(x | μ, κ) = C_d(κ) exp(κ μ·x) with C_d(κ) = κ^(d/2−1) / ((2π)^(d/2) I_{d/2−1}(κ)), as in the paper."""
    d = len(x)
    normaliser = kappa ** (d / 2 - 1) / ((2 * np.pi) ** (d / 2) * iv(d / 2 - 1, kappa))
    return float(normaliser * np.exp(kappa * (mean @ x)))


def test_our_density_is_one() -> None:
    """It integrates to 1 over the circle (10,000 equal steps), so the check below is one of C_d(κ) too."""
    points = on_circle(*np.arange(0, 360, 0.036)).astype(np.float64)
    mean = np.mean([vmf_density(x, np.array([1.0, 0.0]), 3.0) for x in points])
    assert mean * 2 * np.pi == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("d", [2, 3, 5])
@pytest.mark.parametrize("m", [1, 2, 6])
@pytest.mark.parametrize("kappa", [0.5, 8.0])
def test_the_probability_is_that_of_the_densities(d: int, m: int, kappa: float) -> None:
    """same = Σ π p(l_i|m) p(l_j|m), apart = (Σ π p(l_i|m)) (Σ π p(l_j|m)); C_d(κ) is in here, and cancels."""
    L = unit(np.random.default_rng(d).normal(size=(m, d))).astype(np.float64)
    p = np.array([[vmf_density(x, mean, kappa) for mean in L] for x in L])
    same = p @ p.T / m
    apart = np.outer(p.mean(axis=1), p.mean(axis=1))
    np.testing.assert_allclose(same_intent_probability(L, kappa), same / (same + apart), rtol=1e-5)


def test_probability_of_two_labels_by_hand() -> None:
    """Cosine 0 and κ = 2: p(i|i) = C e², p(i|j) = C.

    same = ½ (e² + e²) C² = 7.389 C²; apart = (½ (e² + 1))² C² = 4.1945² C² = 17.594 C²;
    P = 7.389 / 24.983 = .2958. For equal labels same = apart: P = ½, the prior.
    """
    assert same_intent_probability(on_circle(0, 90), 2.0)[0, 1] == pytest.approx(0.2958, abs=1e-4)
    assert same_intent_probability(on_circle(7, 7), 2.0)[0, 1] == pytest.approx(0.5)


def test_probability_is_safe_at_a_large_kappa() -> None:
    P = same_intent_probability(LABELS, 1e6)
    assert np.all(np.isfinite(P))
    np.testing.assert_allclose(P, P.T)
    assert P[0, 5] == pytest.approx(0, abs=1e-9)


@given(seed=st.integers(0, 99), m=st.integers(1, 12), kappa=st.floats(0.01, 500))
@settings(max_examples=30)
def test_probability_is_one_and_nobody_is_surer_than_of_itself(seed: int, m: int, kappa: float) -> None:
    """Cauchy-Schwarz: same_ij² ≤ same_ii same_jj."""
    P = same_intent_probability(unit(np.random.default_rng(seed).normal(size=(m, 4))), kappa)
    odds = P / (1 - P)
    assert np.all((P >= 0) & (P <= 1))
    assert np.all(odds**2 <= np.outer(np.diag(odds), np.diag(odds)) * (1 + 1e-6))


# --- groups ------------------------------------------------------------------------------------------------------


def test_components() -> None:
    assert components(6, [(0, 4), (4, 2), (1, 5)]).groups == ((0, 2, 4), (1, 5), (3,))
    assert components(3, []).groups == ((0,), (1,), (2,))
    assert components(0, []).groups == ()


def test_verified_asks_about_the_union_of_all_so_far() -> None:
    """0-1 is good, so the next question is about 0, 1 and 2 together, which nobody would call one intent."""
    oracle = Oracle(np.array([0, 0, 1]))
    merged = verified(singles(3), [(0, 1), (1, 2)], oracle)
    assert oracle.asked == [frozenset({0, 1}), frozenset({0, 1, 2})]
    assert merged == MergeResult(((0, 1), (2,)), {(0, 1): GOOD})


class InTurn(Constant):
    """Gives the verdicts in turn, and writes down what it was asked about."""

    def __init__(self, *p_good: float) -> None:
        super().__init__(GOOD)
        self.verdicts, self.asked = iter([Verdict.of(p) for p in p_good]), list[tuple[list[int], list[int]]]()

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        self.asked += [(a.tolist(), b.tolist()) for a, b in pairs]
        return [next(self.verdicts) for _ in pairs]


def test_the_verdict_kept_is_that_of_the_whole_group() -> None:
    merged = verified(singles(3), [(0, 1), (1, 2)], InTurn(0.98, 0.99))
    assert merged.verdicts == {(0, 1, 2): Verdict.of(0.99)}


def test_a_good_that_is_not_sure_is_asked_about_again_by_half_of_the_sentences() -> None:
    """Odds of 4 and of 9 make √36 = 6, hence 6/7."""
    judge = InTurn(0.8, 0.9)
    merged = verified([np.array([4, 2, 0]), np.array([1, 3, 5, 7])], [(0, 1)], judge)
    assert judge.asked == [([4, 2, 0], [1, 3, 5, 7]), ([0, 4], [1, 5])]
    assert merged.groups == ((0, 1),)
    assert merged.verdicts[0, 1].p_good == pytest.approx(6 / 7)


@pytest.mark.parametrize("second", [0.2, 0.1])
def test_a_second_answer_that_says_no_as_loud_refuses(second: float) -> None:
    assert verified([np.arange(3), np.arange(3, 6)], [(0, 1)], InTurn(0.8, second)).groups == ((0,), (1,))


def test_one_answer_is_enough_where_it_is_sure_or_bad_or_nothing_is_left_to_halve() -> None:
    for clusters, p in (
        ([np.arange(3), np.arange(3, 6)], 0.98),
        ([np.arange(3), np.arange(3, 6)], 0.4),
        (singles(2), 0.6),
    ):
        judge = InTurn(p)
        assert len(verified(clusters, [(0, 1)], judge).groups) == (2 if p < 0.5 else 1)
        assert len(judge.asked) == 1


def test_both_counts_the_questions_of_both() -> None:
    assert both(Verdict(0.9, GOOD.coherence, "llm", 2), Verdict(0.9, GOOD.coherence, "llm", 1)).n_asked == 3


def test_a_group_that_grew_is_proposed_again() -> None:
    """0° is refused by 10°; 10° and 20° join, and 0° meets both, which is another set of sentences."""
    X, judge = on_circle(0, 10, 20), InTurn(0.1, 0.99, 0.99)
    assert verified(singles(3), [], judge, NearestGroups(X)).groups == ((0, 1, 2),)
    assert [sorted(a + b) for a, b in judge.asked] == [[0, 1], [1, 2], [0, 1, 2]]


def test_a_refused_pair_may_still_meet_in_a_larger_union() -> None:
    """0-1 is refused; 1 and 2 join, and the edge 0-2 brings 0 to both: another set of sentences, asked anew."""
    oracle = Oracle(np.zeros(3, dtype=np.int64), wrong={frozenset({0, 1}): BAD})
    merged = verified(singles(3), [(0, 1), (1, 2), (0, 2)], oracle)
    assert merged.groups == ((0, 1, 2),)
    assert oracle.asked == [frozenset({0, 1}), frozenset({1, 2}), frozenset({0, 1, 2})]


@pytest.mark.parametrize("verdict", [BAD, UNREADABLE])
def test_what_is_not_good_is_not_merged(verdict: Verdict) -> None:
    assert verified(singles(3), [(0, 1), (0, 2)], Constant(verdict)).groups == ((0,), (1,), (2,))


def test_edges_far_from_each_other_are_judged_in_one_batch() -> None:
    batches: list[int] = []

    class Counting(Constant):
        def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
            batches.append(len(pairs))
            return super().judge_unions(pairs)

    verified(singles(9), PAIRS, Counting(BAD))
    assert batches == [4]


edges_of = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda e: e[0] < e[1]), max_size=25),
    )
)


@given(graph=edges_of, seed=st.integers(0, 99), n_gold=st.integers(1, 4))
def test_groups_partition_the_clusters_and_no_union_is_judged_twice(
    graph: tuple[int, list[Edge]], seed: int, n_gold: int
) -> None:
    n, edges = graph
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, n_gold, size=2 * n)
    clusters = [np.array([i, n + i]) for i in range(n)]
    oracle = Oracle(gold)
    merged, plain = verified(clusters, edges, oracle), components(n, edges)
    for groups in (merged.groups, plain.groups):
        assert sorted(i for group in groups for i in group) == list(range(n))
        assert all(group == tuple(sorted(group)) for group in groups)
    assert len(oracle.asked) == len(set(oracle.asked))
    component = {i: g for g, group in enumerate(plain.groups) for i in group}
    for group in merged.groups:
        assert len({component[i] for i in group}) == 1
        rows = np.concatenate([clusters[i] for i in group])
        assert len(group) == 1 or len(np.unique(gold[rows])) == 1
    assert set(merged.verdicts) == {group for group in merged.groups if len(group) > 1}


@given(graph=edges_of)
@settings(max_examples=40)
def test_a_judge_that_always_agrees_gives_the_components(graph: tuple[int, list[Edge]]) -> None:
    n, edges = graph
    assert set(verified(singles(n), edges, Constant(GOOD)).groups) == set(components(n, edges).groups)


# --- the failure of DESIGN.md §1 ---------------------------------------------------------------------------------


def test_the_chain_that_swallowed_a_corpus_glues_nothing_when_verified() -> None:
    """200 labels of 40 intents in a narrow cone, the paper's θ = 0.8 rad.

    Their components put more than 90 % of the labels into one intent. The same edges, verified by a judge who
    knows, give the 40 intents.
    """
    L, gold = cone()
    edges = label_edges(L, MergeSettings(probabilistic=False, theta=0.8))
    assert max(map(len, components(200, edges).groups)) > 0.9 * 200
    merged = verified(singles(200), edges, Oracle(gold))
    assert all(len(np.unique(gold[list(group)])) == 1 for group in merged.groups)
    assert len(merged.groups) == 40


def test_auto_theta_does_not_chain_where_the_papers_does() -> None:
    L, _ = cone()
    edges = label_edges(L, MergeSettings(probabilistic=False, theta="auto"))
    assert max(map(len, components(200, edges).groups)) < 0.1 * 200


def test_a_judge_that_errs_now_and_then_does_not_chain_either() -> None:
    """One false good in twenty glues a few intents, not the corpus."""
    L, gold = cone()
    rng = np.random.default_rng(0)

    class Erring(Oracle):
        def _verdict(self, rows: Rows) -> Verdict:
            true = super()._verdict(rows)
            return GOOD if rng.random() < 0.05 else true

    edges = label_edges(L, MergeSettings(probabilistic=False, theta=0.8))
    merged = verified(singles(200), edges, Erring(gold))
    assert max(map(len, merged.groups)) < 0.25 * 200
