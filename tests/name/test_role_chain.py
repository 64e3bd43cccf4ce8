"""How speakers take turns: against all paths written out, and what is learnt from dialogues of several kinds."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from dialin.arrays import Bools, Floats
from dialin.name.role_chain import RoleChain, expected_turns, guess_speakers, waves_of

CHAIN = RoleChain(np.array([0.7, 0.3]), np.array([[0.4, 0.6], [0.9, 0.1]]))


def by_paths(likelihood: Floats) -> tuple[Floats, Floats]:
    """Return what `expected_turns` does, for one dialogue, as a sum over all paths."""
    n = len(likelihood)
    p, steps, total = np.zeros((n, 2)), np.zeros((2, 2)), 0.0
    for path in product((0, 1), repeat=n):
        weight = CHAIN.start[path[0]] * np.prod([likelihood[t, who] for t, who in enumerate(path)])
        weight *= np.prod([CHAIN.step[a, b] for a, b in pairwise(path)])
        total += weight
        for t, who in enumerate(path):
            p[t, who] += weight
        for a, b in pairwise(path):
            steps[a, b] += weight
    return p / total, steps / total


@pytest.mark.parametrize("sizes", [(1,), (4,), (2, 5, 1, 3)], ids=["alone", "one", "several"])
def test_the_probabilities_are_the_sums_over_all_paths(sizes: tuple[int, ...]) -> None:
    likelihood = np.random.default_rng(0).random((sum(sizes), 2))
    p, steps = expected_turns(likelihood, waves_of(np.repeat(np.arange(len(sizes)), sizes)), CHAIN)
    parts = [by_paths(part) for part in np.split(likelihood, np.cumsum(sizes)[:-1])]
    assert p == pytest.approx(np.concatenate([part for part, _ in parts]))
    assert steps == pytest.approx(np.sum([part for _, part in parts], axis=0))


def heard(is_agent: Bools) -> Floats:
    """Return log-odds of each turn by its words, which are right for three turns of four."""
    noise = np.random.default_rng(0).normal(size=len(is_agent))
    return np.asarray(np.where(is_agent, 1.0, -1.0) + np.sqrt(2) * noise)


@pytest.mark.parametrize(
    ("pattern", "least"), [("cacaca", 0.99), ("acacac", 0.98), ("ccacca", 0.79), ("ccc", 0.95), ("aaaa", 0.95)]
)
def test_turns_correct_the_words(pattern: str, least: float) -> None:
    """No setting says who begins, or how often a speaker goes on: both come from the dialogues."""
    is_agent = np.array([who == "a" for who in pattern] * 100)
    by_words = np.mean((heard(is_agent) > 0) == is_agent)
    guess = guess_speakers(heard(is_agent), np.repeat(np.arange(100), len(pattern)))
    assert by_words < least <= np.mean((guess.p_agent > 0.5) == is_agent)
    assert guess.chain.start[int(is_agent[0])] > 0.9


def test_the_chain_is_learnt() -> None:
    """From dialogues of ten turns that are drawn from a chain."""
    rng = np.random.default_rng(1)
    turns = [rng.random(500) < CHAIN.start[1]]
    for _ in range(9):
        turns.append(rng.random(500) < CHAIN.step[turns[-1].astype(int), 1])
    guess = guess_speakers(heard(np.array(turns).T.ravel()), np.repeat(np.arange(500), 10))
    assert guess.chain.step == pytest.approx(CHAIN.step, abs=0.06)
    assert guess.chain.start == pytest.approx(CHAIN.start, abs=0.06)


def test_the_order_of_the_dialogues_does_not_matter() -> None:
    odds = np.array([-1.0, 2.0, 0.3, 0.5, -0.2, 1.0])
    forth = guess_speakers(odds, np.array([0, 0, 1, 1, 1, 2])).p_agent
    back = guess_speakers(odds[[5, 2, 3, 4, 0, 1]], np.array([0, 1, 1, 1, 2, 2])).p_agent
    assert back[[4, 5, 1, 2, 3, 0]] == pytest.approx(forth)


def test_sure_words_stay_finite() -> None:
    p = guess_speakers(np.array([-900.0, 900.0, 900.0]), np.zeros(3, np.int64)).p_agent
    assert p.tolist() == [0.0, 1.0, 1.0]


def test_no_turns() -> None:
    assert guess_speakers(np.empty(0), np.empty(0, np.int64)).p_agent.shape == (0,)
