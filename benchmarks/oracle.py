"""A judge that knows the gold labels and errs as often as told: it separates the loop's faults from the judge's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dialin.judge import Rows, Verdict


@dataclass
class OracleJudge:
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
