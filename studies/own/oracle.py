"""Judges that know the gold labels and err at a given rate, to separate faults of the loop from faults of the judge."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Rows
from dialin.judge.verdict import Judge, Verdict
from dialin.prompts.prompt import Prompt


@dataclass
class OracleJudge(Judge):
    """A judge that finds a set good if enough of its sentences share a gold label, with errors.

    Parameters
    ----------
    gold : ndarray of shape (n,)
        Gold label of each sentence.
    wrong : float
        Probability of a false verdict, in [0, ½).
    seed : int
        Seed of the errors; the same set of sentences always gets the same verdict.
    enough : float
        Share of the sentences of a good set that share a label.
    """

    gold: NDArray[np.str_]
    wrong: float = 0.0
    seed: int = 0
    enough: float = 0.9
    memo: dict[bytes, Verdict] = field(default_factory=dict)

    @property
    def n_asked(self) -> int:
        """Number of distinct sets judged."""
        return len(self.memo)

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        """Return one verdict per cluster."""
        return [self._judge(np.sort(rows)) for rows in clusters]

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        """Return one verdict per union."""
        return self.judge([np.concatenate(pair) for pair in pairs])

    def _judge(self, rows: Rows) -> Verdict:
        key = rows.tobytes()
        if key not in self.memo:
            counts = np.unique(self.gold[rows], return_counts=True)[1]
            rng = np.random.default_rng([self.seed, len(self.memo)])
            good = (counts.max() >= self.enough * len(rows)) != (rng.random() < self.wrong)
            sure = 1 - max(self.wrong, 0.02)
            self.memo[key] = Verdict.of(sure if good else 1 - sure, "oracle", 1)
        return self.memo[key]


@dataclass
class OracleLLM:
    """An LLM that answers the paper's question from the gold labels, with errors, under the name of a server.

    Parameters
    ----------
    gold : mapping of str to str
        Gold label of each sentence; the keys are the sentences as prompts cut them.
    wrong : float
        Probability of a false answer, in [0, ½); the answers state their confidence accordingly.
    seed : int
        Seed of the errors; the same prompt always gets the same answer.
    """

    gold: Mapping[str, str]
    wrong: float = 0.0
    seed: int = 0
    name: str = "openai:oracle"
    n_asked: int = 0

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:  # noqa: ARG002 (protocol)
        """Return P(Good) and P(Bad), shape (n_prompts, 2); Good if at least 90 % of the sentences share a label."""
        self.n_asked += len(prompts)
        return np.array([self._answer(prompt.user) for prompt in prompts])

    def complete(self, prompts: Sequence[Prompt], max_tokens: int, grammar: str = "") -> list[str]:
        """Raise NotImplementedError: this LLM only judges."""
        raise NotImplementedError

    def _answer(self, shown: str) -> tuple[float, float]:
        labels = [self.gold[line.removeprefix("- ")] for line in shown.split("\n- ")]
        good = max(Counter(labels).values()) >= 0.9 * len(labels)
        rng = np.random.default_rng([self.seed, zlib.crc32(shown.encode())])
        sure = 1 - max(self.wrong, 0.02)
        return (sure, 1 - sure) if good != (rng.random() < self.wrong) else (1 - sure, sure)
