"""A judge that leaves the judging to people: it keeps every cluster, at even odds."""

from __future__ import annotations

from collections.abc import Sequence

from dialin.arrays import Rows
from dialin.judge.verdict import Coherence, Judge, Verdict

EVEN_VERDICT = Verdict(0.5, Coherence.GOOD, "people")


class KeepAllJudge(Judge):
    """Finds every cluster good with P(good) ½, so that the loop keeps what its partitioner made."""

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        """Return a verdict for each cluster."""
        return [EVEN_VERDICT] * len(clusters)

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        """Return a verdict for each pair of clusters."""
        return [EVEN_VERDICT] * len(pairs)
