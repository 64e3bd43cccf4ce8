"""How far a cluster stands apart from its neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.arrays import Matrix
from dialin.cluster.neighbours import evenly
from dialin.judge import isolation
from dialin.judge.calibration import calibration_of
from dialin.judge.coherence import CoherenceJudge, JudgeSettings, Mode
from dialin.judge.isolation import Isolation, isolation_of, nearest_rows
from dialin.judge.sample import sampler_of
from oracles import ScriptedLLM
from spheres import spheres


def on_circle(*degrees: float) -> Matrix:
    angles = np.deg2rad(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_the_near_view_is_narrower_by_hand() -> None:
    """Eight sentences 1° apart; two strangers lie just below the first of them, and two just above the last.

    Of the five nearest to 0°, 1°, 2° and 3°, 3, 3, 4 and 5 lie inside; of the seven nearest 5, 5, 5 and 6. The other
    half is the same: 30 of 40, and 42 of 56.
    """
    X = on_circle(0, 1, 2, 3, 4, 5, 6, 7, -0.25, -0.5, 7.25, 7.5)
    found = isolation_of(X, np.arange(8))
    assert found is not None
    assert (found.near, found.wide) == pytest.approx((30 / 40, 42 / 56))


def test_two_halves_of_one_ball_do_not_stand_apart_and_two_balls_do() -> None:
    one, two = spheres(1, 80), spheres(2, 40)
    half = np.arange(40)
    mixed, apart = isolation_of(one, half), isolation_of(two, half)
    assert mixed is not None
    assert apart == Isolation(1.0, 1.0)
    assert mixed.near < 0.7
    assert mixed.wide < 0.7


def test_a_single_sentence_has_no_neighbours_of_its_own() -> None:
    X = spheres(2, 5)
    assert isolation_of(X, np.array([3])) is None
    assert isolation_of(X, np.array([3, 4])) is not None


def test_a_pair_is_asked_for_one_neighbour_each() -> None:
    """0° and 10° with a stranger at 15°: 0° has 10°, 10° has 15°."""
    assert isolation_of(on_circle(0, 10, 15), np.array([0, 1])) == Isolation(0.5, 0.5)


@given(seed=st.integers(0, 99))
def test_the_order_of_the_sentences_does_not_matter(seed: int) -> None:
    X = spheres(3, 12, noise=0.4, seed=seed)
    order = np.random.default_rng(seed).permutation(len(X))
    placed = np.sort(np.argsort(order)[:12])
    found, again = isolation_of(X, np.arange(12)), isolation_of(X[order], placed)
    assert found is not None
    assert again is not None
    assert (again.near, again.wide) == pytest.approx((found.near, found.wide))


def test_of_a_large_cluster_an_even_sample_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine sentences 1° apart and a stranger at 8.5°; five are asked: 0°, 2°, 4°, 6° and 8°.

    The stranger is among the five nearest of 6° and 8°: 23 of 25. Of nine others, each has all but the farthest among
    its eight nearest: the stranger for 0°, 2° and 4°, and 0° for 6° and 8°: 38 of 40.
    """
    monkeypatch.setattr(isolation, "MAX_ASKED", 5)
    found = isolation_of(on_circle(*range(9), 8.5), np.arange(9))
    assert found is not None
    assert (found.near, found.wide) == pytest.approx((23 / 25, 38 / 40))


def test_a_large_corpus_is_searched_in_an_even_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six points, of which 0, 2 and 5 are searched (0, 2.5 and 5, rounded to even): 0 and 2 are the cluster's."""
    monkeypatch.setattr(isolation, "MAX_SEARCHED", 3)
    X = on_circle(0, 1, 2, 3, 40, 2.5)
    assert isolation_of(X, np.arange(4)) == Isolation(0.5, 0.5)  # of 2° the stranger at 2.5° is nearer
    assert isolation_of(X, np.array([1, 2])) is None  # a single one of them is searched


def test_the_nearest_come_first_and_never_the_row_itself() -> None:
    assert nearest_rows(on_circle(0, 10, 5, 90), np.array([0, 3]), 3).tolist() == [[2, 1, 3], [1, 2, 0]]


def test_of_equally_near_rows_the_first_ones_come_first() -> None:
    """Of four rows at 5° and three at 0°, the nearest of the first are the two others at 0°, then those at 5°."""
    assert nearest_rows(on_circle(0, 5, 5, 0, 5, 0, 5), np.array([0]), 4).tolist() == [[3, 5, 1, 2]]


@given(n=st.integers(0, 50), size=st.integers(2, 20))
def test_an_even_sample_is_ascending_and_has_both_ends(n: int, size: int) -> None:
    rows = np.arange(n)
    found = evenly(rows, size)
    assert len(found) == min(n, size)
    assert (np.diff(found) > 0).all()
    assert found[:1].tolist() + found[-1:].tolist() == rows[:1].tolist() + rows[-1:].tolist()


def judge_on(X: Matrix, mode: Mode = "geometry", strata: np.ndarray | None = None) -> CoherenceJudge:
    llm = ScriptedLLM() if mode == "llm" else None
    texts, settings = [str(i) for i in range(len(X))], JudgeSettings(mode=mode)
    return CoherenceJudge(texts, X, llm, sampler_of("convex", 2), settings, calibration_of("", "pairs"), strata)


def test_the_judge_is_surer_of_a_ball_than_of_half_a_ball() -> None:
    X = np.concatenate([spheres(2, 40)[:40], spheres(1, 80, seed=5)])
    judge = judge_on(X)
    whole, half = judge.confidence(np.arange(40)), judge.confidence(np.arange(40, 80))
    assert whole is not None
    assert half is not None
    assert half < 1 / 3 < whole


def test_neighbours_are_those_of_the_stratum() -> None:
    """Two roles say the same words: in a stratum of their own, the agents' sentences are no neighbours."""
    X = np.repeat(spheres(1, 40), 2, axis=0)
    strata = np.tile(np.array([0, 1], dtype=np.int64), 40)
    rows = np.arange(0, 80, 2)
    alone, together = judge_on(X, strata=strata).confidence(rows), judge_on(X).confidence(rows)
    assert alone is not None
    assert together is not None
    assert together < alone


def test_where_only_the_llm_judges_or_there_is_one_sentence_nothing_is_claimed() -> None:
    X = spheres(2, 20)
    assert judge_on(X, "llm").confidence(np.arange(20)) is None
    assert judge_on(X).confidence(np.array([3])) is None


def test_neighbours_are_the_same_in_whichever_blocks_they_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    X = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    asked = np.array([0, 7, 49])
    whole = nearest_rows(X, asked, 5)
    monkeypatch.setattr(isolation, "SEARCHED_AT_ONCE", 7)
    assert np.array_equal(nearest_rows(X, asked, 5), whole)
