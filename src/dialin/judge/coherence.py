"""Coherence: is this set of sentences one intent? Prompt -> reply -> `Verdict`.

Three question forms behind one interface (paper §3.1 asks `list`; small untuned models answer `pairs` far better):

- ``list``: up to 20 representatives in one prompt, answer Good or Bad;
- ``tuned``: the same without worked examples, for a model that was tuned on just that;
- ``pairs``: several far-apart pairs of the cluster, "same intent?" for each, combined into one P(good).

The probabilities of the answer's first token are read, nothing is generated. What the embeddings say and what the
LLM says are combined by `dialin.judge.calibration.Calibration`. An answer that fits no option is *unreadable*: a
counted third outcome, never silently good or bad. A set of sentences is judged once, however often it comes up.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Rows
from dialin.errors import BudgetError, InputError
from dialin.judge.calibration import Calibration, sigmoid
from dialin.judge.evidence import CosineEvidence, Evidence, LlmCorrections
from dialin.judge.isolation import isolation_of
from dialin.judge.questions import SetQuestion, list_question, pair_question, parse_reply
from dialin.judge.sample import Draw, Sampler, cross_pairs, far_pairs, representatives
from dialin.judge.verdict import LIKELY_LOG_ODDS, UNASKED_VERDICT, Coherence, Judge, Verdict
from dialin.llm.ask import Question, choose
from dialin.llm.base import LLM
from dialin.prompts.templates import Form

Mode = Literal["both", "llm", "geometry"]


@dataclass(frozen=True)
class JudgeSettings:
    """Settings of the coherence judge.

    Parameters
    ----------
    form : {"pairs", "list", "tuned"}
        The question form.
    mode : {"both", "llm", "geometry"}
        Whose evidence counts.
    n_pairs : int
        Pairs shown of a cluster of 2 to 8 sentences; one more each time the size doubles beyond that, at most twice as
        many: a single false "good" near the root of a tree would swallow the corpus.
    n_representatives : int
        Sentences shown in the ``list`` and ``tuned`` forms (paper: 20).
    sure : float
        With ``mode="both"``, nothing is asked where the geometry alone gives P(good) beyond `sure` or below
        1 − `sure`; in [½, 1]. "auto": where this LLM's answers could not turn the verdict (`Calibration.answer_span`).
    seed : int
        Seed of the sampling.
    """

    form: Form = "pairs"
    mode: Mode = "both"
    n_pairs: int = 3
    n_representatives: int = 20
    sure: float | Literal["auto"] = "auto"
    seed: int = 0

    def pairs_for(self, size: int) -> int:
        """Return the number of pairs to ask about a cluster of `size` sentences."""
        doublings = int(np.log2(max(size, 8) / 8))
        return min(self.n_pairs + doublings, 2 * self.n_pairs)


@dataclass
class CoherenceJudge(Judge):
    """Judges clusters of `texts` with an LLM, the geometry of their embeddings, or both.

    Parameters
    ----------
    texts : list of str
        All sentences; clusters are given as rows of it.
    X : ndarray of shape (n, d)
        Their unit-norm embeddings.
    llm : LLM or None
        The LLM that answers; None only with ``mode="geometry"``.
    sampler : Sampler
        Picks the representatives of a cluster.
    settings : JudgeSettings
        Form, mode and amounts.
    calibration : Calibration
        Turns both kinds of evidence into P(good).
    strata : ndarray of shape (n,), optional
        Stratum (0, 1, …) of each sentence. How close two random sentences are, and how many there are, is measured
        within the stratum, so that each is judged as if it were alone.
    evidence : Evidence, optional
        Evidence of the embeddings; by default `CosineEvidence` with the weights of the calibration.
    is_capped : bool
        Whether a cap of the budget has ended the asking. From there on the embeddings decide alone with
        ``mode="both"``; with "llm" every verdict is `UNASKED_VERDICT`.
    """

    texts: list[str]
    X: NDArray[np.float32]
    llm: LLM | None
    sampler: Sampler
    settings: JudgeSettings
    calibration: Calibration
    strata: NDArray[np.int64] | None = None
    evidence: Evidence | None = None
    memo: dict[bytes, Verdict] = field(default_factory=dict)
    is_capped: bool = False

    def __post_init__(self) -> None:
        if self.llm is None and self.settings.mode != "geometry":
            raise InputError(f"judge mode {self.settings.mode!r} needs an LLM", hint="give one, or use geometry")
        strata = np.zeros(len(self.X), np.int64) if self.strata is None else self.strata
        self._cosine = CosineEvidence(self.X, strata, self.calibration.geometry_weights)
        self._corrections = LlmCorrections(len(self.X))

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        """Return one verdict per cluster; a set is judged only once."""
        return self.verdicts([SetQuestion(rows) for rows in clusters])

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        """Return one verdict per pair of clusters; the questions go across the border."""
        return self.verdicts([SetQuestion.across(a, b) for a, b in pairs])

    def confidence(self, kept: Rows) -> float | None:
        """Return P(good) of a cluster that was kept, by its neighbours in its stratum.

        None with ``mode="llm"``, for a single sentence, and where the calibration has no `confidence_weights`.
        """
        if self.settings.mode == "llm":
            return None
        apart = isolation_of(*self._cosine.placed(kept))
        return None if apart is None else self.calibration.confidence(apart, len(kept))

    def for_audit(self) -> CoherenceJudge:
        """Return the judge for clusters that no search selected: `CosineEvidence` and the weights for audits."""
        return replace(self, calibration=self.calibration.for_audit(), evidence=None)

    def needs_llm(self, question: SetQuestion) -> bool:
        """Tell whether the LLM would be asked about a set: not where it is known, one sentence, or clear without it."""
        if len(question.union) == 1 or question.key() in self.memo:
            return False
        return self._is_doubtful(self._corrections.evidence(question.union, self._log_odds(question)))

    def verdicts(self, questions: Sequence[SetQuestion]) -> list[Verdict]:
        """Return one verdict per set or union."""
        keys = [question.key() for question in questions]
        for key, question in zip(keys, questions, strict=True):
            if len(question.union) == 1:  # nothing to compare
                self.memo[key] = Verdict.of(1.0, "size")
        new = {key: question for key, question in zip(keys, questions, strict=True) if key not in self.memo}
        raw = {key: self._log_odds(question) for key, question in new.items()}
        logits = {key: self._corrections.evidence(question.union, raw[key]) for key, question in new.items()}
        doubtful = {key: question for key, question in new.items() if self._is_doubtful(logits[key])}
        answers = dict(zip(doubtful, self._ask(list(doubtful.values())), strict=False))  # fewer after a cap
        for key, logit in logits.items():
            if key in answers:
                self.memo[key] = self._combine(answers[key], logit)
                self._learn(new[key].union, raw[key], self.memo[key])
            elif self.settings.mode != "llm":
                self.memo[key] = Verdict.of(sigmoid(logit), "geometry")
        return [self.memo.get(key, UNASKED_VERDICT) for key in keys]

    def _log_odds(self, question: SetQuestion) -> float:
        return (self.evidence or self._cosine).log_odds(question.rows, question.other)

    def _learn(self, rows: Rows, log_odds: float, verdict: Verdict) -> None:
        if abs(verdict.log_odds) >= LIKELY_LOG_ODDS:
            self._corrections.learn(rows, log_odds, is_good=verdict.good)

    def _is_doubtful(self, logit: float) -> bool:
        """Tell whether the LLM is to be asked where the embeddings give these log-odds."""
        if self.settings.mode != "both":
            return self.settings.mode == "llm"
        if self.settings.sure == "auto":
            return abs(logit) < self.calibration.answer_span
        return 1 - self.settings.sure < sigmoid(logit) < self.settings.sure

    def _combine(self, answers: NDArray[np.float64], geometry: float) -> Verdict:
        readable = answers[~np.isnan(answers)]
        both = self.settings.mode == "both"
        evidence = "both" if both else "llm"
        if not len(readable):
            return Verdict(sigmoid(geometry) if both else 0.5, Coherence.UNREADABLE, evidence, len(answers))
        mean = float(readable.mean())
        p = self.calibration.combined_p(mean, geometry) if both else self.calibration.llm_p(mean)
        return Verdict.of(p, evidence, len(answers))

    def _ask(self, questions: list[SetQuestion]) -> list[NDArray[np.float64]]:
        """Ask about all sets, or as many of the first ones as the budget allows, and about none after that."""
        if self.is_capped:
            return []
        try:
            return self._answers(questions)
        except BudgetError:
            self.is_capped = True
        answers = list[NDArray[np.float64]]()
        with suppress(BudgetError):  # of the batch that failed, the answers that came are known to the LLM's store
            for question in questions:
                answers += self._answers([question])
        return answers

    def _answers(self, questions: list[SetQuestion]) -> list[NDArray[np.float64]]:
        """Put the prompts of all sets in one batch; return the log-odds of their answers, nan where unreadable."""
        prompts = [self._prompts(question) for question in questions]
        flat = [prompt for own in prompts for prompt in own]
        if not flat or self.llm is None:
            return [np.empty(0)] * len(questions)
        shift = [self.calibration.language_shift.get(prompt.language, 0.0) for prompt in flat]
        log_odds = np.array([parse_reply(p) for p in choose(self.llm, flat, self.settings.form)]) + shift
        return np.split(log_odds, np.cumsum([len(own) for own in prompts])[:-1])

    def _prompts(self, question: SetQuestion) -> list[Question]:
        if self.settings.form == "pairs":
            return [pair_question(self.texts[i], self.texts[j]) for i, j in self._pairs(question).tolist()]
        halves = [question.rows] if question.other is None else [question.rows, question.other]
        size = self.settings.n_representatives // len(halves)
        shown = [i for rows in halves for i in self._representatives(rows, size)]
        return [list_question([self.texts[i] for i in shown], self.settings.form)]

    def _pairs(self, question: SetQuestion) -> NDArray[np.int64]:
        n_pairs = self.settings.pairs_for(len(question.union))
        size = max(4 * n_pairs, self.settings.n_representatives)
        rows = self._representatives(question.rows, size)
        if question.other is None:
            return far_pairs(self.X, rows, n_pairs)
        return cross_pairs(self.X, rows, self._representatives(question.other, size), n_pairs)

    def _representatives(self, rows: Rows, size: int) -> Rows:
        return representatives(self.X, rows, size, Draw(self.sampler, self.settings.seed))
