"""A cheap judge first: it decides alone where spot checks prove that a dear judge would hardly ever disagree.

Each judge is a `dialin.judge.coherence.CoherenceJudge`, with the calibration of its LLM. The cheap one judges every set
of sentences that the dear one would be asked about. Where it is right with a probability of `target` or more, by its
calibrated P(good) and by how often it was wrong so far, a draw says whether it decides alone or is checked. The checks
say how much it may decide (`dialin.judge.guarantee`). The dear judge decides about all other sets.

What is guaranteed: with a probability of 95 %, over the draws, at least the share `target` of the verdicts of a run,
good or bad, are those that the dear judge would have given at that moment. It holds at every moment of the run and for
any two judges, calibrated or not, although each verdict decides what is asked next; P(good) only makes it cheap. Sets
that the embeddings settle for the dear judge do not count, nor do those that a cap kept from it. As long as there are
fewer than 1 / (1 − target) sets, nothing can be proved, and the dear judge decides all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from dialin.arrays import Rows
from dialin.judge.guarantee import Cascaded, SpotChecks
from dialin.judge.questions import SetQuestion
from dialin.judge.verdict import Coherence, Judge, Verdict

Sets = dict[bytes, SetQuestion]


class SetJudge(Judge, Protocol):
    """A judge that says before which sets it would ask an LLM about, such as `CoherenceJudge`."""

    def needs_llm(self, question: SetQuestion) -> bool:
        """Tell whether an LLM would be asked about a set."""
        ...

    def verdicts(self, questions: Sequence[SetQuestion]) -> list[Verdict]:
        """Return one verdict per set or union."""
        ...

    def for_audit(self) -> SetJudge:
        """Return the judge for clusters that no search selected."""
        ...


@dataclass
class CascadeJudge(Judge):
    """A cheap judge that decides where a dear one would agree, and the dear one that decides the rest.

    Parameters
    ----------
    cheap, dear : SetJudge
        The judges, each with an LLM.
    target : float
        Least share of the verdicts that are those of the dear judge, in [0, 1]; 1: all are.
    seed : int
        Seed of the draws.
    """

    cheap: SetJudge
    dear: SetJudge
    target: float
    seed: int = 0
    memo: dict[bytes, Verdict] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._cascaded = Cascaded(self.target)
        self._checks = SpotChecks()
        self._n_differed, self._n_expected = 0, 0.0  # where both were asked: disagreements, and the sum of doubts

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        """Return one verdict per cluster; a set is judged only once."""
        return self._verdicts([SetQuestion(rows) for rows in clusters])

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        """Return one verdict per pair of clusters; the questions go across the border."""
        return self._verdicts([SetQuestion.across(a, b) for a, b in pairs])

    @property
    def is_capped(self) -> bool:
        """Whether a cap of the budget has ended the asking of one of them."""
        return self.cheap.is_capped or self.dear.is_capped

    @property
    def cascaded(self) -> Cascaded:
        """Who decided what so far, and what it cost."""
        return self._cascaded

    def confidence(self, kept: Rows) -> float | None:
        """Return P(good) of a cluster that was kept, as the dear judge does."""
        return self.dear.confidence(kept)

    def for_audit(self) -> CascadeJudge:
        """Return the cascade of both judges for clusters that no search selected."""
        return CascadeJudge(self.cheap.for_audit(), self.dear.for_audit(), self.target, self.seed)

    def _verdicts(self, questions: Sequence[SetQuestion]) -> list[Verdict]:
        keys = [question.key() for question in questions]
        new = {key: question for key, question in zip(keys, questions, strict=True) if key not in self.memo}
        doubtful = {key: question for key, question in new.items() if self.dear.needs_llm(question)}
        clear = {key: question for key, question in new.items() if key not in doubtful}
        self.memo |= verdicts_of(self.dear, clear) | self._decided(doubtful)
        return [self.memo[key] for key in keys]

    def _decided(self, sets: Sets) -> dict[bytes, Verdict]:
        """Return the verdicts on sets that the dear judge would be asked about, and count who gave them."""
        by_cheap = verdicts_of(self.cheap, sets)
        trusted, chance = self._trusted(by_cheap)
        alone = {key for key in trusted if draw(key, self.seed) >= chance}
        found = self._ask_dear({key: sets[key] for key in sets if key not in alone}, by_cheap)
        checked = trusted - alone
        differed = [key for key in checked if not is_agreed(by_cheap[key], found[key])]
        for _ in differed:
            self._checks.found(chance)
        if self._checks.most_missed([chance] * len(alone)) > self._allowed(len(alone)):
            found |= self._ask_dear({key: sets[key] for key in sets if key in alone}, by_cheap)
            alone = set()
        self._checks.unchecked += [chance] * len(alone)
        self._count(n_sets=len(alone), n_cheap=len(alone), n_checked=len(checked), n_differed=len(differed))
        return {key: by_cheap[key] if key in alone else found[key] for key in sets}

    def _trusted(self, by_cheap: Mapping[bytes, Verdict]) -> tuple[set[bytes], float]:
        """Return the sets that the cheap judge decides unless a check is drawn, and the chance of a check."""
        allowed = self._allowed(len(by_cheap))
        chance = self._checks.chance(allowed) if allowed and not self.is_capped else 1.0
        wrong_by_doubt = (1 + self._n_differed) / (1 + self._n_expected)
        most = (1 - self.target) / wrong_by_doubt
        return {key for key, own in by_cheap.items() if chance < 1 and is_read(own) and doubt(own) <= most}, chance

    def _allowed(self, n_more: int) -> int:
        """Return how many disagreements the target allows when so many more sets are decided."""
        return int((1 - self.target) * (self.cascaded.n_sets + n_more) + 1e-9)

    def _ask_dear(self, sets: Sets, by_cheap: Mapping[bytes, Verdict]) -> dict[bytes, Verdict]:
        """Return the dear judge's verdicts, and learn how often the cheap one is wrong, against its doubts."""
        found = verdicts_of(self.dear, sets)
        asked = [key for key, verdict in found.items() if verdict.n_asked]  # a cap keeps it from the others
        self._n_differed += sum(not is_agreed(by_cheap[key], found[key]) for key in asked)
        self._n_expected += sum(doubt(by_cheap[key]) for key in asked)
        self._count(n_sets=len(asked), n_questions=sum(found[key].n_asked for key in asked))
        return found

    def _count(self, **more: int) -> None:
        self._cascaded = replace(
            self._cascaded, **{name: getattr(self._cascaded, name) + n for name, n in more.items()}
        )


def verdicts_of(judge: SetJudge, sets: Sets) -> dict[bytes, Verdict]:
    """Return the verdict of a judge on each set."""
    return dict(zip(sets, judge.verdicts(list(sets.values())), strict=True))


def is_read(verdict: Verdict) -> bool:
    """Tell whether a verdict is good or bad."""
    return verdict.coherence in {Coherence.GOOD, Coherence.BAD}


def is_agreed(cheap: Verdict, dear: Verdict) -> bool:
    """Tell whether the dear judge was asked, and says what the cheap one says."""
    return bool(dear.n_asked) and dear.coherence is cheap.coherence


def doubt(verdict: Verdict) -> float:
    """Return the probability that a verdict is wrong, by its own P(good): at most ½, and ½ where it was not read."""
    return min(verdict.p_good, 1 - verdict.p_good) if is_read(verdict) else 0.5


def draw(key: bytes, seed: int) -> float:
    """Return a number of a set, uniform in [0, 1), which has nothing to do with what any judge says of it."""
    digest = hashlib.sha256(b"check" + seed.to_bytes(8, "big") + key).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
