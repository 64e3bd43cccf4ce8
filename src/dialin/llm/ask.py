"""Asks an LLM many questions of one kind. Each language is one batch, with its own static prompt and grammar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.llm.base import LLM
from dialin.prompts.prompt import Prompt
from dialin.prompts.templates import LANGUAGES, load


@dataclass(frozen=True)
class Question:
    """A prompt and its language."""

    prompt: Prompt
    language: str


def write(llm: LLM, questions: Sequence[Question], max_tokens: int, grammars: Mapping[str, str]) -> list[str]:
    """Return the LLM's written answer to each question.

    Parameters
    ----------
    llm : LLM
        The LLM to ask.
    questions : sequence of Question
        One batch for each language.
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
    """Return the probabilities of the options of a prompt, shape (n_questions, n_options); zeros: unreadable.

    Parameters
    ----------
    llm : LLM
        The LLM to ask.
    questions : sequence of Question
        One batch for each language.
    task : str
        Name of the prompt, such as "pairs": the options of its template in the language of a question are the choices.
    """
    chosen = np.zeros((len(questions), len(load(task, LANGUAGES[0]).options)))
    for language, rows in _by_language(questions):
        chosen[rows] = llm.choose([questions[i].prompt for i in rows], load(task, language).options)
    return chosen


def _by_language(questions: Sequence[Question]) -> Iterator[tuple[str, list[int]]]:
    for language in dict.fromkeys(question.language for question in questions):
        yield language, [i for i, question in enumerate(questions) if question.language == language]
