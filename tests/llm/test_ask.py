"""Questions in several languages: one batch for each, answers in the order of the questions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dialin.llm.ask import Question, choose, write
from dialin.prompts.prompt import Prompt
from dialin.prompts.templates import load


class NoteTaker:
    """An LLM that notes each batch and answers by the number in the prompt."""

    name = "notes"

    def __init__(self) -> None:
        self.batches: list[tuple[object, list[str]]] = []

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:
        self.batches.append((tuple(options), [prompt.user for prompt in prompts]))
        p = np.array([int(prompt.user) / 10 for prompt in prompts])
        return np.column_stack([p, 1 - p])

    def complete(self, prompts: Sequence[Prompt], max_tokens: int, grammar: str = "") -> list[str]:
        self.batches.append(((max_tokens, grammar), [prompt.user for prompt in prompts]))
        return [f"{grammar}-{prompt.user}" for prompt in prompts]


def questions(*languages: str) -> list[Question]:
    return [Question(Prompt("system", (), str(i)), language) for i, language in enumerate(languages)]


def test_choices_keep_their_order_and_each_language_its_options() -> None:
    llm = NoteTaker()
    chosen = choose(llm, questions("en", "zh", "en"), "pairs")
    np.testing.assert_allclose(chosen, [[0.0, 1.0], [0.1, 0.9], [0.2, 0.8]])
    assert llm.batches == [(load("pairs", "en").options, ["0", "2"]), (load("pairs", "zh").options, ["1"])]


def test_written_answers_keep_their_order_and_each_language_its_grammar() -> None:
    llm = NoteTaker()
    assert write(llm, questions("zh", "en", "zh"), 7, {"en": "E", "zh": "Z"}) == ["Z-0", "E-1", "Z-2"]
    assert llm.batches == [((7, "Z"), ["0", "2"]), ((7, "E"), ["1"])]


def test_no_questions_ask_nothing() -> None:
    llm = NoteTaker()
    assert choose(llm, [], "pairs").shape == (0, 2)
    assert write(llm, [], 7, {}) == []
    assert llm.batches == []
