"""Who says each turn of a dialogue, from what its words say and from how the speakers take turns.

A hidden Markov model with two states, customer and agent. How often a speaker goes on, and who begins, is estimated
from all dialogues at once by expectation maximisation (Baum and Welch): no setting says how strictly turns alternate.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dialin.arrays import Floats, Ints, Rows

N_PASSES = 20
"""Passes of expectation maximisation: the figures stand still after about ten."""
FIRST_STAY = 0.1
"""Share of turns after which the speaker goes on, before anything is estimated."""


@dataclass(frozen=True, eq=False)
class RoleChain:
    """How speakers take turns; index 0 is the customer, 1 the agent.

    Parameters
    ----------
    start : ndarray of shape (2,), float64
        Probability of who says the first turn.
    step : ndarray of shape (2, 2), float64
        Probability of who says the next turn, a row for each who says this one.
    """

    start: Floats
    step: Floats


@dataclass(frozen=True, eq=False)
class SpeakerGuess:
    """Who says each turn.

    Parameters
    ----------
    p_agent : ndarray of shape (n_turns,), float64
        P(an agent says it).
    chain : RoleChain
        How the speakers take turns, as estimated.
    """

    p_agent: Floats
    chain: RoleChain


def guess_speakers(log_odds: Floats, dialogue: Ints) -> SpeakerGuess:
    """Return who says each turn, from all turns of its dialogue.

    Parameters
    ----------
    log_odds : ndarray of shape (n_turns,), float64
        Log-odds that an agent says a turn, by the turn alone.
    dialogue : ndarray of shape (n_turns,), int64
        Dialogue of each turn, ascending; its turns in spoken order.

    Examples
    --------
    Two dialogues take turns. The words of their third turn say nothing, the turns around it say the customer's.

    >>> odds = np.array([-2.0, 2.0, 0.0, 2.0, -2.0, 2.0, -2.0, 2.0])
    >>> guess_speakers(odds, np.repeat([0, 1], 4)).p_agent.round().tolist()
    [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]
    """
    waves = waves_of(dialogue)
    likelihood = np.exp(-np.logaddexp(0.0, np.outer(log_odds, [1.0, -1.0])))
    chain = RoleChain(np.full(2, 0.5), np.array([[FIRST_STAY, 1 - FIRST_STAY], [1 - FIRST_STAY, FIRST_STAY]]))
    p = likelihood
    for _ in range(N_PASSES if waves else 0):
        p, n_steps = expected_turns(likelihood, waves, chain)
        starts = 1.0 + p[waves[0]].sum(axis=0)  # one of each kind was seen before: nothing is ever impossible
        steps = 1.0 + n_steps
        chain = RoleChain(starts / starts.sum(), steps / steps.sum(axis=1, keepdims=True))
    return SpeakerGuess(p[:, 1], chain)


def waves_of(dialogue: Ints) -> list[Rows]:
    """Return the rows of all first turns, of all second turns, …, each time the longest dialogues first.

    So the dialogues of a wave are the first ones of the wave before, and all of them are computed at once.

    Examples
    --------
    >>> [wave.tolist() for wave in waves_of(np.array([0, 1, 1, 1, 2, 2]))]
    [[1, 4, 0], [2, 5], [3]]
    """
    _, starts, sizes = np.unique(dialogue, return_index=True, return_counts=True)
    order = np.argsort(-sizes, kind="stable")
    starts, sizes = starts[order], sizes[order]
    return [starts[: int(np.searchsorted(-sizes, -t))] + t for t in range(int(sizes.max(initial=0)))]


def expected_turns(likelihood: Floats, waves: list[Rows], chain: RoleChain) -> tuple[Floats, Floats]:
    """Return P(customer), P(agent) of each turn, (n_turns, 2), and how often who follows whom, (2, 2), as expected.

    Parameters
    ----------
    likelihood : ndarray of shape (n_turns, 2), float64
        How likely the words of each turn are a customer's and an agent's, up to a factor for each turn.
    waves : list of ndarray
        As from `waves_of`; at least one.
    chain : RoleChain
        How the speakers take turns.
    """
    forward = np.empty_like(likelihood)
    forward[waves[0]] = _scaled(chain.start * likelihood[waves[0]])
    for before, now in pairwise(waves):
        forward[now] = _scaled(forward[before[: len(now)]] @ chain.step * likelihood[now])
    backward, n_steps = np.ones_like(likelihood), np.zeros((2, 2))
    for before, now in zip(waves[-2::-1], waves[:0:-1], strict=True):
        rows, later = before[: len(now)], likelihood[now] * backward[now]
        both = forward[rows][:, :, None] * chain.step * later[:, None, :]
        n_steps += (both / both.sum(axis=(1, 2), keepdims=True)).sum(axis=0)
        backward[rows] = _scaled(later @ chain.step.T)
    return _scaled(forward * backward), n_steps


def _scaled(p: Floats) -> Floats:
    """Return the rows, each with the sum 1."""
    return np.asarray(p / p.sum(axis=1, keepdims=True))
