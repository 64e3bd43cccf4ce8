"""A stand-in for an LLM that writes what a test wants, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dialin.errors import BudgetError
from dialin.prompts.prompt import Prompt


@dataclass
class TopicLLM:
    """Writes `write` of each prompt; raises BudgetError from the prompt number `cap` on."""

    write: Callable[[Prompt], str]
    cap: int = 1_000
    name: str = "test:topics"
    asked: list[Prompt] = field(default_factory=list)

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:
        """Return even chances."""
        return np.full((len(prompts), len(options)), 1 / len(options))

    def complete(self, prompts: Sequence[Prompt], _max_tokens: int, _grammar: str = "") -> list[str]:
        """Return what the test wants."""
        self.asked += prompts
        if len(self.asked) > self.cap:
            raise BudgetError("the cap is hit")
        return [self.write(prompt) for prompt in prompts]
