"""Algorithm 1: what a round takes is gone, and every way to stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.arrays import Rows
from dialin.cluster.partition import Agglomerative, Partition
from dialin.judge.verdict import Judge, Verdict
from dialin.search.best_k import KSearch
from dialin.search.iterate import Loop, Round, iterate
from dialin.search.tree_search import TreeSearch
from dialin.search.trial import Ask, Search, SearchResult, Trial
from oracles import BAD, GOOD, UNREADABLE, Constant, Matrix, Oracle, blobs, parts, sets

SEARCHES: list[Search] = [TreeSearch(3), KSearch(min_size=3), KSearch((4, 8), min_size=3)]


def rounds_of(X: Matrix, judge: Oracle | Constant, search: Search | None = None, **loop: Any) -> list[Round]:
    own = search or TreeSearch(3)
    return list(iterate(X, np.arange(len(X)), judge, Loop(Agglomerative(), lambda _: own, **loop)))


class Hashing(Judge):
    """Judges by a hash of the rows: any answer may come, the same one each time."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        return [self._verdict(np.sort(rows)) for rows in clusters]

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        raise AssertionError("the loop merges nothing")

    def _verdict(self, rows: Rows) -> Verdict:
        return (GOOD, BAD, BAD, UNREADABLE, Verdict.of(0.6))[crc32(rows.tobytes(), self.seed) % 5]


@given(
    sizes=st.lists(st.integers(1, 12), max_size=6),
    seed=st.integers(0, 999),
    which=st.integers(0, len(SEARCHES) - 1),
    epsilon=st.sampled_from([0.0, 0.05, 0.4]),
    max_rounds=st.integers(1, 5),
)
def test_each_round_shrinks_the_rest_or_ends_the_loop(
    sizes: list[int], seed: int, which: int, epsilon: float, max_rounds: int
) -> None:
    X, _ = blobs(sizes, seed=seed)
    loop = Loop(Agglomerative(), lambda _: SEARCHES[which], epsilon, max_rounds)
    rounds = list(iterate(X, np.arange(len(X)), Hashing(seed), loop))
    rest = set(range(len(X)))
    for i, round_ in enumerate(rounds):
        assert round_.n_rest == len(rest) > epsilon * len(X)
        taken = [int(row) for cluster in round_.clusters for row in cluster]
        assert len(taken) == len(set(taken))
        assert set(taken) <= rest
        assert len(round_.verdicts) == len(round_.clusters)
        assert taken or i == len(rounds) - 1
        rest -= set(taken)
    ended = len(rest) <= epsilon * len(X) or len(rounds) == max_rounds
    assert ended or not rounds[-1].clusters


@pytest.mark.parametrize("search", [TreeSearch(3), KSearch((6,))])
def test_a_perfect_judge_takes_everything_in_one_round(search: Search) -> None:
    X, gold = blobs([5, 9, 20, 7, 4, 6])
    rounds = rounds_of(X, Oracle(gold), search)
    assert len(rounds) == 1
    assert sets(rounds[0].clusters) == parts(gold)


def test_a_later_round_sees_only_the_rest_and_reports_rows_of_the_whole() -> None:
    """k = 2 cuts a near pair of blobs from a far one: the far one is kept first, then the pair, apart."""
    X, gold = blobs([10, 10, 10])
    X = X + np.where(gold[:, None] < 2, np.array([[0.9, 0.9, 0, 0]]), 0)
    X = np.asarray(X / np.linalg.norm(X, axis=1, keepdims=True), dtype=np.float32)
    oracle = Oracle(gold)
    rounds = rounds_of(X, oracle, KSearch((2,)))
    assert [round_.n_rest for round_ in rounds] == [30, 20]
    assert sets(rounds[0].clusters) == {frozenset(np.flatnonzero(gold == 2).tolist())}
    assert sets(rounds[1].clusters) == parts(gold) - sets(rounds[0].clusters)


class Greedy:
    """Keeps the first `share` sentences of what is left, and remembers the log it was given."""

    def __init__(self, share: int) -> None:
        self.share = share
        self.logs: list[tuple[Trial, ...]] = []

    def __call__(self, partition: Partition, ask: Ask, log: Sequence[Trial]) -> SearchResult:
        self.logs.append(tuple(log))
        kept = np.arange(min(self.share, partition.n))
        return SearchResult((kept,), (GOOD,), (Trial(partition.n, 1, 0),), 1)


def test_stops_at_epsilon() -> None:
    """100 sentences, 30 a round: 100, 70, 40, 10 are left; 10 ≤ .1 · 100 ends it, 10 > .09 · 100 does not."""
    X, _ = blobs([100])
    assert [r.n_rest for r in rounds_of(X, Constant(GOOD), Greedy(30), epsilon=0.1, max_rounds=9)] == [100, 70, 40]
    assert len(rounds_of(X, Constant(GOOD), Greedy(30), epsilon=0.09, max_rounds=9)) == 4
    assert len(rounds_of(X, Constant(GOOD), Greedy(30), epsilon=0.0, max_rounds=9)) == 4


def test_stops_at_t_max() -> None:
    X, _ = blobs([100])
    assert len(rounds_of(X, Constant(GOOD), Greedy(1), epsilon=0.0, max_rounds=7)) == 7


def test_the_log_grows_by_the_trials_of_each_round() -> None:
    X, _ = blobs([10])
    greedy = Greedy(4)
    rounds_of(X, Constant(GOOD), greedy, epsilon=0.0)
    assert greedy.logs == [(), (Trial(10, 1, 0),), (Trial(10, 1, 0), Trial(6, 1, 0))]


@pytest.mark.parametrize("search", SEARCHES)
def test_all_bad_ends_with_one_empty_round(search: Search) -> None:
    X, _ = blobs([10, 10])
    rounds = rounds_of(X, Constant(BAD), search)
    assert [round_.clusters for round_ in rounds] == [()]
    assert sum(trial.good for trial in rounds[0].trials) == 0


@pytest.mark.parametrize("search", [SEARCHES[0], SEARCHES[1], SEARCHES[2]])
def test_all_unreadable_is_counted_and_kept_nowhere(search: Search) -> None:
    X, _ = blobs([40, 40])
    rounds = rounds_of(X, Constant(UNREADABLE), search)
    assert [round_.clusters for round_ in rounds] == [()]
    assert all(trial.unreadable and not trial.good for trial in rounds[0].trials)


@pytest.mark.parametrize("search", SEARCHES)
def test_all_good_takes_all_in_one_round(search: Search) -> None:
    X, _ = blobs([40, 40])
    rounds = rounds_of(X, Constant(GOOD), search)
    assert len(rounds) == 1
    assert sum(map(len, rounds[0].clusters)) == 80


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize("verdict", [GOOD, BAD, UNREADABLE])
def test_hardly_any_sentences(search: Search, n: int, verdict: Verdict) -> None:
    X, _ = blobs([n])
    rounds = rounds_of(X, Constant(verdict), search)
    assert [round_.n_rest for round_ in rounds] == [n][: n > 0]
    assert all(round_.clusters == () for round_ in rounds)


@pytest.mark.parametrize("search", SEARCHES)
def test_duplicates(search: Search) -> None:
    """Fifty equal vectors, and twenty of another kind: together where the judge says so."""
    X = np.eye(4, dtype=np.float32)[[0] * 50 + [1] * 20]
    gold = np.array([0] * 50 + [1] * 20)
    rounds = rounds_of(X, Oracle(gold), search)
    kept = [rows for round_ in rounds for rows in round_.clusters]
    assert all(len(np.unique(gold[rows])) == 1 for rows in kept)
    assert sum(map(len, kept)) > 35


def test_the_rounds_come_one_by_one() -> None:
    """A caller that stops after a round has paid for that round only: here, for the two clusters of k = 2."""
    X, gold = blobs([10] * 4)
    oracle = Oracle(gold)
    rounds = iterate(X, np.arange(len(X)), oracle, Loop(Agglomerative(), lambda _: KSearch((2,))))
    assert oracle.asked == []
    next(rounds)
    assert len(oracle.asked) == 2
