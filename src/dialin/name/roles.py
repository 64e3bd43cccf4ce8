"""Customer or agent, where the data does not say: by words and turns, or by the label of a cluster (paper §3.4).

`guess_roles` goes by the words of a sentence (`dialin.name.role_words`) and by how its dialogues take turns
(`dialin.name.role_chain`). `roles_of` is the paper's way: the table of action words is in `dialin.name.actions`; the
LLM decides on words that are not in the table, and on those that both roles use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Floats
from dialin.llm.ask import Question, choose
from dialin.llm.base import LLM
from dialin.name.actions import ACTION_WORDS, AGENT, CUSTOMER, action_of
from dialin.name.role_chain import guess_speakers
from dialin.name.role_words import agent_log_odds
from dialin.prompts.templates import load
from dialin.read.spoken import SpokenOrder
from dialin.text.script import language_of


@dataclass(frozen=True, eq=False)
class GuessedRoles:
    """Who says each sentence, where nobody knows.

    Parameters
    ----------
    p_agent : ndarray of shape (n,), float64
        P(an agent says it), the mean over the turns that say it.
    """

    p_agent: Floats

    @property
    def roles(self) -> list[str]:
        """The more likely role of each sentence; the customer's, if both are equally likely."""
        return [AGENT if p > 0.5 else CUSTOMER for p in self.p_agent.tolist()]

    def note(self, counts: NDArray[np.int64]) -> str:
        """Return the line that tells the user what was guessed, and how sure; `counts` (n,) are the occurrences.

        Examples
        --------
        >>> GuessedRoles(np.array([0.9, 0.2])).note(np.array([3, 1]))
        "roles were guessed: 75% of the utterances are an agent's; about 88% are right"
        """
        agent = float(np.average(self.p_agent > 0.5, weights=counts))
        right = float(np.average(np.maximum(self.p_agent, 1 - self.p_agent), weights=counts))
        return f"roles were guessed: {agent:.0%} of the utterances are an agent's; about {right:.0%} are right"


def guess_roles(
    texts: Sequence[str],
    order: SpokenOrder | None = None,
    log_odds: Callable[[Sequence[str]], Floats] = agent_log_odds,
) -> GuessedRoles:
    """Return who says each sentence, by its words, and by its place in the dialogues where it is said in any.

    Parameters
    ----------
    texts : sequence of str
        The n distinct sentences, English or Chinese.
    order : SpokenOrder, optional
        The dialogues; without them, and for a sentence that is in none, the words decide alone.
    log_odds : callable
        Returns the log-odds (n,) of "agent" by the words.
    """
    odds = log_odds(texts)
    p = np.exp(-np.logaddexp(0.0, -odds))
    if order is not None:
        turns = guess_speakers(odds[order.sentence], order.dialogue).p_agent
        n_turns = np.bincount(order.sentence, minlength=len(texts))
        means = np.bincount(order.sentence, turns, len(texts)) / np.maximum(n_turns, 1)
        p = np.where(n_turns > 0, means, p)
    return GuessedRoles(p)


def build_question(label: str) -> Question:
    """Return the question whether a customer or an agent says sentences with this label."""
    language = language_of([label])
    return Question(load("role", language).prompt(label=label), language)


def roles_of(labels: Sequence[str], llm: LLM | None, words: Mapping[str, str] = ACTION_WORDS) -> list[str]:
    """Return "customer" or "agent" for each label.

    Parameters
    ----------
    labels : sequence of str
        Action-Objective labels.
    llm : LLM or None
        Asked about labels whose action word has no role in the table; without it those go to the customer.
    words : mapping of str to str
        Action word -> role.
    """
    unknown = [label for label in dict.fromkeys(labels) if not words.get(action_of(label))]
    asked = dict(zip(unknown, _ask(unknown, llm), strict=True))
    return [words.get(action_of(label)) or asked[label] for label in labels]


def _ask(labels: list[str], llm: LLM | None) -> list[str]:
    if llm is None:
        return [CUSTOMER] * len(labels)
    chosen = choose(llm, [build_question(label) for label in labels], "role")
    return [AGENT if agent > customer else CUSTOMER for customer, agent in chosen]
