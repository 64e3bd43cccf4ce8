"""What the tests of the loop share: blobs of unit vectors, and a judge, an LLM and an embedder that follow a script."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Rows
from dialin.errors import BudgetError
from dialin.judge.verdict import Coherence, Judge, Verdict
from dialin.prompts.prompt import Prompt

Matrix = NDArray[np.float32]
GOOD, BAD = Verdict.of(0.99), Verdict.of(0.01)
UNREADABLE = Verdict(0.5, Coherence.UNREADABLE)


def unit(X: NDArray[np.floating]) -> Matrix:
    return np.asarray(X / np.linalg.norm(X, axis=1, keepdims=True), dtype=np.float32)


def on_circle(*degrees: float) -> Matrix:
    angle = np.radians(degrees)
    return np.asarray(np.c_[np.cos(angle), np.sin(angle)], dtype=np.float32)


def blobs(sizes: Sequence[int], noise: float = 0.03, seed: int = 0) -> tuple[Matrix, NDArray[np.int64]]:
    """Blobs of these sizes at right angles to each other, and the blob of each row; rows are shuffled."""
    rng = np.random.default_rng(seed)
    gold = rng.permutation(np.repeat(np.arange(len(sizes)), sizes)).astype(np.int64)
    d = max(len(sizes), 4)
    return unit(np.eye(d)[gold] + rng.normal(scale=noise, size=(len(gold), d))), gold


def parts(gold: NDArray[np.int64]) -> set[frozenset[int]]:
    """Return the rows of each gold cluster."""
    return {frozenset(np.flatnonzero(gold == g).tolist()) for g in np.unique(gold)}


def sets(clusters: Sequence[Rows]) -> set[frozenset[int]]:
    return {frozenset(np.asarray(rows).tolist()) for rows in clusters}


@dataclass
class Oracle(Judge):
    """Knows the true cluster of every row: good where there is but one; `wrong` lists its errors."""

    gold: NDArray[np.int64]
    good: Verdict = GOOD
    bad: Verdict = BAD
    wrong: dict[frozenset[int], Verdict] = field(default_factory=dict)
    asked: list[frozenset[int]] = field(default_factory=list)

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        return [self._verdict(rows) for rows in clusters]

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        return [self._verdict(np.concatenate(pair)) for pair in pairs]

    def _verdict(self, rows: Rows) -> Verdict:
        key = frozenset(rows.tolist())
        assert len(key) == len(rows) > 0
        self.asked.append(key)
        return self.wrong.get(key) or (self.good if len(np.unique(self.gold[rows])) == 1 else self.bad)


@dataclass
class Constant(Judge):
    """Says the same of everything."""

    verdict: Verdict

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        return [self.verdict for _ in clusters]

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        return [self.verdict for _ in pairs]


def tokens(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def topic(text: str) -> str:
    """Return the first word of a sentence, which is what our sentences are about."""
    return tokens(text)[0]


def sentences_in(user: str) -> list[str]:
    """Return the sentences that a prompt shows: lines that begin with a dash or with 1: and 2:."""
    return [line.split(" ", 1)[1] for line in user.splitlines() if re.match(r"(-|[12]:) ", line)]


def by_topic(prompt: Prompt) -> bool:
    return len({topic(text) for text in sentences_in(prompt.user)}) == 1


@dataclass
class ScriptedLLM:
    """Judges by `rule`, names and describes by the topic of most sentences, and has `n_calls` batches to spend."""

    rule: Callable[[Prompt], bool | None] = by_topic
    action: Callable[[str], str] = lambda word: "inquire"
    n_calls: int = 10**9
    name: str = "scripted"
    prompts: list[Prompt] = field(default_factory=list)
    n_batches: int = 0

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:
        self._spend(prompts)
        rows = {True: (0.98, 0.02), False: (0.02, 0.98), None: (0.0, 0.0)}
        return np.array([rows[self.rule(prompt)] for prompt in prompts]).reshape(-1, 2)

    def complete(self, prompts: Sequence[Prompt], max_tokens: int, grammar: str = "") -> list[str]:
        self._spend(prompts)
        return [self._reply(prompt.user) for prompt in prompts]

    def _reply(self, user: str) -> str:
        if "allowed for" in user:
            return user.rsplit(": ", 1)[1]
        word = Counter(map(topic, sentences_in(user))).most_common(1)[0][0]
        if "Quotes:" in user:
            return f"People talk about the {word} here."
        return f"{self.action(word)}-{word}"

    def _spend(self, prompts: Sequence[Prompt]) -> None:
        if self.n_batches >= self.n_calls:
            raise BudgetError(f"max_calls is {self.n_calls}")
        self.n_batches += 1
        self.prompts += prompts


class Chooser:
    """An LLM that gives both options the probabilities that `answer` says, and keeps what it was asked."""

    name = "chooser"

    def __init__(self, answer: Callable[[Prompt], tuple[float, float]]) -> None:
        self.answer = answer
        self.asked: list[Prompt] = []
        self.options: list[tuple[str, ...]] = []

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:
        self.asked += prompts
        self.options.append(tuple(options))
        return np.array([self.answer(prompt) for prompt in prompts]).reshape(-1, 2)

    def complete(self, prompts: Sequence[Prompt], max_tokens: int, grammar: str = "") -> list[str]:
        raise AssertionError("these answers are chosen, not written")


@dataclass
class BagOfWords:
    """Embeds a text as the sum of a fixed random vector for each of its words."""

    d: int = 48
    name: str = "bag-of-words"

    def encode(self, texts: Sequence[str]) -> Matrix:
        X = np.zeros((len(texts), self.d))
        for i, text in enumerate(texts):
            for word in tokens(text):
                X[i] += np.random.default_rng(crc32(word.encode())).normal(size=self.d)
        return unit(X) if len(texts) else X.astype(np.float32)


def talk(sizes: dict[str, int]) -> list[str]:
    """Return sentences about each word: three times the word and one of their own (cosine about .9)."""
    return [f"{word} {word} {word} {word}{i}" for word, size in sizes.items() for i in range(size)]
