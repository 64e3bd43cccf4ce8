"""A cascade of a cheap and a dear judge: who is asked about what, what is counted, and what a cap does."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from dialin.arrays import Rows
from dialin.errors import BudgetError
from dialin.judge.calibration import Calibration
from dialin.judge.cascade import CascadeJudge
from dialin.judge.coherence import CoherenceJudge, JudgeSettings, Mode
from dialin.judge.guarantee import Cascaded
from dialin.judge.sample import sampler_of
from dialin.judge.verdict import UNASKED_VERDICT, Coherence
from dialin.prompts.prompt import Prompt
from oracles import Chooser, sentences_in, unit

N = 400
"""Sets of two sentences: the rows 2 i and 2 i + 1."""
SETS = [np.array([2 * i, 2 * i + 1]) for i in range(N)]
TEXTS = [f"set {i // 2} says {i % 2}" for i in range(2 * N)]
X = unit(np.random.default_rng(0).normal(size=(2 * N, 5)))
PLAIN = Calibration(
    "plain",
    geometry_weights=(0.0, 0.0, 0.0, 0.0),
    llm_weights=(0.0, 1.0),
    joint_weights=(0.0, 1.0, 1.0),
    confidence_weights=(1.0, 0.0, 0.0, 0.0),
    form="list",
)
"""The embeddings say nothing, and the answers count as they are."""
SURE = replace(PLAIN, geometry_weights=(9.0, 0.0, 0.0, 0.0))
"""The embeddings are certain of everything."""


def number(prompt: Prompt) -> int:
    """Return the number of the set that a prompt is about."""
    return int(re.findall(r"\d+", sentences_in(prompt.user)[0])[0])


def is_good(i: int) -> bool:
    return i % 3 != 0


def saying(p_good: Callable[[int], float]) -> Chooser:
    return Chooser(lambda prompt: (p_good(number(prompt)), 1 - p_good(number(prompt))))


def right(i: int) -> float:
    return 0.99 if is_good(i) else 0.01


def wrong(i: int) -> float:
    return 1 - right(i)


def judge_by(llm: Chooser, calibration: Calibration = PLAIN, mode: Mode = "llm") -> CoherenceJudge:
    settings = JudgeSettings(form="list", mode=mode)
    return CoherenceJudge(TEXTS, X, llm, sampler_of("convex"), settings, calibration)


@dataclass
class Cascade:
    """A cascade with its two LLMs."""

    cheap: Chooser
    dear: Chooser
    judge: CascadeJudge

    @property
    def asked(self) -> tuple[set[int], set[int]]:
        """The sets that each LLM was asked about."""
        cheap, dear = ({number(prompt) for prompt in llm.asked} for llm in (self.cheap, self.dear))
        return cheap, dear


def cascade(
    cheap: Callable[[int], float] = right, dear: Callable[[int], float] = right, target: float = 0.9, seed: int = 0
) -> Cascade:
    llms = saying(cheap), saying(dear)
    return Cascade(*llms, CascadeJudge(judge_by(llms[0]), judge_by(llms[1]), target, seed))


def in_batches(judge: CascadeJudge, sets: Sequence[Rows] = SETS) -> list[bool]:
    return [verdict.good for i in range(0, len(sets), 16) for verdict in judge.judge(sets[i : i + 16])]


def test_a_cheap_judge_that_is_right_decides_most_and_the_verdicts_are_the_same() -> None:
    both = cascade()
    assert in_batches(both.judge) == [is_good(i) for i in range(N)]
    by_cheap, by_dear = both.asked
    counted = both.judge.cascaded
    assert by_cheap == set(range(N))
    assert counted == Cascaded(0.9, N, N - len(by_dear), counted.n_checked, 0, len(by_dear))
    assert counted.n_cheap > N / 2
    assert 0 < counted.n_checked <= len(by_dear)


def test_of_a_cheap_judge_that_is_always_wrong_hardly_anything_remains() -> None:
    both = cascade(cheap=wrong)
    agreed = np.mean([found == is_good(i) for i, found in enumerate(in_batches(both.judge))])
    counted = both.judge.cascaded
    assert agreed >= 0.9
    assert counted.n_cheap == round(N * (1 - agreed))
    assert counted.n_differed == counted.n_checked > 0


def test_the_dear_judge_decides_where_the_cheap_one_doubts() -> None:
    """The cheap one is right and sure of the odd sets; of the even ones it says good, and is hardly surer than not."""
    both = cascade(cheap=lambda i: right(i) if i % 2 else 0.51)
    in_batches(both.judge)
    by_dear = both.asked[1]
    even, odd = (sum(i % 2 == half for i in by_dear) for half in (0, 1))
    assert odd < N / 4 < 3 * N / 8 < even


def test_a_cheap_judge_that_doubts_but_is_right_is_trusted_after_a_while() -> None:
    both = cascade(cheap=lambda i: 0.6 if is_good(i) else 0.4)
    assert in_batches(both.judge) == [is_good(i) for i in range(N)]
    assert both.judge.cascaded.n_cheap > N / 4


def test_a_verdict_of_the_cheap_judge_keeps_its_probability() -> None:
    both = cascade(cheap=lambda i: 0.9 if is_good(i) else 0.1)
    verdicts = [verdict for i in range(0, N, 16) for verdict in both.judge.judge(SETS[i : i + 16])]
    by_dear = both.asked[1]
    expected = [right(i) if i in by_dear else (0.9 if is_good(i) else 0.1) for i in range(N)]
    assert [verdict.p_good for verdict in verdicts] == pytest.approx(expected)


@pytest.mark.parametrize(("n", "target"), [(19, 0.95), (N, 1.0)], ids=["too few sets", "a target of all"])
def test_where_nothing_can_be_proved_the_dear_judge_decides_all(n: int, target: float) -> None:
    both = cascade(cheap=wrong, target=target)
    assert in_batches(both.judge, SETS[:n]) == [is_good(i) for i in range(n)]
    assert both.asked[1] == set(range(n))
    assert both.judge.cascaded == Cascaded(target, n, 0, 0, 0, n)


def test_unreadable_answers_of_the_cheap_judge_are_asked_of_the_dear_one() -> None:
    cheap = Chooser(lambda prompt: (0.0, 0.0) if number(prompt) % 2 else (right(number(prompt)), wrong(number(prompt))))
    dear = saying(right)
    judge = CascadeJudge(judge_by(cheap), judge_by(dear), 0.9)
    assert in_batches(judge) == [is_good(i) for i in range(N)]
    assert {i for i in range(N) if i % 2} <= {number(prompt) for prompt in dear.asked}


def test_unreadable_answers_of_the_dear_judge_count_as_disagreement() -> None:
    dear = Chooser(lambda _: (0.0, 0.0))
    judge = CascadeJudge(judge_by(saying(right)), judge_by(dear), 0.9)
    verdicts = [verdict for i in range(0, N, 16) for verdict in judge.judge(SETS[i : i + 16])]
    assert judge.cascaded.n_differed == judge.cascaded.n_checked > 0
    n_unreadable = sum(verdict.coherence is Coherence.UNREADABLE for verdict in verdicts)
    assert n_unreadable == N - judge.cascaded.n_cheap


def test_what_the_embeddings_settle_for_the_dear_judge_is_asked_of_nobody() -> None:
    cheap, dear = saying(right), saying(right)
    judge = CascadeJudge(judge_by(cheap, mode="both"), judge_by(dear, SURE, "both"), 0.9)
    assert all(verdict.good and verdict.evidence == "geometry" for verdict in judge.judge(SETS[:50]))
    assert cheap.asked == dear.asked == []
    assert judge.cascaded == Cascaded(0.9)
    assert judge.judge([np.array([3])])[0].evidence == "size"


def test_a_set_is_judged_once_and_a_union_is_another_question() -> None:
    both = cascade()
    first = in_batches(both.judge)
    n_asked = len(both.cheap.asked) + len(both.dear.asked)
    assert in_batches(both.judge) == first
    assert len(both.cheap.asked) + len(both.dear.asked) == n_asked
    halves = [(one[:1], one[1:]) for one in SETS]
    assert [verdict.good for verdict in both.judge.judge_unions(halves)] == first
    assert both.judge.cascaded.n_sets == 2 * N


def test_the_same_seed_checks_the_same_sets_and_another_one_others() -> None:
    runs = [cascade(seed=seed) for seed in (0, 0, 1)]
    for both in runs:
        in_batches(both.judge)
    first, again, other = (both.asked[1] for both in runs)
    assert first == again != other


def test_an_audit_begins_anew_and_confidence_is_the_dear_judges() -> None:
    both = cascade()
    in_batches(both.judge)
    fresh = both.judge.for_audit()
    assert fresh.cascaded == Cascaded(0.9)
    assert (fresh.target, fresh.seed) == (0.9, 0)
    by_embeddings = CascadeJudge(judge_by(both.cheap, mode="both"), judge_by(both.dear, mode="both"), 0.9)
    assert by_embeddings.confidence(SETS[0]) == by_embeddings.dear.confidence(SETS[0]) is not None


class Capped(Chooser):
    """An LLM whose budget ends after so many prompts."""

    n_left = 100

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> np.ndarray:
        if len(prompts) > self.n_left:
            raise BudgetError("the budget is spent")
        self.n_left -= len(prompts)
        return super().choose(prompts, options)


@pytest.mark.parametrize("who", ["cheap", "dear"])
def test_a_cap_ends_the_asking_and_what_nobody_was_asked_about_does_not_count(who: str) -> None:
    capped = Capped(lambda prompt: (right(number(prompt)), wrong(number(prompt))))
    cheap, dear = (capped, saying(right)) if who == "cheap" else (saying(right), capped)
    judge = CascadeJudge(judge_by(cheap), judge_by(dear), 0.9)
    verdicts = [verdict for i in range(0, N, 16) for verdict in judge.judge(SETS[i : i + 16])]
    assert judge.is_capped
    counted = judge.cascaded
    assert counted.n_sets == counted.n_cheap + len(dear.asked)
    n_read = sum(verdict.coherence is not Coherence.UNASKED for verdict in verdicts)
    assert n_read == counted.n_sets
    assert all(verdict is UNASKED_VERDICT for verdict in verdicts if verdict.coherence is Coherence.UNASKED)
    assert (counted.n_sets == N) == (who == "cheap")  # here the dear LLM has a budget of its own
