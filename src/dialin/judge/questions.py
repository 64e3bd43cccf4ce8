"""The questions about a set of sentences, and how their answers are read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Rows
from dialin.llm.ask import Question
from dialin.prompts.prompt import Prompt
from dialin.prompts.templates import Form, load
from dialin.text.script import language_of

READABLE_MASS = 0.02
"""Least probability that the options must hold together for an answer to count as readable."""


@dataclass(frozen=True)
class SetQuestion:
    """A set of sentences to judge; with `other`, whether the union of both is one intent."""

    rows: Rows
    other: Rows | None = None

    @classmethod
    def across(cls, a: Rows, b: Rows) -> SetQuestion:
        """Return the question about a union, the same whichever half comes first."""
        return cls(*sorted((a, b), key=lambda rows: (int(rows.min()), len(rows))))

    @property
    def union(self) -> Rows:
        """All rows of the question, ascending."""
        return np.sort(self.rows if self.other is None else np.concatenate([self.rows, self.other]))

    def key(self) -> bytes:
        """Return a hash of the set of sentences, and of the border between its two halves, if any."""
        halves = [self.rows] if self.other is None else [self.rows, self.other]
        return hashlib.sha256(b"|".join(np.sort(half).astype("<i8").tobytes() for half in halves)).digest()


def build_pair_prompt(first: str, second: str) -> Prompt:
    """Return the question whether two sentences share an intent, in their language."""
    return pair_question(first, second).prompt


def build_list_prompt(texts: list[str], form: Form = "list") -> Prompt:
    """Return the paper's question about a list of sentences, in their language; "tuned" has no worked examples."""
    return list_question(texts, form).prompt


def pair_question(first: str, second: str) -> Question:
    """Return the prompt about two sentences with its language."""
    language = language_of([first, second])
    prompt = load("pairs", language).prompt(first=first, second=second)
    return Question(prompt, language)


def list_question(texts: list[str], form: Form) -> Question:
    """Return the prompt about a list of sentences with its language."""
    language = language_of(texts)
    return Question(load(form, language).prompt(sentences=texts), language)


def parse_reply(probabilities: NDArray[np.float64]) -> float:
    """Return the log-odds of the first of two options; nan where the answer was unreadable.

    Parameters
    ----------
    probabilities : ndarray of shape (2,)
        Of "good" and "bad" (or "yes" and "no"); the mass missing to 1 went to other answers.
    """
    if probabilities.sum() < READABLE_MASS:
        return float("nan")
    p, q = np.maximum(probabilities, 1e-4)
    return float(np.log(p) - np.log(q))
