"""What the embeddings say about a set of sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.cluster.granularity import Granularity, Measuring, SuggestedCut, granularity_of
from dialin.cluster.partition import Agglomerative
from dialin.discover import heights
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.heights import LEAST_MEASURED, heights_of, trees_for
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.judge.calibration import geometry_of, weighed
from dialin.judge.coherence import Mode
from dialin.judge.evidence import (
    MAX_JOINED,
    CosineEvidence,
    HeightEvidence,
    LlmCorrections,
    SuggestedHeights,
    last_join,
    mixed_log_odds,
    ward_distance,
)
from oracles import ScriptedLLM
from spheres import spheres

WEIGHTS = (0.5, 4.0, -0.5, 0.25)
Matrix = np.ndarray


def points(n: int, seed: int = 0, d: int = 6) -> Matrix:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def at(*heights: float, p: Sequence[float] = ()) -> SuggestedCut:
    """Return cuts at these heights, as likely as each other without p."""
    weights = np.array(p or [1 / len(heights)] * len(heights))
    return SuggestedCut(Granularity(2, 2, 2, np.full(len(heights), 2.0), weights), heights[0], np.array(heights))


def scale(
    X: Matrix, found: list[SuggestedCut | None], parts: list[int] | None = None, *, one_tree: bool = False
) -> HeightEvidence:
    of = np.array(parts or [0] * len(X), dtype=np.int64)
    trees = tuple(0 if one_tree else number for number in range(len(found)))
    return HeightEvidence(SuggestedHeights(of, tuple(found), trees, X), 4.0, CosineEvidence(X, of, WEIGHTS))


@given(n=st.integers(4, 40), seed=st.integers(0, 99))
def test_the_height_of_a_set_is_that_of_its_node(n: int, seed: int) -> None:
    X = points(n, seed)
    tree = Agglomerative().fit(X).tree
    for node in range(tree.n_leaves, tree.root + 1):
        left, right = (X[tree.members(child)] for child in tree.children_of(node))
        height = tree.height[node - tree.n_leaves]
        assert last_join(X[tree.members(node)]) == pytest.approx(height, rel=1e-4)
        assert ward_distance(left, right) == pytest.approx(height, rel=1e-4)


def test_the_height_of_a_large_set_is_about_that_of_its_node() -> None:
    X = np.concatenate([points(3 * MAX_JOINED), points(3 * MAX_JOINED, 1) + 4])
    height = Agglomerative().fit(X).tree.height[-1]
    assert last_join(X) == pytest.approx(height, rel=0.1)


def test_scale_by_hand() -> None:
    """Two rows 1 apart join at 1; the corpus falls apart at e: 4 · ln(e / 1) = 4. At a height of e² it is −4."""
    X = np.array([[0.0], [1.0], [math.e**2]], dtype=np.float32)
    judged = scale(X, [at(math.e)])
    assert judged.log_odds(np.array([0, 1])) == pytest.approx(4.0)
    assert judged.log_odds(np.array([0]), np.array([1])) == pytest.approx(4.0)
    assert judged.log_odds(np.array([0]), np.array([2])) == pytest.approx(-4.0, abs=1e-5)


def test_cuts_that_disagree_are_averaged_as_probabilities() -> None:
    """The set joins at 1. Cuts at 1 and at e^(ln 9 / 4) = 1.732 give log-odds 0 and ln 9: P ½ and .9.

    Equally likely, P is .7: log-odds ln (.7 / .3) = .847. With 3/4 and 1/4, P is .6: ln 1.5 = .405.
    """
    X = np.array([[0.0], [1.0]], dtype=np.float32)
    judged = [scale(X, [at(1.0, 9**0.25, p=p)]).log_odds(np.arange(2)) for p in ([0.5, 0.5], [0.75, 0.25])]
    assert judged == pytest.approx([0.8473, 0.4055], abs=1e-4)


def test_where_the_cuts_disagree_throughout_the_evidence_is_weak() -> None:
    """Eight cuts from e⁻⁴ to e⁴ times its height, all as likely: each half of them cancels the other."""
    spread = np.exp(np.linspace(-4, 4, 8))
    X = np.array([[0.0], [1.0]], dtype=np.float32)
    assert scale(X, [at(*spread)]).log_odds(np.arange(2)) == pytest.approx(0.0, abs=1e-5)
    above = scale(X, [at(*(3 * spread))]).log_odds(np.arange(2))
    assert 0 < above < 4 * math.log(3) / 2  # a single cut three times as high would say 4.39


@given(value=st.floats(-700, 700), n=st.integers(1, 5))
def test_the_mean_of_equal_log_odds_is_their_own(value: float, n: int) -> None:
    assert mixed_log_odds(np.full(n, value), np.full(n, 1 / n)) == pytest.approx(value, abs=1e-9)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=6))
def test_a_mean_of_log_odds_lies_among_them_and_has_the_sign_of_its_side(values: list[float]) -> None:
    log_odds, p = np.array(values), np.full(len(values), 1 / len(values))
    mixed = mixed_log_odds(log_odds, p)
    assert min(values) - 1e-6 <= mixed <= max(values) + 1e-6
    assert mixed_log_odds(-log_odds, p) == pytest.approx(-mixed, abs=1e-6)


def test_a_set_is_placed_in_its_stratum() -> None:
    """Rows 1, 3 and 5 are the second stratum; there, rows 5 and 3 are its third and its second."""
    X = points(6)
    placed, rows = CosineEvidence(X, np.array([0, 1, 0, 1, 0, 1]), WEIGHTS).placed(np.array([5, 3]))
    assert np.array_equal(placed, X[[1, 3, 5]])
    assert rows.tolist() == [1, 2]


def test_each_part_has_its_own_height_and_what_was_not_measured_goes_by_tightness() -> None:
    X = np.concatenate([points(10), points(10)])
    judged = scale(X, [at(1.0), None], [0] * 10 + [1] * 10)
    first, second = np.arange(4), np.arange(10, 14)
    assert judged.log_odds(first) == pytest.approx(4 * math.log(1 / last_join(X[first])))
    assert judged.log_odds(second) == judged.otherwise.log_odds(second)


def test_equal_sentences_are_as_close_as_can_be() -> None:
    X = np.ones((3, 2), dtype=np.float32)
    assert 4 < scale(X, [at(1.0)]).log_odds(np.arange(3)) < math.inf


def test_tightness_is_weighed_within_the_part() -> None:
    X = points(12)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    judged = CosineEvidence(X, np.array([0] * 5 + [1] * 7, dtype=np.int64), WEIGHTS)
    rows = np.array([5, 7, 8])
    by_hand = weighed(WEIGHTS, geometry_of(X[rows], geometry_of(X[5:]).base), 3, 7)
    assert judged.log_odds(rows) == pytest.approx(by_hand)
    assert judged.log_odds(rows[:1], rows[1:]) == pytest.approx(by_hand)
    assert judged.shape(rows)[1:] == (3, 7)


def test_only_what_joins_lower_than_a_bad_set_speaks_for_its_parts() -> None:
    """Rows 0 to 4 looked good (log-odds 4) and were bad: of 4.5 for a part of them 0.5 is left, of 3 less than nothing.

    A set with a row beside them keeps all it has. A second part that is bad at 4.5 leaves −0.5 of the 4.
    """
    known = LlmCorrections(6)
    known.learn(np.arange(5), 4.0, is_good=False)
    assert known.evidence(np.array([0, 1, 2]), 4.5) == pytest.approx(0.5)
    assert known.evidence(np.array([3, 4]), 3.0) == pytest.approx(-1.0)
    assert known.evidence(np.array([4, 5]), 3.0) == 3.0
    known.learn(np.array([0, 1]), 4.5, is_good=False)
    assert known.evidence(np.array([0, 1]), 4.0) == pytest.approx(-0.5)
    assert known.evidence(np.array([1, 2]), 4.5) == pytest.approx(0.5)


def test_only_what_joins_higher_than_two_good_sets_speaks_against_their_union() -> None:
    """Both looked bad (−2 and −1) and were good: of −2.5 for both together −1.5 is left, of −2.5 and others all."""
    known = LlmCorrections(6)
    known.learn(np.array([0, 1]), -2.0, is_good=True)
    known.learn(np.array([2, 3]), -1.0, is_good=True)
    assert known.evidence(np.arange(4), -2.5) == pytest.approx(-1.5)
    assert known.evidence(np.arange(5), -2.5) == -2.5


def test_a_verdict_that_the_embeddings_share_corrects_nothing() -> None:
    known = LlmCorrections(4)
    known.learn(np.arange(4), -3.0, is_good=False)
    known.learn(np.array([0, 1]), 2.0, is_good=True)
    assert known.evidence(np.array([0]), 1.5) == 1.5
    assert known.evidence(np.arange(4), -1.5) == -1.5


def data_of(X: Matrix, roles: list[str]) -> Data:
    return Data([f"sentence {i}" for i in range(len(X))], X, np.ones(len(X), np.int64), roles)


def test_each_role_is_measured_as_if_it_were_alone() -> None:
    """Customers say eight things, agents three; thirty sentences of a third role are too few to measure."""
    X = np.concatenate([spheres(8, 30), spheres(3, 60, seed=1), spheres(2, 15, seed=2)])
    roles = ["customer"] * 240 + ["agent"] * 180 + ["other"] * 30
    data = data_of(X, roles)
    found = heights_of(data, Settings(), trees_for(Settings()))
    alone = [granularity_of(part, Measuring(LEAST_MEASURED)) for part in (X[240:420], X[:240])]
    assert [cut and cut.granularity.low for cut in found.found] == [*(one and one.low for one in alone), None]
    assert found.regions.tolist() == [1] * 240 + [0] * 180 + [2] * 30
    assert found.limits(np.array([0, 239])) == pytest.approx([found.found[1].height] * 2)  # type: ignore[union-attr]
    assert found.of(np.array([449])) is None
    assert found.limits(np.array([0, 449])) is None


def test_a_set_across_regions_of_a_tree_goes_by_the_heights_of_both() -> None:
    """Three rows where the tree is cut at 1, one where it is cut at 3 or 5: those heights have .75, .125 and .125."""
    judged = scale(points(6), [at(1.0), at(3.0, 5.0)], [0, 0, 0, 1, 1, 1], one_tree=True)
    found = judged.heights.of(np.arange(4))
    assert found is not None
    assert [values.tolist() for values in found] == [[1.0, 3.0, 5.0], [0.75, 0.125, 0.125]]


def test_of_sets_across_trees_the_heights_say_nothing() -> None:
    """Their tightness speaks: two orthogonal halves have a third of the pairs in common, at a base of 1."""
    X = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)
    first, second, parts = np.array([0, 1]), np.array([2, 3]), [0, 0, 1, 1]
    judged, tightness = scale(X, [at(1.0), at(1.0)], parts), CosineEvidence(X, np.array(parts), WEIGHTS)
    assert judged.heights.of(np.arange(4)) is None
    assert judged.log_odds(first, second) == tightness.log_odds(first, second)
    assert judged.log_odds(np.arange(4)) == tightness.log_odds(np.arange(4))
    assert judged.log_odds(first) != tightness.log_odds(first)


@pytest.mark.parametrize(
    ("strategy", "judge", "n_measured"), [("paper", "llm", 0), ("paper", "both", 1), ("tree", "llm", 1)]
)
def test_the_granularity_is_measured_once_and_only_where_it_is_read(
    monkeypatch: pytest.MonkeyPatch, strategy: Literal["tree", "paper"], judge: Mode, n_measured: int
) -> None:
    measured = list[int]()

    def counted(X: Matrix, *arguments: float) -> None:
        measured.append(len(X))

    monkeypatch.setattr(heights, "granularity_of", counted)
    X = spheres(4, 30)
    llm = ScriptedLLM()
    tools = Tools(llm, lambda texts: X[: len(texts)], ranks_names=False)
    discover(data_of(X, [""] * 120), tools, Settings(strategy=strategy, judge=judge))
    assert measured == [120] * n_measured
    assert llm.prompts


def embeds_nothing(texts: Sequence[str]) -> Matrix:
    raise AssertionError(texts)


def test_without_an_llm_the_intents_are_those_that_the_sentences_suggest() -> None:
    X = spheres(8, 30)
    tools = Tools(None, embeds_nothing, ranks_names=False)
    found = [discover(data_of(X, [""] * 240), tools, Settings(granularity=g)) for g in (0.5, 1.0, 2.0)]
    suggested = granularity_of(X, Measuring(LEAST_MEASURED))
    assert suggested is not None
    n_intents = [len(result.intents) for result in found]
    assert n_intents[1] == 8 <= suggested.n_clusters <= 10  # two halves of a ball are found to be one
    assert n_intents[0] < n_intents[1] < n_intents[2]
