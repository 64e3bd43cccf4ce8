"""An LLM that writes, and never chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dialin.prompts.prompt import Prompt


class Writer:
    """An LLM that writes what `answer` says, and keeps what it was asked and with which grammars."""

    name = "writer"

    def __init__(self, answer: Callable[[Prompt], str]) -> None:
        self.answer = answer
        self.asked: list[Prompt] = []
        self.grammars: list[str] = []

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:
        raise AssertionError("texts are written, not chosen")

    def complete(self, prompts: Sequence[Prompt], max_tokens: int, grammar: str = "") -> list[str]:
        assert max_tokens > 0
        self.asked += prompts
        self.grammars.append(grammar)
        return [self.answer(prompt) for prompt in prompts]
