"""Verdicts by hand, who is asked what and how often, and the outcome that is neither good nor bad."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dialin.judge.calibration import Calibration
from dialin.judge.coherence import CoherenceJudge, JudgeSettings, Mode
from dialin.judge.crowd import Crowd, majority
from dialin.judge.questions import build_list_prompt, build_pair_prompt, parse_reply
from dialin.judge.sample import ConvexSampler, Sampler, sampler_of
from dialin.judge.verdict import Coherence, Judge, Verdict
from dialin.llm.base import LLM
from dialin.prompts.prompt import Prompt
from dialin.prompts.templates import Form, load
from oracles import Chooser

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]
Answer = Callable[[Prompt], tuple[float, float]]

PLAIN = Calibration(
    "plain", geometry_weights=(0.0, 0.0, 0.0, 0.0), llm_weights=(0.0, 1.0), joint_weights=(0.0, 1.0, 1.0)
)
"""Geometry says nothing (log-odds 0, P ½); the LLM's log-odds count as they are."""
SURE_GOOD = replace(PLAIN, geometry_weights=(5.0, 0.0, 0.0, 0.0))
"""Log-odds 5: P = .9933."""
SURE_BAD = replace(PLAIN, geometry_weights=(-5.0, 0.0, 0.0, 0.0))
TIGHT = replace(PLAIN, geometry_weights=(-4.0, 8.0, 0.0, 0.0))
"""Tightness 1 gives log-odds 4 (P .982), 0 gives −4 (.018), ½ gives 0 (.5)."""


def always(good: float, bad: float) -> Chooser:
    return Chooser(lambda _: (good, bad))


def by_hash(prompt: Prompt) -> tuple[float, float]:
    """Answer anything, but the same thing to the same prompt; one in eight is unreadable."""
    byte = hashlib.sha256(prompt.user.encode()).digest()[0]
    return (0.0, 0.0) if byte % 8 == 0 else (byte / 256, 1 - byte / 256)


@dataclass
class Bench:
    """A small corpus to judge."""

    texts: list[str]
    X: Floats
    sampler: Sampler

    def judge(self, llm: LLM | None, calibration: Calibration = PLAIN, **options: Any) -> CoherenceJudge:
        return CoherenceJudge(
            self.texts,
            self.X,
            llm,
            self.sampler,
            JudgeSettings(**options),
            calibration,
        )


def unit(X: NDArray[np.floating]) -> Floats:
    return np.asarray(X / np.linalg.norm(X, axis=1, keepdims=True), dtype=np.float32)


def bench(n: int, seed: int = 0, sampler: str = "convex") -> Bench:
    X = unit(np.random.default_rng(seed).normal(size=(n, 5)))
    return Bench([f"sentence number {i}" for i in range(n)], X, sampler_of(sampler))


def rows(*numbers: int) -> Rows:
    return np.array(numbers, dtype=np.int64)


def users(llm: Chooser) -> list[str]:
    return [prompt.user for prompt in llm.asked]


# --- replies -----------------------------------------------------------------------------------------------------


def test_log_odds_by_hand() -> None:
    """(.9, .1): ln .9 − ln .1 = ln 9 = 2.197; the other way round −2.197; (.5, .5): 0."""
    assert parse_reply(np.array([0.9, 0.1])) == pytest.approx(2.197, abs=1e-3)
    assert parse_reply(np.array([0.1, 0.9])) == pytest.approx(-2.197, abs=1e-3)
    assert parse_reply(np.array([0.5, 0.5])) == 0.0


def test_only_the_ratio_counts() -> None:
    """(.18, .02) with .8 elsewhere: still 9 to 1."""
    assert parse_reply(np.array([0.18, 0.02])) == pytest.approx(math.log(9))


def test_a_certain_answer_is_finite() -> None:
    """(1, 0): the 0 counts as 10⁻⁴, so ln 10⁴ = 9.21, not infinity."""
    assert parse_reply(np.array([1.0, 0.0])) == pytest.approx(math.log(1e4))
    assert parse_reply(np.array([0.0, 1.0])) == pytest.approx(-math.log(1e4))


@pytest.mark.parametrize("elsewhere", [(0.0, 0.0), (0.01, 0.0), (0.0, 0.015)])
def test_mass_elsewhere_is_unreadable(elsewhere: tuple[float, float]) -> None:
    assert math.isnan(parse_reply(np.array(elsewhere)))


@given(st.floats(0, 1), st.floats(0, 1))
def test_swapped_options_swap_the_sign(p: float, share: float) -> None:
    good, bad = p * share, p * (1 - share)
    there, back = parse_reply(np.array([good, bad])), parse_reply(np.array([bad, good]))
    assert (math.isnan(there) and math.isnan(back)) or there == pytest.approx(-back)


# --- prompts -----------------------------------------------------------------------------------------------------


def test_pair_prompts_by_language() -> None:
    assert build_pair_prompt("where is it", "lost parcel").system == load("pairs", "en").system
    assert build_pair_prompt("我的包裹到哪了", "订单发货了没有").system == load("pairs", "zh").system
    assert build_list_prompt(["a", "b"]).system == load("list", "en").system
    assert build_list_prompt(["退款", "退钱"]).system == load("list", "zh").system


def test_a_list_prompt_has_one_line_a_sentence() -> None:
    assert len(build_list_prompt(["one", "two", "three"]).user.splitlines()) == 3


def test_a_very_long_sentence_is_cut() -> None:
    assert len(build_pair_prompt("a" * 10_000, "b" * 10_000).user) < 1_000


# --- verdicts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("p", "good"), [(0.0, False), (0.499, False), (0.5, True), (1.0, True)])
def test_good_from_one_half_on(p: float, good: bool) -> None:
    verdict = Verdict.of(p)
    assert verdict.good is good
    assert verdict.coherence is (Coherence.GOOD if good else Coherence.BAD)


def test_unreadable_is_not_good() -> None:
    assert not Verdict(0.9, Coherence.UNREADABLE).good


@pytest.mark.parametrize(("p", "coherence"), [((0.9, 0.1), Coherence.GOOD), ((0.1, 0.9), Coherence.BAD)])
@pytest.mark.parametrize("form", ["pairs", "list"])
def test_pure_llm_verdict(form: Form, p: tuple[float, float], coherence: Coherence) -> None:
    """Each answer has log-odds ±ln 9, so has their mean; P = 9 / 10 or 1 / 10."""
    verdict = bench(12).judge(always(*p), mode="llm", form=form).judge([np.arange(6)])[0]
    assert verdict.p_good == pytest.approx(p[0])
    assert verdict.coherence is coherence
    assert verdict.evidence == "llm"


def test_answers_are_averaged_in_log_odds() -> None:
    """Two pairs, (.9, .1) and (.5, .5): mean log-odds (ln 9 + 0) / 2 = ln 3, P = 3 / 4."""
    turn = iter([(0.9, 0.1), (0.5, 0.5)])
    judge = bench(12).judge(Chooser(lambda _: next(turn)), mode="llm", n_pairs=2)
    verdict = judge.judge([np.arange(4)])[0]
    assert verdict.p_good == pytest.approx(0.75)
    assert verdict.n_asked == 2


def test_both_kinds_of_evidence_by_hand() -> None:
    """½ + 2·ln 9 − 3·1 = 1.894 with geometry log-odds 1: P = 1 / (1 + e^−1.894) = .8693."""
    calibration = Calibration("hand", (1.0, 0.0, 0.0, 0.0), (0.0, 1.0), (0.5, 2.0, -3.0))
    verdict = bench(12).judge(always(0.9, 0.1), calibration, mode="both").judge([np.arange(6)])[0]
    assert verdict.p_good == pytest.approx(0.8693, abs=1e-4)
    assert verdict.evidence == "both"


def test_an_unreadable_answer_among_readable_ones_does_not_count() -> None:
    """One of two pairs is unreadable; the other, (.9, .1), decides alone, but both were asked."""
    turn = iter([(0.0, 0.0), (0.9, 0.1)])
    judge = bench(12).judge(Chooser(lambda _: next(turn)), mode="llm", n_pairs=2)
    verdict = judge.judge([np.arange(4)])[0]
    assert verdict.p_good == pytest.approx(0.9)
    assert (verdict.coherence, verdict.n_asked) == (Coherence.GOOD, 2)


@pytest.mark.parametrize("form", ["pairs", "list"])
@pytest.mark.parametrize("mode", ["llm", "both"])
def test_all_mass_elsewhere_is_unreadable(form: Form, mode: Mode) -> None:
    verdict = bench(12).judge(always(0, 0), mode=mode, form=form).judge([np.arange(6)])[0]
    assert verdict.coherence is Coherence.UNREADABLE
    assert not verdict.good
    assert verdict.n_asked > 0


@pytest.mark.parametrize(("logit", "p"), [(math.log(4), 0.8), (-math.log(4), 0.2)])
def test_unreadable_falls_back_to_the_geometry_but_stays_unreadable(logit: float, p: float) -> None:
    """Geometry log-odds ln 4: P = .8 is kept as the probability, and yet the outcome is not "good"."""
    calibration = replace(PLAIN, geometry_weights=(logit, 0.0, 0.0, 0.0))
    verdict = bench(12).judge(always(0, 0), calibration, mode="both").judge([np.arange(6)])[0]
    assert verdict.p_good == pytest.approx(p)
    assert verdict.coherence is Coherence.UNREADABLE


def test_unreadable_without_geometry_is_one_half() -> None:
    assert bench(12).judge(always(0, 0), SURE_GOOD, mode="llm").judge([np.arange(6)])[0].p_good == 0.5


# --- who is asked ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("calibration", "good"), [(SURE_GOOD, True), (SURE_BAD, False), (PLAIN, True)])
def test_geometry_mode_asks_nothing(calibration: Calibration, good: bool) -> None:
    llm = always(0.5, 0.5)
    verdict = bench(12).judge(llm, calibration, mode="geometry").judge([np.arange(6)])[0]
    assert (verdict.good, verdict.evidence, verdict.n_asked) == (good, "geometry", 0)
    assert llm.asked == []


def test_geometry_mode_needs_no_llm() -> None:
    judge = bench(12).judge(None, TIGHT, mode="geometry")
    assert len(judge.judge([np.arange(6), rows(3), rows(1, 2)])) == 3
    assert len(judge.judge_unions([(rows(1), rows(2))])) == 1


def test_both_asks_only_where_the_geometry_is_unsure() -> None:
    """Tightness 1 (equal), 0 (as the corpus) and about ½: P .98 and .02 are beyond .95, P .5 is not.

    Six equal e₁, six equal e₂: the corpus has the mean cosine 2·15 / 66 = 5/11. Rows 0–2 are equal: tightness 1.
    Rows 0, 6: cosine 0, tightness (0 − 5/11) / (6/11) = −5/6. Rows 0–3 and 6: 6 of 10 pairs are equal, cosine .6,
    tightness (.6 − 5/11) / (6/11) = .267, log-odds −4 + 8·.267 = −1.867, P = .134.
    """
    X = np.repeat(np.eye(2, dtype=np.float32), 6, axis=0)
    corpus = Bench([f"t{i}" for i in range(12)], X, ConvexSampler())
    llm = always(0.9, 0.1)
    judge = corpus.judge(llm, TIGHT, mode="both", sure=0.95)
    same, apart, mixed = judge.judge([rows(0, 1, 2), rows(0, 6), rows(0, 1, 2, 3, 6)])
    assert (same.good, same.evidence, same.n_asked) == (True, "geometry", 0)
    assert (apart.good, apart.evidence, apart.n_asked) == (False, "geometry", 0)
    assert mixed.evidence == "both"
    assert mixed.n_asked == len(llm.asked) > 0
    assert mixed.p_good == pytest.approx(1 / (1 + math.exp(-(math.log(9) - 1.8667))), abs=1e-3)


@pytest.mark.parametrize(("sure", "asked"), [(0.9, False), (0.999, True)])
def test_sure_is_a_dial(sure: float, asked: bool) -> None:
    """Log-odds 5 are P = .9933: beyond .9, not beyond .999."""
    llm = always(0.9, 0.1)
    bench(12).judge(llm, SURE_GOOD, mode="both", sure=sure).judge([np.arange(6)])
    assert bool(llm.asked) is asked


@pytest.mark.parametrize("calibration", [SURE_GOOD, SURE_BAD, PLAIN])
@pytest.mark.parametrize("form", ["pairs", "list"])
def test_llm_mode_always_asks(form: Form, calibration: Calibration) -> None:
    llm = always(0.1, 0.9)
    verdict = bench(12).judge(llm, calibration, mode="llm", form=form).judge([np.arange(6)])[0]
    assert verdict.n_asked == len(llm.asked) > 0
    assert verdict.p_good == pytest.approx(0.1)


# --- once --------------------------------------------------------------------------------------------------------


@dataclass
class Given:
    """Evidence of the embeddings that is made up, by the size of the set."""

    by_size: dict[int, float]

    def log_odds(self, rows: Rows, other: Rows | None = None) -> float:
        return self.by_size[len(rows) + (0 if other is None else len(other))]


@pytest.mark.parametrize(
    ("answer", "n_asked"), [((0.05, 0.95), 2), ((0.95, 0.05), 1), ((0.08, 0.92), 1), ((0.0, 0.0), 1)]
)
def test_what_the_llm_found_bad_is_asked_about_further_down(answer: tuple[float, float], n_asked: int) -> None:
    """Reach 2.944. Ten sentences at log-odds 2, asked about; five of them at 4, which is beyond it.

    Where the ten are bad (2 − ln 19 = −.94), only 4 − 2 of the 4 is evidence, and they are asked about: 2 − 2.94 is bad
    again. Where the ten are good, or the answer cannot be read, the five are good by themselves; and where the ten are
    bad, but not as two to one (2 − ln 11.5 = −.44, ln 2 = .69).
    """
    corpus, llm = bench(10), always(*answer)
    judge = corpus.judge(llm, form="list")
    judge.evidence = Given({10: 2.0, 5: 4.0})
    whole, part = judge.judge([rows(*range(10))])[0], judge.judge([rows(*range(5))])[0]
    assert len(llm.asked) == n_asked
    assert part.p_good == pytest.approx(1 / (1 + 19 / math.exp(2)) if n_asked == 2 else 1 / (1 + math.exp(-4)))
    assert part.good == (n_asked == 1)
    assert whole.good == (answer[0] > 0.5)


@pytest.mark.parametrize("form", ["pairs", "list"])
def test_a_set_is_asked_once(form: Form) -> None:
    """Twice in a batch, again in the next, and with its rows in another order: asked once."""
    llm = always(0.9, 0.1)
    judge = bench(12).judge(llm, mode="llm", form=form)
    first = judge.judge([np.arange(6), np.arange(6)[::-1]])
    n_asked = len(llm.asked)
    again = judge.judge([rows(3, 1, 0, 5, 4, 2)])
    assert len(llm.asked) == n_asked == first[0].n_asked
    assert first[0] == first[1] == again[0]


def test_another_set_is_asked() -> None:
    llm = always(0.9, 0.1)
    judge = bench(12).judge(llm, mode="llm")
    judge.judge([np.arange(6)])
    n_asked = len(llm.asked)
    judge.judge([np.arange(7)])
    assert len(llm.asked) > n_asked


def test_a_union_is_asked_once_whichever_comes_first() -> None:
    llm = always(0.9, 0.1)
    judge = bench(12).judge(llm, mode="llm")
    a, b = rows(0, 3, 5), rows(1, 2)
    first = judge.judge_unions([(a, b), (b, a)])
    n_asked = len(llm.asked)
    judge.judge_unions([(b[::-1], a[::-1])])
    assert len(llm.asked) == n_asked == first[0].n_asked
    assert first[0] == first[1]


@pytest.mark.parametrize("form", ["pairs", "list"])
def test_a_union_is_the_same_question_whichever_comes_first(form: Form) -> None:
    """Two runs that meet a union the other way round put the same questions, so that a cache knows them."""
    a, b = rows(0, 3, 5), rows(1, 2)
    there, back = always(0.9, 0.1), always(0.9, 0.1)
    bench(12).judge(there, mode="llm", form=form).judge_unions([(a, b)])
    bench(12).judge(back, mode="llm", form=form).judge_unions([(b, a)])
    assert sorted(users(there)) == sorted(users(back))


def test_a_batch_is_one_call_per_language() -> None:
    """Static prefixes are shared within a call, so clusters of one language go out together."""
    llm = always(0.9, 0.1)
    bench(30).judge(llm, mode="llm").judge([np.arange(i, i + 5) for i in range(0, 30, 5)])
    assert len(llm.options) == 1


# --- how much is asked -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "n_pairs"), [(2, 4), (8, 4), (15, 4), (16, 5), (31, 5), (32, 6), (64, 7), (128, 8), (10**6, 8)]
)
def test_pairs_by_hand(size: int, n_pairs: int) -> None:
    """Four up to 8 sentences, one more at 16, 32, 64 and 128, and never more than twice four."""
    assert JudgeSettings(n_pairs=4).pairs_for(size) == n_pairs


@given(n_pairs=st.integers(1, 20), size=st.integers(1, 10**7), more=st.integers(0, 10**7))
def test_larger_clusters_get_more_pairs_up_to_a_cap(n_pairs: int, size: int, more: int) -> None:
    pairs_for = JudgeSettings(n_pairs=n_pairs).pairs_for
    assert n_pairs <= pairs_for(size) <= pairs_for(size + more) <= 2 * n_pairs


@pytest.mark.parametrize(("size", "n_asked"), [(2, 1), (3, 1), (4, 2), (8, 4), (32, 6), (70, 7)])
def test_pairs_are_really_asked(size: int, n_asked: int) -> None:
    """No sentence is in two pairs, so n sentences have at most n // 2."""
    llm = always(0.9, 0.1)
    verdict = bench(80).judge(llm, mode="llm", n_pairs=4).judge([np.arange(size)])[0]
    assert verdict.n_asked == len(llm.asked) == n_asked
    assert len(set(users(llm))) == n_asked


def test_the_farthest_pair_is_asked() -> None:
    """Three at 0, 20 and 90 degrees and one pair only: the two that are 90 degrees apart."""
    angles = np.deg2rad([0, 20, 90])
    X = np.c_[np.cos(angles), np.sin(angles)].astype(np.float32)
    llm = always(0.9, 0.1)
    Bench(["zero", "twenty", "ninety"], X, ConvexSampler()).judge(llm, mode="llm").judge([np.arange(3)])
    assert ["zero" in user and "ninety" in user for user in users(llm)] == [True]


@pytest.mark.parametrize(("size", "lines"), [(2, 2), (5, 5), (20, 20), (60, 20)])
def test_a_list_has_at_most_20_sentences(size: int, lines: int) -> None:
    """Paper §3.1: at most 20 sentences of a cluster reach the LLM."""
    llm = always(0.9, 0.1)
    verdict = bench(60).judge(llm, mode="llm", form="list").judge([np.arange(size)])[0]
    assert len(users(llm)[0].splitlines()) == lines
    assert (verdict.n_asked, verdict.good) == (1, True)


def test_only_members_are_shown() -> None:
    for form in ("pairs", "list"):
        llm = always(0.9, 0.1)
        bench(40).judge(llm, mode="llm", form=form).judge([np.arange(10, 20)])
        shown = {int(word) for user in users(llm) for word in user.split() if word.isdigit()}
        assert shown
        assert shown <= set(range(10, 20))


# --- languages ---------------------------------------------------------------------------------------------------


def mixed() -> Bench:
    """Rows 0–5 English, 6–11 Chinese."""
    texts = [f"where is parcel {i}" for i in range(6)] + [f"第{i}个包裹在哪里" for i in range(6)]
    return Bench(texts, bench(12).X, ConvexSampler())


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("pairs", [("Yes", "No"), ("是", "否")]),
        ("list", [("Good", "Bad"), ("好", "坏")]),
        ("tuned", [("Good", "Bad"), ("好", "坏")]),
    ],
)
def test_each_language_gets_its_own_prompt_and_options(form: Form, options: list[tuple[str, ...]]) -> None:
    llm = always(0.9, 0.1)
    mixed().judge(llm, mode="llm", form=form).judge([np.arange(6), np.arange(6, 12)])
    assert llm.options == options
    assert {p.system for p in llm.asked} == {load(form, "en").system, load(form, "zh").system}


def test_the_answers_go_back_to_their_cluster() -> None:
    """Yes to all that is Chinese, no to all that is English, languages alternating in the batch."""
    llm = Chooser(lambda prompt: (0.9, 0.1) if prompt.system == load("pairs", "zh").system else (0.1, 0.9))
    clusters = [rows(6, 7, 8), rows(0, 1, 2), rows(9, 10), rows(3, 4, 5), rows(6, 11)]
    verdicts = mixed().judge(llm, mode="llm").judge(clusters)
    assert [v.good for v in verdicts] == [True, False, True, False, True]


def test_answers_are_shifted_by_language() -> None:
    """Even answers, log-odds 0: in English P ½; in Chinese, shifted by ln 4, odds 4 to 1, P .8."""
    strict = replace(PLAIN, language_shift={"zh": math.log(4)})
    english, chinese = mixed().judge(always(0.5, 0.5), strict, mode="llm").judge([np.arange(6), np.arange(6, 12)])
    assert english.p_good == pytest.approx(0.5)
    assert chinese.p_good == pytest.approx(0.8)


def test_a_part_is_judged_as_it_would_be_alone() -> None:
    """Ten sentences of one part beside thirty of another: tightness, size and share as if there were only the ten."""
    both, sized = bench(40, seed=3), replace(PLAIN, geometry_weights=(0.5, 4.0, -1.0, 0.5))
    parts = np.array([0] * 10 + [1] * 30)
    alone = Bench(both.texts[:10], both.X[:10], both.sampler)
    judge = replace(both.judge(None, sized, mode="geometry"), strata=parts, memo={})
    clusters = [rows(0, 1, 2), np.arange(7), np.arange(10)]
    assert judge.judge(clusters) == alone.judge(None, sized, mode="geometry").judge(clusters)


# --- unions ------------------------------------------------------------------------------------------------------


def test_questions_go_across_the_border() -> None:
    texts = [f"left {i}" for i in range(6)] + [f"right {i}" for i in range(6)]
    llm = always(0.9, 0.1)
    judge = Bench(texts, bench(12).X, ConvexSampler()).judge(llm, mode="llm", n_pairs=3)
    verdict = judge.judge_unions([(np.arange(6), np.arange(6, 12))])[0]
    assert verdict.n_asked == len(llm.asked) == 3
    assert all("left" in user and "right" in user for user in users(llm))


def test_a_union_of_two_single_sentences_is_one_question() -> None:
    llm = always(0.9, 0.1)
    verdict = bench(12).judge(llm, mode="llm").judge_unions([(rows(3), rows(8))])[0]
    assert (verdict.n_asked, verdict.good) == (1, True)
    assert "number 3" in users(llm)[0]
    assert "number 8" in users(llm)[0]


def test_both_halves_are_in_a_list() -> None:
    """Thirty and three sentences: ten of the first, all three of the second."""
    llm = always(0.9, 0.1)
    judge = bench(33).judge(llm, mode="llm", form="list", n_representatives=20)
    judge.judge_unions([(np.arange(30), np.arange(30, 33))])
    shown = [int(line.split()[-1]) for line in users(llm)[0].splitlines()]
    assert sum(i < 30 for i in shown) == 10
    assert sum(i >= 30 for i in shown) == 3


def test_a_union_is_not_the_judgement_of_the_set() -> None:
    """Across the border every pair is told apart; within the set other pairs are asked: both are asked."""
    llm = always(0.9, 0.1)
    judge = bench(12).judge(llm, mode="llm")
    judge.judge([np.arange(6)])
    n_asked = len(llm.asked)
    judge.judge_unions([(np.arange(3), np.arange(3, 6))])
    assert len(llm.asked) > n_asked


# --- small and degenerate ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["llm", "both", "geometry"])
@pytest.mark.parametrize("form", ["pairs", "list"])
def test_no_clusters(form: Form, mode: Mode) -> None:
    llm = always(0.9, 0.1)
    judge = bench(12).judge(llm, mode=mode, form=form)
    assert judge.judge([]) == []
    assert judge.judge_unions([]) == []
    assert llm.asked == []


@pytest.mark.parametrize("mode", ["llm", "both"])
def test_one_sentence_without_a_question_is_not_unreadable(mode: Mode) -> None:
    """There is no pair to ask about, so no answer was unreadable: that outcome is for answers only."""
    llm = always(0.9, 0.1)
    verdict = bench(12).judge(llm, mode=mode).judge([rows(4)])[0]
    assert (verdict.n_asked, llm.asked) == (0, [])
    assert verdict.coherence is not Coherence.UNREADABLE


def test_one_sentence_beside_others() -> None:
    """A cluster without a pair must not shift the answers of its neighbours."""
    llm = Chooser(lambda prompt: (0.9, 0.1) if "number 1\n" in prompt.user else (0.1, 0.9))
    verdicts = bench(12).judge(llm, mode="llm").judge([rows(4), rows(1, 2), rows(5), rows(6, 7)])
    assert [verdicts[1].good, verdicts[3].good] == [True, False]
    assert [v.n_asked for v in verdicts] == [0, 1, 0, 1]


def test_one_sentence_is_one_intent() -> None:
    """There is nothing to compare: P(good) is 1, and nobody is asked."""
    verdict = bench(12).judge(None, TIGHT, mode="geometry").judge([rows(4)])[0]
    assert (verdict.p_good, verdict.n_asked) == (1.0, 0)


@pytest.mark.parametrize("form", ["pairs", "list"])
@pytest.mark.parametrize("sampler", ["convex", "random"])
@pytest.mark.parametrize("n", [2, 3, 40])
def test_identical_embeddings(n: int, sampler: str, form: Form) -> None:
    X = np.tile(np.array([[0.6, 0.8]], dtype=np.float32), (n, 1))
    corpus = Bench(["the same"] * n, X, sampler_of(sampler))
    verdict = corpus.judge(always(0.9, 0.1), mode="llm", form=form).judge([np.arange(n)])[0]
    assert verdict.p_good == pytest.approx(0.9)


@pytest.mark.parametrize("mode", ["llm", "both", "geometry"])
def test_a_corpus_of_one_sentence(mode: Mode) -> None:
    corpus = Bench(["退款"], np.array([[1.0, 0.0]], dtype=np.float32), ConvexSampler())
    verdict = corpus.judge(always(0.9, 0.1), TIGHT, mode=mode).judge([rows(0)])[0]
    assert 0.0 <= verdict.p_good <= 1.0


# --- properties --------------------------------------------------------------------------------------------------

partitions = st.lists(st.integers(0, 4), min_size=2, max_size=30)
forms = st.sampled_from(["pairs", "list"])
modes = st.sampled_from(["llm", "both"])
samplers = st.sampled_from(["convex", "random"])


def clusters_of(labels: list[int]) -> list[Rows]:
    return [np.flatnonzero(np.array(labels) == label) for label in sorted(set(labels))]


@given(labels=partitions, seed=st.integers(0, 99), form=forms, mode=modes, sampler=samplers)
def test_verdicts_do_not_depend_on_the_order_of_rows(
    labels: list[int], seed: int, form: Form, mode: Mode, sampler: str
) -> None:
    corpus = bench(len(labels), seed, sampler)
    clusters = clusters_of(labels)
    shuffled = [np.random.default_rng(seed).permutation(cluster) for cluster in clusters]
    first = corpus.judge(Chooser(by_hash), TIGHT, mode=mode, form=form, n_representatives=4)
    second = corpus.judge(Chooser(by_hash), TIGHT, mode=mode, form=form, n_representatives=4)
    assert first.judge(clusters) == second.judge(shuffled)


@given(labels=partitions, seed=st.integers(0, 99), form=forms, mode=modes, sampler=samplers)
def test_verdicts_do_not_depend_on_the_batch(
    labels: list[int], seed: int, form: Form, mode: Mode, sampler: str
) -> None:
    """All at once, or one by one from the last to the first: the same verdict for each of sets that share nothing."""
    corpus = bench(len(labels), seed, sampler)
    clusters = clusters_of(labels)
    at_once = corpus.judge(Chooser(by_hash), TIGHT, mode=mode, form=form, n_representatives=4)
    one_by_one = corpus.judge(Chooser(by_hash), TIGHT, mode=mode, form=form, n_representatives=4)
    alone = [one_by_one.judge([cluster])[0] for cluster in clusters[::-1]]
    assert at_once.judge(clusters) == alone[::-1]


@given(labels=partitions, seed=st.integers(0, 99), form=forms, mode=st.sampled_from(["llm", "both", "geometry"]))
def test_the_bill_is_what_was_asked(labels: list[int], seed: int, form: Form, mode: Mode) -> None:
    """The n_asked of all sets add up to the prompts that the LLM saw, and each P is a probability."""
    llm = Chooser(by_hash)
    verdicts = bench(len(labels), seed).judge(llm, TIGHT, mode=mode, form=form).judge(clusters_of(labels))
    assert sum(v.n_asked for v in verdicts) == len(llm.asked)
    assert all(0.0 <= v.p_good <= 1.0 for v in verdicts)
    assert all(v.good == (v.p_good >= 0.5) for v in verdicts if v.coherence is not Coherence.UNREADABLE)


# --- crowd -------------------------------------------------------------------------------------------------------

GOOD, BAD = Verdict.of(0.9, n_asked=1), Verdict.of(0.2, n_asked=1)
LOST = Verdict(0.5, Coherence.UNREADABLE, n_asked=1)


@pytest.mark.parametrize(
    ("votes", "coherence"),
    [
        ([GOOD], Coherence.GOOD),
        ([BAD], Coherence.BAD),
        ([GOOD, GOOD, BAD], Coherence.GOOD),
        ([GOOD, BAD, BAD], Coherence.BAD),
        ([GOOD, BAD], Coherence.BAD),  # a tie
        ([GOOD, GOOD, BAD, BAD], Coherence.BAD),
        ([GOOD, LOST, LOST], Coherence.GOOD),  # unreadable votes do not count
        ([GOOD, BAD, LOST], Coherence.BAD),
        ([BAD, LOST], Coherence.BAD),
        ([LOST, LOST], Coherence.UNREADABLE),
    ],
)
def test_majority(votes: list[Verdict], coherence: Coherence) -> None:
    assert majority(votes).coherence is coherence
    assert majority(votes[::-1]).coherence is coherence
    assert majority(votes).n_asked == len(votes)


def test_the_crowds_probability_by_hand() -> None:
    """(.9 + .9 + .2) / 3 = .667; the unreadable vote says nothing."""
    assert majority([GOOD, LOST, GOOD, BAD]).p_good == pytest.approx(2 / 3)


@dataclass
class Oracle(Judge):
    """A judge that gives each set the verdict of its smallest row."""

    verdicts: dict[int, Verdict]

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        return [self.verdicts[int(cluster.min())] for cluster in clusters]

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        return [self.verdicts[int(min(a.min(), b.min()))] for a, b in pairs]


def test_a_crowd_of_judges() -> None:
    """Cluster 0: good, good, bad. Cluster 1: good, bad, bad. Cluster 2: nobody could read it."""
    crowd = Crowd(
        (
            Oracle({0: GOOD, 1: GOOD, 2: LOST}),
            Oracle({0: GOOD, 1: BAD, 2: LOST}),
            Oracle({0: BAD, 1: BAD, 2: LOST}),
        )
    )
    want = [Coherence.GOOD, Coherence.BAD, Coherence.UNREADABLE]
    assert [v.coherence for v in crowd.judge([rows(0), rows(1), rows(2)])] == want
    unions = crowd.judge_unions([(rows(0), rows(5)), (rows(6), rows(1)), (rows(2), rows(7))])
    assert [v.coherence for v in unions] == want
    assert crowd.judge([]) == crowd.judge_unions([]) == []


def test_a_crowd_of_llms() -> None:
    """Two say yes (.9), one says no (.1): good, P = (.9 + .9 + .1) / 3 = .633."""
    corpus = bench(12)
    crowd = Crowd(tuple(corpus.judge(always(p, 1 - p), mode="llm") for p in (0.9, 0.9, 0.1)))
    verdict = crowd.judge([np.arange(6)])[0]
    assert verdict.good
    assert verdict.p_good == pytest.approx(0.6333, abs=1e-4)
    assert verdict.n_asked == 9


def test_who_is_a_judge() -> None:
    judges: list[Judge] = [bench(4).judge(None, mode="geometry"), Crowd(()), Oracle({})]
    assert all(callable(judge.judge) and callable(judge.judge_unions) for judge in judges)
    assert isinstance(always(1, 0), LLM)
