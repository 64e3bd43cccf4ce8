"""Tells an LLM, with every question of a step, what the user wants it to know beside the sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dialin.llm.base import LLM
from dialin.prompts.prompt import Prompt
from dialin.prompts.steering import Steering
from dialin.text.script import language_of


def steered(llm: LLM, steering: Steering, step: str) -> LLM:
    """Return an LLM that is told something more at a step, or the same LLM where there is nothing to tell."""
    return SteeredLLM(llm, steering, step) if steering.tells(step) else llm


class SteeredLLM:
    """An LLM whose every prompt is told something more.

    Parameters
    ----------
    llm : LLM
        The LLM as the stages see it.
    steering : Steering
        What it is told.
    step : str
        The step that asks.
    """

    def __init__(self, llm: LLM, steering: Steering, step: str) -> None:
        self.name = llm.name
        self._llm, self._steering, self._step = llm, steering, step

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:
        """Return the probabilities of the options, shape (n_prompts, n_options)."""
        return self._llm.choose([self._told(prompt) for prompt in prompts], options)

    def complete(self, prompts: Sequence[Prompt], max_tokens: int, grammar: str = "") -> list[str]:
        """Return what is written for each prompt."""
        return self._llm.complete([self._told(prompt) for prompt in prompts], max_tokens, grammar)

    def _told(self, prompt: Prompt) -> Prompt:
        language = language_of([prompt.system])
        added = self._steering.lines(self._step, language)
        words = self._steering.words_in(prompt.user, self._step, language)
        system, user = (added and f"{prompt.system}\n{added}"), (words and f"{words}\n{prompt.user}")
        return replace(prompt, system=system or prompt.system, user=user or prompt.user)
