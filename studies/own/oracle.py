"""Judges that know the gold labels and err as often as told: they separate the loop's faults from the judge's."""

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
    """Good where at least 90 % of the sentences have one gold label; wrong with probability `wrong`.

    Parameters
    ----------
    gold : ndarray of shape (n,)
        Gold label of each sentence.
    wrong : float
        Share of false verdicts, in [0, ½).
    seed : int
        Seed of the errors; a set of sentences asked about twice gets the same answer.
    """

    gold: NDArray[np.str_]
    wrong: float = 0.0
    seed: int = 0
    memo: dict[bytes, Verdict] = field(default_factory=dict)

    @property
    def n_asked(self) -> int:
        """Number of different sets judged."""
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
            good = (counts.max() >= 0.9 * len(rows)) != (rng.random() < self.wrong)
            sure = 1 - max(self.wrong, 0.02)
            self.memo[key] = Verdict.of(sure if good else 1 - sure, "oracle", 1)
        return self.memo[key]


@dataclass
class OracleLLM:
    """An LLM behind a server that is shown sentences and knows their gold labels; asked in the paper's form.

    Parameters
    ----------
    gold : mapping of str to str
        Gold label of each sentence, cut as prompts cut it.
    wrong : float
        Share of false answers, in [0, ½); it says how sure it is.
    seed : int
        Seed of the errors; the same prompt gets the same answer.
    """

    gold: Mapping[str, str]
    wrong: float = 0.0
    seed: int = 0
    name: str = "openai:oracle"
    n_asked: int = 0

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:  # noqa: ARG002 (protocol)
        """Return P(Good), P(Bad): good where at least 90 % of the sentences shown have one label."""
        self.n_asked += len(prompts)
        return np.array([self._answer(prompt.user) for prompt in prompts])

    def complete(self, prompts: Sequence[Prompt], max_tokens: int, grammar: str = "") -> list[str]:
        """Name nothing: it only judges."""
        raise NotImplementedError

    def _answer(self, shown: str) -> tuple[float, float]:
        labels = [self.gold[line.removeprefix("- ")] for line in shown.split("\n- ")]
        good = max(Counter(labels).values()) >= 0.9 * len(labels)
        rng = np.random.default_rng([self.seed, zlib.crc32(shown.encode())])
        sure = 1 - max(self.wrong, 0.02)
        return (sure, 1 - sure) if good != (rng.random() < self.wrong) else (1 - sure, sure)
