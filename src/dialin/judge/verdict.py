"""The answer of a judge (`Verdict`), and the protocol that every judge follows (`Judge`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

from dialin.arrays import Rows
from dialin.judge.guarantee import Cascaded

SURE_LOG_ODDS = 3.5
"""Log-odds (P = .97) from which a "good" is accepted without a second question."""


LIKELY_LOG_ODDS = math.log(2)
"""Log-odds (two to one) from which an LLM's verdict corrects the evidence about the nodes below and above."""


class Coherence(StrEnum):
    """Outcome of a judgement."""

    GOOD = "good"
    BAD = "bad"
    UNREADABLE = "unreadable"
    UNASKED = "unasked"


@dataclass(frozen=True)
class Verdict:
    """A judge's finding about one set of sentences.

    Parameters
    ----------
    p_good : float
        P(all sentences share one intent), in [0, 1].
    coherence : Coherence
        GOOD where `p_good` ≥ ½ (for a crowd: where most say so), BAD where not, UNREADABLE where the LLM's answers
        fitted no option, UNASKED where a cap of the budget came before the question.
    evidence : str
        Evidence that decided: "llm", "geometry" or "both".
    n_asked : int
        Questions put to the LLM for it.
    """

    p_good: float
    coherence: Coherence
    evidence: str = "llm"
    n_asked: int = 0

    @property
    def good(self) -> bool:
        """Whether the cluster is kept as coherent."""
        return self.coherence is Coherence.GOOD

    @property
    def log_odds(self) -> float:
        """The evidence for "good" in log-odds, at most ±4.6 (99 %); 0 where no answer was read."""
        if self.coherence in {Coherence.UNREADABLE, Coherence.UNASKED}:
            return 0.0
        p = float(np.clip(self.p_good, 0.01, 0.99))
        return float(np.log(p / (1 - p)))

    @classmethod
    def of(cls, p_good: float, evidence: str = "llm", n_asked: int = 0) -> Verdict:
        """Return the readable verdict of this probability."""
        coherence = Coherence.GOOD if p_good >= 0.5 else Coherence.BAD
        return cls(float(p_good), coherence, evidence, n_asked)


UNASKED_VERDICT = Verdict(0.5, Coherence.UNASKED, "cap")
"""Verdict on a set that a cap of the budget kept from being judged."""


class Judge(Protocol):
    """Judges sets of sentences, given as row numbers.

    A judge of your own derives from this class and writes the first two methods; the others have a sensible default.
    """

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        """Return one verdict per cluster: good where its sentences share one intent, `UNASKED_VERDICT` after a cap."""
        ...

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        """Return one verdict per pair of clusters: good where both together share one intent."""
        ...

    @property
    def is_capped(self) -> bool:
        """Whether a cap of the budget has ended the asking."""
        return False

    def confidence(self, kept: Rows) -> float | None:  # noqa: ARG002  (for judges that have one)
        """Return P(good) of a cluster that the search kept; None where its verdict is all there is."""
        return None

    @property
    def cascaded(self) -> Cascaded | None:
        """What a cheap and a dear judge have decided so far; None where there is but one."""
        return None

    def for_audit(self) -> Judge:
        """Return the judge for clusters that no search selected."""
        return self
