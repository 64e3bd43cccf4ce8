"""Asks an LLM many questions of one kind, by language: one static prompt and one grammar for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.llm.base import LLM, Prompt
from dialin.prompts import load

MAX_CHARACTERS = 300
"""What a question shows of a sentence."""


@dataclass(frozen=True)
class Question:
    """A prompt, and the language it is in."""

    prompt: Prompt
    language: str


def write(llm: LLM, questions: Sequence[Question], max_tokens: int, grammars: Mapping[str, str]) -> list[str]:
    """Return what the LLM writes to each question.

    Parameters
    ----------
    llm : LLM
        Who is asked.
    questions : sequence of Question
        Asked in one batch for each language.
    max_tokens : int
        Most tokens of an answer.
    grammars : mapping of str to str
        GBNF grammar of the answers, by language.
    """
    replies = [""] * len(questions)
    for language, rows in _by_language(questions):
        written = llm.complete([questions[i].prompt for i in rows], max_tokens, grammars[language])
        for i, reply in zip(rows, written, strict=True):
            replies[i] = reply
    return replies


def choose(llm: LLM, questions: Sequence[Question], task: str) -> NDArray[np.float64]:
    """Return the probabilities (n_questions, 2) of the two options of the prompt `task`; zeros: unreadable."""
    chosen = np.zeros((len(questions), 2))
    for language, rows in _by_language(questions):
        chosen[rows] = llm.choose([questions[i].prompt for i in rows], load(task, language).options)
    return chosen


def _by_language(questions: Sequence[Question]) -> Iterator[tuple[str, list[int]]]:
    for language in dict.fromkeys(question.language for question in questions):
        yield language, [i for i, question in enumerate(questions) if question.language == language]
