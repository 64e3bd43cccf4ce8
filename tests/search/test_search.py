"""The paper's search against its own log, and the tree search against exact enumeration and a perfect judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dialin.arrays import Rows
from dialin.cluster.cuts import levels
from dialin.cluster.partition import Agglomerative, KMeans
from dialin.cluster.tree import Tree
from dialin.discover.context import default_min_size
from dialin.errors import InputError
from dialin.judge.calibration import calibration_of
from dialin.judge.coherence import CoherenceJudge, JudgeSettings
from dialin.judge.sample import sampler_of
from dialin.judge.verdict import UNASKED_VERDICT, Coherence, Verdict
from dialin.search.best_k import KSearch, default_candidates
from dialin.search.prune import build_prune_prompt, parse_pruned, prune_with
from dialin.search.tree_search import TreeSearch, best_antichain, posterior
from dialin.search.trial import Ask, Trial, Unit
from oracles import BAD, GOOD, UNREADABLE, BagOfWords, Constant, Oracle, ScriptedLLM, blobs, parts, sets, talk


@dataclass
class Cuts:
    """A partition whose cuts are given."""

    labels: dict[int, NDArray[np.int64]]

    @property
    def n(self) -> int:
        return len(next(iter(self.labels.values())))

    def cut(self, k: int) -> NDArray[np.int64]:
        return self.labels[k]


def cut_of(*sizes: int) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(sizes)), sizes)


def by_size(good: set[int], unreadable: frozenset[int] = frozenset()) -> Ask:
    """Judge a cluster by its size, so that a hand-made cut can be told off at a glance."""

    def ask(clusters: Sequence[Rows]) -> list[Verdict]:
        return [GOOD if len(c) in good else UNREADABLE if len(c) in unreadable else BAD for c in clusters]

    return ask


TABLE_16 = cut_of(*[2568] * 7, 2572, *[2878] * 11, 2879)
"""20 clusters of 55,085 sentences: 7 · 2,568 + 2,572 = 20,548 of them good, 11 · 2,878 + 2,879 = 34,537 bad."""


@pytest.mark.parametrize(
    ("unit", "good", "bad", "ratio"),
    [("sentences", 20_548, 34_537, 0.595), ("clusters", 8, 12, 0.615)],
)
def test_log_of_the_papers_table_16(unit: Unit, good: int, bad: int, ratio: float) -> None:
    """20,548 / (34,537 + 1) = .5949, in sentences; 8 / (12 + 1) = .6154, in clusters."""
    found = KSearch((20,), unit)(Cuts({20: TABLE_16}), by_size({2568, 2572}), [])
    assert found.trials == (Trial(20, good, bad),)
    assert found.trials[0].ratio == pytest.approx(ratio, abs=5e-4)
    assert found.best_k == 20
    assert [len(rows) for rows in found.clusters] == [2568] * 7 + [2572]


def test_the_unit_decides() -> None:
    """Of 100 sentences: k = 2 has 60 good and 40 bad; k = 3 has 20 + 30 good and 50 bad.

    In sentences 60 / 41 = 1.46 beats 50 / 51 = 0.98; in clusters 1 / 2 = 0.5 loses to 2 / 2 = 1.
    """
    partition = Cuts({2: cut_of(60, 40), 3: cut_of(20, 30, 50)})
    ask = by_size({60, 20, 30})
    assert KSearch((2, 3), "sentences")(partition, ask, []).best_k == 2
    assert KSearch((2, 3), "clusters")(partition, ask, []).best_k == 3


def test_kept_are_the_good_clusters_of_the_best_k() -> None:
    partition = Cuts({2: cut_of(60, 40), 3: cut_of(20, 30, 50)})
    found = KSearch((2, 3))(partition, by_size({60, 20, 30}), [])
    assert sets(found.clusters) == {frozenset(range(60))}
    assert found.verdicts == (GOOD,)
    assert found.trials == (Trial(2, 60, 40), Trial(3, 50, 50))


def test_of_equal_ratios_the_smallest_k() -> None:
    """Ten of 20 sentences are good at each k: 10 / 11, three times."""
    partition = Cuts({k: cut_of(10, *[1] * (k - 2), 12 - k) for k in (4, 3, 5)})
    found = KSearch((5, 3, 4))(partition, by_size({10}), [])
    assert {trial.ratio for trial in found.trials} == {10 / 11}
    assert found.best_k == 3


def test_unreadable_counts_apart() -> None:
    """10 good, 20 bad, 30 unreadable: 10 / 21, and what nobody could read is not kept."""
    found = KSearch((3,))(Cuts({3: cut_of(10, 20, 30)}), by_size({10}, frozenset({30})), [])
    assert found.trials == (Trial(3, 10, 20, 30),)
    assert found.trials[0].ratio == 10 / 21
    assert len(found.clusters) == 1


def test_small_clusters_are_bad_unasked() -> None:
    asked: list[int] = []

    def ask(clusters: Sequence[Rows]) -> list[Verdict]:
        asked.extend(map(len, clusters))
        return [GOOD] * len(clusters)

    found = KSearch((3,), min_size=5)(Cuts({3: cut_of(4, 5, 6)}), ask, [])
    assert asked == [5, 6]
    assert found.trials == (Trial(3, 11, 4),)
    assert sorted(map(len, found.clusters)) == [5, 6]


def test_nothing_good_keeps_nothing() -> None:
    partition = Cuts({2: cut_of(5, 5), 3: cut_of(5, 2, 3)})
    found = KSearch((2, 3))(partition, Constant(BAD).judge, [])
    assert found.clusters == found.verdicts == ()
    assert [trial.ratio for trial in found.trials] == [0, 0]


def test_k_beyond_the_sentences_is_not_tried() -> None:
    X, _ = blobs([4, 4])
    found = KSearch((2, 8, 9, 500))(Agglomerative().fit(X), Constant(BAD).judge, [])
    assert [trial.k for trial in found.trials] == [2, 8]
    found = KSearch((500,))(Agglomerative().fit(X), Constant(BAD).judge, [])
    assert [trial.k for trial in found.trials] == [2]  # none fits: the default


def test_default_min_size() -> None:
    """√n / 8, at least 4: √900 / 8 = 3.75 -> 4; √3000 / 8 = 6.8 -> 7; √1,000,000 / 8 = 125."""
    assert [default_min_size(n) for n in (0, 1, 900, 3000, 1_000_000)] == [4, 4, 4, 7, 125]


@given(n=st.integers(0, 10**6), min_size=st.integers(1, 200))
def test_default_candidates(n: int, min_size: int) -> None:
    candidates = default_candidates(n, min_size)
    assert 1 <= len(candidates) <= 5
    assert list(candidates) == sorted(set(candidates))
    assert candidates[0] >= 2
    assert candidates[-1] == max(2, n // (4 * min_size))


def test_each_set_is_asked_about_once_though_many_cuts_hold_it() -> None:
    """A cut at k and one at k + 1 share all clusters but two; the judge puts each set to the LLM once."""
    texts = sorted(talk({"parcel": 8, "refund": 8, "login": 8, "voucher": 8}))
    X = BagOfWords().encode(texts)
    llm = ScriptedLLM()
    asked = JudgeSettings(form="list", mode="llm", n_representatives=40)
    judge = CoherenceJudge(texts, X, llm, sampler_of("convex"), asked, calibration_of("", "list"))
    partition = Agglomerative().fit(X)
    first = KSearch((2, 3, 4, 5, 6))(partition, judge.judge, [])
    times = Counter(prompt.user for prompt in llm.prompts)
    assert set(times.values()) == {1}
    assert len(times) < 2 + 3 + 4 + 5 + 6
    assert first.best_k == 4
    assert KSearch((2, 3, 4, 5, 6))(partition, judge.judge, []).trials == first.trials
    assert len(llm.prompts) == len(times)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("24, 16, 8", [24, 16, 8]),
        ("1. 24\n2. 24\n3. 16", [24, 16]),
        ("我建议 16、8 和 24", [16, 8, 24]),
        ("k=9 and 7", []),
        ("", []),
        ("I am sorry", []),
    ],
)
def test_parse_pruned(reply: str, expected: list[int]) -> None:
    assert parse_pruned(reply, [8, 16, 24, 32]) == expected


def test_parse_pruned_keeps_the_top() -> None:
    assert parse_pruned("5 4 3 2 6 7", range(2, 9)) == [5, 4, 3, 2, 6]
    assert parse_pruned("5 4 3 2 6 7", range(2, 9), top=2) == [5, 4]


@given(reply=st.text(), candidates=st.lists(st.integers(2, 99)), top=st.integers(1, 9))
def test_pruned_are_distinct_candidates(reply: str, candidates: list[int], top: int) -> None:
    pruned = parse_pruned(reply, candidates, top)
    assert len(pruned) == len(set(pruned)) <= top
    assert set(pruned) <= set(candidates)


def test_prune_prompt_shows_log_and_candidates() -> None:
    user = build_prune_prompt([Trial(20, 20_548, 34_537)], [8, 16], 34_537).user
    for part in ("k=20", "good=20548", "bad=34537", "ratio=0.59", "34537 sentences", "8, 16"):
        assert part in user


def test_pruning_begins_with_the_second_round() -> None:
    X, _ = blobs([6, 6, 6])
    partition = Agglomerative().fit(X)
    seen: list[Sequence[int]] = []

    def prune(log: Sequence[Trial], candidates: Sequence[int], n_rest: int) -> list[int]:
        seen.append((*candidates, n_rest))
        return [3]

    search = KSearch((2, 3, 4), prune=prune)
    assert [t.k for t in search(partition, Constant(BAD).judge, []).trials] == [2, 3, 4]
    assert seen == []
    assert [t.k for t in search(partition, Constant(BAD).judge, [Trial(2, 1, 1)]).trials] == [3]
    assert seen == [(2, 3, 4, 18)]


@pytest.mark.parametrize(("reply", "tried"), [("4, 2", [2, 4]), ("none of them", [2, 3, 4])])
def test_the_llm_prunes_and_a_useless_reply_prunes_nothing(reply: str, tried: list[int]) -> None:
    class Pruner(ScriptedLLM):
        def _reply(self, user: str) -> str:
            return reply

    X, _ = blobs([6, 6, 6])
    search = KSearch((2, 3, 4), prune=prune_with(Pruner()))
    found = search(Agglomerative().fit(X), Constant(BAD).judge, [Trial(2, 1, 1)])
    assert [trial.k for trial in found.trials] == tried


# --- the tree search ---------------------------------------------------------------------------------------------


@given(sizes=st.lists(st.integers(3, 20), min_size=1, max_size=9), seed=st.integers(0, 99))
@settings(max_examples=25)
def test_a_perfect_judge_finds_exactly_the_blobs_without_k(sizes: list[int], seed: int) -> None:
    X, gold = blobs(sizes, seed=seed)
    found = TreeSearch(3)(Agglomerative().fit(X), Oracle(gold).judge, [])
    assert sets(found.clusters) == parts(gold)
    assert found.best_k == len(sizes)
    assert all(verdict.good for verdict in found.verdicts)


def test_the_tree_search_asks_about_each_node_once_and_not_below_good_ones() -> None:
    """Eight blobs of 10: a good node's children are asked about, to be sure; theirs only where one is bad."""
    X, gold = blobs([10] * 8)
    oracle = Oracle(gold)
    TreeSearch(3)(Agglomerative().fit(X), oracle.judge, [])
    assert len(oracle.asked) == len(set(oracle.asked))
    assert len([rows for rows in oracle.asked if len(rows) > 10]) == 7
    assert len(oracle.asked) <= 15 + 2 * 8


def at(tree: Tree, k: int) -> NDArray[np.float64]:
    """Return the height of the cut into k, as the limit of each row."""
    inside = np.ones(len(tree.rows), np.bool_)
    return np.full(len(tree.rows), levels(tree, inside, np.array([float(k)]))[0])


def binary() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return 32 points that join two by two, five times, and eight intents of four points each."""
    bits = (np.arange(32)[:, None] >> np.arange(5)) & 1
    return (bits @ np.array([[1], [5], [25], [125], [625]])).astype(np.float32), np.arange(32) // 4


@pytest.mark.parametrize(
    ("k", "sizes"),
    [
        (8, {4: 8, 8: 4}),
        (4, {8: 4, 4: 8}),
        (16, {2: 16, 4: 8, 8: 4}),
        (1, {32: 1, 16: 2, 8: 4, 4: 8, 2: 16}),
        (32, {}),
    ],
)
def test_asking_begins_in_the_middle(k: int, sizes: dict[int, int]) -> None:
    """A judge that is sure, asked from a cut into k on; `sizes`: how many sets of each size it was asked about.

    From the intents on, all good: their 4 pairs, all bad, so nobody asks about what is above. From the 4 pairs, all
    bad: their children. From 16 halves: the 8 intents, and the 4 pairs. From the root down all 15, and the 16 halves,
    since there a good is confirmed. The 32 single points are too small to ask about; what is above them is not.
    """
    X, gold = binary()
    tree, oracle = Agglomerative().fit(X).tree, Oracle(gold)
    limits = {1: None, 32: np.full(32, 1e-9)}.get(k, at(tree, k) if 1 < k < 32 else None)
    found = TreeSearch(2, limits)(Agglomerative().fit(X), oracle.judge, [])
    assert sets(found.clusters) == parts(gold)
    assert len(oracle.asked) == len(set(oracle.asked))
    assert Counter(map(len, oracle.asked)) == (sizes or {2: 16, 4: 8, 8: 4})


def test_a_good_that_is_not_sure_is_confirmed_by_its_parent_or_its_children() -> None:
    """P = .9: the four points that are good have a bad parent, so their two halves are asked about, too."""
    X, gold = binary()
    oracle = Oracle(gold, Verdict.of(0.9), Verdict.of(0.1))
    found = TreeSearch(2, at(Agglomerative().fit(X).tree, 8))(Agglomerative().fit(X), oracle.judge, [])
    assert sets(found.clusters) == parts(gold)
    assert Counter(map(len, oracle.asked)) == {4: 8, 8: 4, 2: 16}


@pytest.mark.parametrize("start", [1e9, None])
def test_a_cut_above_the_root_is_the_root_and_a_sure_false_good_there_is_outvoted(start: float | None) -> None:
    X, gold = binary()
    oracle = Oracle(gold, wrong={frozenset(range(32)): Verdict.of(1.0)})
    limits = None if start is None else np.full(32, start)
    assert sets(TreeSearch(2, limits)(Agglomerative().fit(X), oracle.judge, []).clusters) == parts(gold)


@pytest.mark.parametrize("n_batches", range(5))
def test_what_a_cap_leaves_is_the_best_of_what_was_judged(n_batches: int) -> None:
    """The cut of 16 in one batch, then the 8 intents, then their 4 pairs: what was not asked about is not kept."""
    X, gold = binary()
    oracle, spent = Oracle(gold), list[int]()

    def ask(clusters: Sequence[Rows]) -> list[Verdict]:
        if len(spent) == n_batches:
            return [UNASKED_VERDICT] * len(clusters)
        spent.append(len(clusters))
        return oracle.judge(clusters)

    found = TreeSearch(2, at(Agglomerative().fit(X).tree, 16))(Agglomerative().fit(X), ask, [])
    assert spent == [16, 8, 4][:n_batches]
    assert found.capped == (n_batches < 3)
    assert Counter(map(len, found.clusters)) == [{}, {2: 16}, {4: 8}, {4: 8}, {4: 8}][n_batches]


def test_blobs_below_the_minimum_are_not_kept() -> None:
    X, gold = blobs([10, 4, 9, 4])
    oracle = Oracle(gold)
    found = TreeSearch(5)(Agglomerative().fit(X), oracle.judge, [])
    assert sets(found.clusters) == {rows for rows in parts(gold) if len(rows) >= 5}
    assert min(map(len, oracle.asked)) >= 5


def mixed_nodes(X: NDArray[np.float32], gold: NDArray[np.int64]) -> list[tuple[int, frozenset[int]]]:
    """Return how many blobs each node above the blobs holds, and its rows."""
    tree = Agglomerative().fit(X).tree
    rows = [tree.members(node) for node in range(tree.n_leaves, tree.root + 1)]
    counted = [(len(np.unique(gold[r])), frozenset(r.tolist())) for r in rows]
    return [(n, r) for n, r in counted if n > 1]


@pytest.mark.parametrize("verdict", [GOOD, Verdict.of(1.0), Verdict.of(0.9), UNREADABLE])
def test_one_wrong_verdict_high_in_the_tree_swallows_nothing(verdict: Verdict) -> None:
    """A false good above five blobs or more is outvoted by the bad nodes below it, at the root and elsewhere."""
    X, gold = blobs([8] * 12)
    high = [rows for n, rows in mixed_nodes(X, gold) if n >= 5]
    assert frozenset(range(96)) in high
    for rows in high:
        found = TreeSearch(3)(Agglomerative().fit(X), Oracle(gold, wrong={rows: verdict}).judge, [])
        assert sets(found.clusters) == parts(gold)


def test_a_wrong_bad_of_one_blob_leaves_the_others_whole() -> None:
    X, gold = blobs([8] * 6)
    for rows in parts(gold):
        found = TreeSearch(3)(Agglomerative().fit(X), Oracle(gold, wrong={rows: BAD}).judge, [])
        assert parts(gold) - {rows} <= sets(found.clusters)
        assert all(len(np.unique(gold[cluster])) == 1 for cluster in found.clusters)


@pytest.mark.parametrize(
    "p",
    [0.95, 0.9, 0.8, 0.7],
)
def test_a_judge_that_is_right_but_hesitant_glues_nothing(p: float) -> None:
    X, gold = blobs([10] * 30)
    oracle = Oracle(gold, Verdict.of(p), Verdict.of(1 - p))
    found = TreeSearch(3)(Agglomerative().fit(X), oracle.judge, [])
    assert all(len(np.unique(gold[rows])) == 1 for rows in found.clusters)


def test_all_bad_keeps_nothing_and_all_good_keeps_the_root() -> None:
    X, _ = blobs([10] * 5)
    partition = Agglomerative().fit(X)
    assert TreeSearch(3)(partition, Constant(BAD).judge, []).clusters == ()
    assert sets(TreeSearch(3)(partition, Constant(GOOD).judge, []).clusters) == {frozenset(range(50))}


def test_all_unreadable_keeps_nothing() -> None:
    X, _ = blobs([10] * 5)
    found = TreeSearch(3)(Agglomerative().fit(X), Constant(UNREADABLE).judge, [])
    assert found.trials[0].good == 0
    assert found.clusters == ()


def test_all_rather_bad_keeps_nothing() -> None:
    X, _ = blobs([10] * 5)
    assert TreeSearch(3)(Agglomerative().fit(X), Constant(Verdict.of(0.45)).judge, []).clusters == ()


@given(
    n=st.integers(0, 30), seed=st.integers(0, 999), min_size=st.integers(1, 6), start=st.none() | st.floats(0.01, 2.0)
)
def test_whatever_the_judge_says_the_clusters_are_disjoint_and_large_enough(
    n: int, seed: int, min_size: int, start: float | None
) -> None:
    rng = np.random.default_rng(seed)
    X, _ = blobs([n])
    asked: list[frozenset[int]] = []

    def ask(clusters: Sequence[Rows]) -> list[Verdict]:
        asked.extend(sets(clusters))
        return [Verdict.of(p) if p < 0.8 else UNREADABLE for p in rng.random(len(clusters))]

    limits = None if start is None else np.full(n, start)
    found = TreeSearch(min_size, limits)(Agglomerative().fit(X), ask, [])
    rows = [row for cluster in found.clusters for row in cluster.tolist()]
    assert len(rows) == len(set(rows))
    assert sets(found.clusters) <= set(asked)
    assert all(len(cluster) >= min_size for cluster in found.clusters)
    assert len(asked) == len(set(asked))
    assert len(found.verdicts) == len(found.clusters) == found.best_k
    assert sum((t.good, t.bad, t.unreadable) == (0, 0, 0) for t in found.trials) == 0


@pytest.mark.parametrize("n", [0, 1, 2])
def test_fewer_sentences_than_the_minimum(n: int) -> None:
    X, _ = blobs([n])
    assert TreeSearch(3)(Agglomerative().fit(X), Constant(GOOD).judge, []).clusters == ()


def test_the_tree_search_needs_a_tree() -> None:
    X, gold = blobs([5, 5])
    with pytest.raises(InputError, match="needs a hierarchical partitioner"):
        TreeSearch(3)(KMeans().fit(X), Oracle(gold).judge, [])


# --- the posterior -----------------------------------------------------------------------------------------------


def test_log_odds() -> None:
    """log(.8 / .2) = log 4 = 1.386; beyond 99 % it goes no further, log 99 = 4.595."""
    assert Verdict.of(0.8).log_odds == pytest.approx(np.log(4))
    assert Verdict.of(1.0).log_odds == pytest.approx(np.log(99)) == -Verdict.of(0.0).log_odds
    assert Verdict(0.9, Coherence.UNREADABLE).log_odds == 0


def three_nodes() -> Tree:
    return Agglomerative().fit(np.eye(2, dtype=np.float32)).tree


def test_posterior_of_a_tree_of_three_nodes() -> None:
    """Root .5, left .8, right .2, prior .3: evidence for "good" is 1, 4 and ¼ to 1.

    ========================= ============================================== ========
    root good (so all good)   .3 · 1 · 4 · ¼                                  .3
    root bad                  .7 · (.7 + .3 · 4) · (.7 + .3 · ¼)              1.03075
    … and left good           .7 · (.3 · 4) · (.7 + .3 · ¼)                   .651
    … and right good          .7 · (.7 + .3 · 4) · (.3 · ¼)                   .09975
    ========================= ============================================== ========

    Sum .3 + 1.03075 = 1.33075. P(root good) = .3 / 1.33075 = .22544; P(left good, root not) = .651 / 1.33075 =
    .48920; P(right good, root not) = .09975 / 1.33075 = .07496. So the left one alone is more likely good than
    not: .22544 + .48920 = .71464.
    """
    tree = three_nodes()
    verdicts = {0: Verdict.of(0.8), 1: Verdict.of(0.2), 2: Verdict.of(0.5)}
    chance = posterior(tree, verdicts, 0.3)
    assert chance[2] == pytest.approx((0.22544, 0.22544), abs=1e-5)
    assert chance[0] == pytest.approx((0.71464, 0.48920), abs=1e-5)
    assert chance[1] == pytest.approx((0.30040, 0.07496), abs=1e-5)
    assert best_antichain(tree, verdicts, 0.3) == pytest.approx({0: 0.71464}, abs=1e-5)


def test_posterior_without_evidence_is_the_prior() -> None:
    """.3 at the root; below it .3 + .7 · .3 = .51, of which .21 is new."""
    chance = posterior(three_nodes(), dict.fromkeys(range(3), UNREADABLE), 0.3)
    assert chance[2] == pytest.approx((0.3, 0.3))
    assert chance[0] == chance[1] == pytest.approx((0.51, 0.21))


def is_above(tree: Tree, node: int, low: int) -> bool:
    return node != low and set(tree.members(low).tolist()) < set(tree.members(node).tolist())


def enumerated(tree: Tree, verdicts: dict[int, Verdict], prior: float) -> dict[int, tuple[float, float]]:
    """Return the posterior by going through all states of the judged nodes and of all above them."""
    above_them = {node for node in range(tree.root + 1) if any(is_above(tree, node, low) for low in verdicts)}
    nodes = sorted({*verdicts, *above_them})
    total, good, first = 0.0, dict.fromkeys(nodes, 0.0), dict.fromkeys(nodes, 0.0)
    for values in product([False, True], repeat=len(nodes)):
        state = dict(zip(nodes, values, strict=True))
        above = {node: state.get(int(tree.parent[node]), False) for node in nodes}
        if any(above[node] and not state[node] for node in nodes):
            continue
        free = [node for node in nodes if not above[node]]
        weight = np.prod([prior if state[node] else 1 - prior for node in free])
        weight *= np.exp(sum(v.log_odds for node, v in verdicts.items() if state[node]))
        total += weight
        for node in nodes:
            good[node] += weight * state[node]
            first[node] += weight * (state[node] and not above[node])
    return {node: (good[node] / total, first[node] / total) for node in nodes}


@st.composite
def judged_trees(draw: st.DrawFn) -> tuple[Tree, dict[int, Verdict]]:
    """A random tree of up to five rows, some of its nodes judged, with any verdicts."""
    n, seed = draw(st.integers(1, 5)), draw(st.integers(0, 999))
    tree = Agglomerative().fit(np.random.default_rng(seed).normal(size=(n, 3)).astype(np.float32)).tree
    verdicts: dict[int, Verdict] = {}
    for node in range(tree.root, -1, -1):
        if (not verdicts and not node) or draw(st.integers(0, 4)):
            p = draw(st.floats(0, 1))
            verdicts[node] = Verdict.of(p) if draw(st.integers(0, 4)) else UNREADABLE
    return tree, verdicts


@given(judged=judged_trees(), prior=st.floats(0.05, 0.95))
def test_posterior_is_that_of_enumeration(judged: tuple[Tree, dict[int, Verdict]], prior: float) -> None:
    tree, verdicts = judged
    got, expected = posterior(tree, verdicts, prior), enumerated(tree, verdicts, prior)
    assert got.keys() == expected.keys()
    for node, pair in expected.items():
        assert got[node] == pytest.approx(pair, abs=1e-9)


@given(judged=judged_trees())
def test_antichain_is_the_best_of_all(judged: tuple[Tree, dict[int, Verdict]]) -> None:
    """No set of disjoint nodes, judged good and likelier good than not, holds more expected sentences."""
    tree, verdicts = judged
    chance = posterior(tree, verdicts, 0.3)
    judged_good = {node for node, verdict in verdicts.items() if verdict.good}
    worth = {node: tree.size(node) * first for node, (p, first) in chance.items() if p >= 0.5 and node in judged_good}

    def disjoint(nodes: Sequence[int]) -> bool:
        return sum(tree.size(i) for i in nodes) == len({r for i in nodes for r in tree.members(i).tolist()})

    subsets = (
        [node for node, taken in zip(worth, mask, strict=True) if taken] for mask in product([0, 1], repeat=len(worth))
    )
    best = max(sum(worth[i] for i in nodes) for nodes in subsets if disjoint(nodes))
    kept = best_antichain(tree, verdicts, 0.3)
    assert disjoint(list(kept))
    assert sum(worth[node] for node in kept) == pytest.approx(best)
