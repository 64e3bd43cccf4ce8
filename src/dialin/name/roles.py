"""The role of a cluster, customer or agent, by the action word of its label (paper §3.4).

The table of action words is in `dialin.name.actions`; a user can replace it. The LLM decides on words that are not in
the table, and on those that both roles use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dialin.llm.ask import Question, choose
from dialin.llm.base import LLM
from dialin.name.actions import ACTION_WORDS, AGENT, CUSTOMER, action_of
from dialin.prompts.templates import load
from dialin.text.script import language_of


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


def role_agreement(found: Sequence[str], true: Sequence[str], weights: NDArray[np.int64]) -> float:
    """Return the share of utterances whose unsupervised role equals the true one, in [0, 1].

    Parameters
    ----------
    found, true : sequence of str
        Role per sentence; sentences whose true role is neither customer nor agent do not count.
    weights : ndarray of shape (n,)
        How often each sentence occurs.
    """
    known = np.isin(np.asarray(true, dtype=object), [CUSTOMER, AGENT])
    same = np.asarray(found, dtype=object) == np.asarray(true, dtype=object)
    return float((weights * (same & known)).sum() / max(int(weights[known].sum()), 1))
