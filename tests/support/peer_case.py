"""A labelled case on which any peer can run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dialin.peers.base import Kit, Problem
from dialin.prompts.prompt import Prompt
from oracles import unit

WORDS = {"en": ["refund", "parcel", "password"], "zh": ["退款", "包裹", "密码"]}


OTHERS = {
    "en": ["still waiting for my {} today {}", "what about the {} number {}"],
    "zh": ["我的{}怎么还没好{}", "请问{}的事情{}"],
}


@dataclass
class Oracle:
    """Knows what sentences are about: the word of `words` that they hold; keeps what it was asked."""

    words: Sequence[str]
    name: str = "oracle"
    prompts: list[Prompt] = field(default_factory=list)
    grammars: list[str] = field(default_factory=list)

    def topic(self, text: str) -> str:
        return next((word for word in self.words if word in text), "")

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:
        self.prompts += prompts
        return np.array([self.p(prompt.user) for prompt in prompts]).reshape(-1, 2)

    def p(self, user: str) -> tuple[float, float]:
        lines = [line for line in user.splitlines() if self.topic(line)]
        topics = [self.topic(line) for line in lines]
        if lines[1][0] in "A":  # which of two is closer
            first, second = (topic == topics[0] for topic in topics[1:])
            return (0.5, 0.5) if first == second else (float(first), float(second))
        same = topics[-1] == max(set(topics[:-1]), key=topics[:-1].count)
        return float(same), float(not same)

    def complete(self, prompts: Sequence[Prompt], max_tokens: int, grammar: str = "") -> list[str]:
        self.prompts += prompts
        self.grammars.append(grammar)
        return [self.topic(prompt.user) for prompt in prompts]


def embed_by(words: Sequence[str], noise: float) -> Callable[[Sequence[str]], NDArray[np.float32]]:
    """Embed a text as the axis of the word that it holds, moved a little; the same text always alike."""

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        rows = []
        for text in texts:
            rng = np.random.default_rng(list(text.encode()))
            axis = np.array([float(word in text) for word in words])
            rows.append(np.concatenate([axis, np.zeros(3)]) + rng.normal(scale=noise, size=len(words) + 3))
        return unit(np.array(rows))

    return embed


def case(language: str = "en", n: int = 12, noise: float = 0.15, seed: int = 0) -> tuple[Problem, Kit, list[int]]:
    """Return n sentences about each of three words, an LLM that knows them, and their topics."""
    words, forms = WORDS[language], OTHERS[language]
    texts = [forms[i % 2].format(word, i) for word in words for i in range(n)]
    embed = embed_by(words, noise)
    return Problem(texts, embed(texts), 3, seed), Kit(Oracle(words), embed), [i for i in range(3) for _ in range(n)]
