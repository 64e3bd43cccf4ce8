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

import hashlib
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from dialin.errors import BudgetError, InputError
from dialin.judge.calibration import Calibration
from dialin.judge.evidence import CosineEvidence, Evidence, LlmCorrections
from dialin.judge.sample import Sampler, cross_pairs, far_pairs
from dialin.llm.base import LLM, Prompt
from dialin.prompts import LANGUAGES, Form, bullets, language_of, load

Rows = NDArray[np.int64]
Mode = Literal["both", "llm", "geometry"]
SURE_LOG_ODDS = 3.5
"""Log-odds (P = .97) from which a "good" is taken at its first word."""
LIKELY_LOG_ODDS = math.log(2)
"""Log-odds (two to one) from which an LLM's verdict corrects what the embeddings say of what lies below and above."""
READABLE_MASS = 0.02
"""Least probability that the options must hold together for an answer to count as readable."""


class Coherence(StrEnum):
    """Outcome of a judgement."""

    GOOD = "good"
    BAD = "bad"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Verdict:
    """What the judge found about one set of sentences.

    Parameters
    ----------
    p_good : float
        P(all sentences share one intent), in [0, 1].
    coherence : Coherence
        GOOD where `p_good` ≥ ½ (for a crowd: where most say so), BAD where not, UNREADABLE where the LLM's answers
        fitted no option.
    evidence : str
        What decided: "llm", "geometry" or "both".
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
        """The evidence for "good" in log-odds, at most ±4.6 (99 %); an unreadable verdict says nothing."""
        if self.coherence is Coherence.UNREADABLE:
            return 0.0
        p = float(np.clip(self.p_good, 0.01, 0.99))
        return float(np.log(p / (1 - p)))

    @classmethod
    def of(cls, p_good: float, evidence: str = "llm", n_asked: int = 0) -> Verdict:
        """Return the readable verdict of this probability."""
        coherence = Coherence.GOOD if p_good >= 0.5 else Coherence.BAD
        return cls(float(p_good), coherence, evidence, n_asked)


class Judge(Protocol):
    """Judges sets of sentences, given as row numbers."""

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        """Return one verdict per cluster: good where its sentences share one intent."""
        ...

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        """Return one verdict per pair of clusters: good where both together share one intent."""
        ...


@dataclass(frozen=True)
class JudgeSettings:
    """How coherence is judged.

    Parameters
    ----------
    form : {"pairs", "list", "tuned"}
        The question form.
    mode : {"both", "llm", "geometry"}
        Whose evidence counts.
    n_pairs : int
        Pairs asked about a cluster of 2 to 8 sentences; one more each time the size doubles beyond that, at
        most twice as many: one false "good" near the root of a tree would swallow the corpus.
    n_representatives : int
        Sentences shown in the ``list`` and ``tuned`` forms (paper: 20).
    sure : float
        With ``mode="both"``, nothing is asked where the geometry alone gives P(good) beyond `sure` or below
        1 − `sure`; in (½, 1]. 0: where this LLM's answers could not turn the verdict (`Calibration.reach`).
    seed : int
        Seed of the sampling.
    """

    form: Form = "pairs"
    mode: Mode = "both"
    n_pairs: int = 3
    n_representatives: int = 20
    sure: float = 0.0
    seed: int = 0

    def pairs_for(self, size: int) -> int:
        """Return the number of pairs to ask about a cluster of `size` sentences."""
        doublings = int(np.log2(max(size, 8) / 8))
        return min(self.n_pairs + doublings, 2 * self.n_pairs)


@dataclass(frozen=True)
class SetQuestion:
    """A set of sentences to judge; with `other`, whether the union of both is one intent."""

    rows: Rows
    other: Rows | None = None

    @classmethod
    def across(cls, a: Rows, b: Rows) -> SetQuestion:
        """Return the question about a union, the same whichever half comes first."""
        return cls(*sorted((a, b), key=lambda rows: (int(rows.min()), len(rows))))

    @property
    def union(self) -> Rows:
        """All rows of the question, ascending."""
        return np.sort(self.rows if self.other is None else np.concatenate([self.rows, self.other]))

    def key(self) -> bytes:
        """Return what identifies the set of sentences (and the border between its two halves, if any)."""
        halves = [self.rows] if self.other is None else [self.rows, self.other]
        return hashlib.sha256(b"|".join(np.sort(half).astype("<i8").tobytes() for half in halves)).digest()


def build_pair_prompt(first: str, second: str) -> Prompt:
    """Return the question whether two sentences share an intent, in their language."""
    return load("pairs", language_of([first, second])).prompt(first=first[:300], second=second[:300])


def build_list_prompt(texts: list[str], form: Form = "list") -> Prompt:
    """Return the paper's question about a list of sentences, in their language; "tuned" has no worked examples."""
    return load(form, language_of(texts)).prompt(sentences=bullets(texts))


def parse_reply(probabilities: NDArray[np.float64]) -> float:
    """Return the log-odds of the first of two options; nan where the answer was unreadable.

    Parameters
    ----------
    probabilities : ndarray of shape (2,)
        Of "good" and "bad" (or "yes" and "no"); the mass missing to 1 went to other answers.
    """
    if probabilities.sum() < READABLE_MASS:
        return float("nan")
    p, q = np.maximum(probabilities, 1e-4)
    return float(np.log(p) - np.log(q))


@dataclass
class CoherenceJudge:
    """Judges clusters of `texts` with an LLM, the geometry of their embeddings, or both.

    Parameters
    ----------
    texts : list of str
        All sentences; clusters are given as rows of it.
    X : ndarray of shape (n, d)
        Their unit-norm embeddings.
    llm : LLM or None
        Who is asked; None only with ``mode="geometry"``.
    sampler : Sampler
        Picks the representatives of a cluster.
    settings : JudgeSettings
        Form, mode and amounts.
    calibration : Calibration
        Turns both kinds of evidence into P(good).
    parts : ndarray of shape (n,), optional
        Part of the corpus (0, 1, …) that each sentence is in: its role and language. How close two random sentences
        are, and how many there are, is measured within the part: it is judged as it would be alone.
    closeness : Evidence, optional
        Evidence of the embeddings; by default the tightness of a set, as the calibration weighs it.
    is_capped : bool
        Whether a cap of the budget ended the asking. With ``mode="both"`` the embeddings alone decide from there on;
        with "llm" the `BudgetError` is passed on.
    """

    texts: list[str]
    X: NDArray[np.float32]
    llm: LLM | None
    sampler: Sampler
    settings: JudgeSettings
    calibration: Calibration
    parts: NDArray[np.int64] | None = None
    closeness: Evidence | None = None
    memo: dict[bytes, Verdict] = field(default_factory=dict)
    is_capped: bool = False

    def __post_init__(self) -> None:
        if self.llm is None and self.settings.mode != "geometry":
            raise InputError(f"judge mode {self.settings.mode!r} needs an LLM", hint="give one, or use geometry")
        parts = np.zeros(len(self.X), np.int64) if self.parts is None else self.parts
        self._tightness = CosineEvidence(self.X, parts, self.calibration.geometry_weights)
        self._corrections = LlmCorrections(len(self.X))

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        """Return one verdict per cluster; a set judged before is not asked again."""
        return self._answer([SetQuestion(rows) for rows in clusters])

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        """Return one verdict per pair of clusters; the questions go across the border."""
        return self._answer([SetQuestion.across(a, b) for a, b in pairs])

    def _answer(self, questions: list[SetQuestion]) -> list[Verdict]:
        keys = [question.key() for question in questions]
        for key, question in zip(keys, questions, strict=True):
            if len(question.union) == 1:  # nothing to compare
                self.memo[key] = Verdict.of(1.0, "size")
        new = {key: q for key, q in zip(keys, questions, strict=True) if key not in self.memo}
        closeness = self.closeness or self._tightness
        raw = {key: closeness.log_odds(q.rows, q.other) for key, q in new.items()}
        logits = {key: self._corrections.evidence(q.union, raw[key]) for key, q in new.items()}
        ask = {key: q for key, q in new.items() if self._undecided(logits[key])}
        answered = dict(zip(ask, self._asked(list(ask.values())), strict=False))  # fewer, where a cap is hit
        for key, logit in logits.items():
            if key in answered:
                self.memo[key] = verdict = self._combine(answered[key], logit)
                if abs(verdict.log_odds) >= LIKELY_LOG_ODDS:
                    self._corrections.learn(new[key].union, raw[key], is_good=verdict.good)
            else:
                self.memo[key] = Verdict.of(self.calibration.geometry_p(logit), "geometry")
        return [self.memo[key] for key in keys]

    def confidence(self, kept: Rows) -> float | None:
        """Return P(good) of a cluster that was kept; None where the verdicts say it: the LLM's, or uncalibrated."""
        return None if self.settings.mode == "llm" else self.calibration.kept_p(*self._tightness.shape(kept))

    def _undecided(self, logit: float) -> bool:
        if self.settings.mode != "both":
            return self.settings.mode == "llm"
        if not self.settings.sure:
            return abs(logit) < self.calibration.answer_span
        p = self.calibration.geometry_p(logit)
        return 1 - self.settings.sure < p < self.settings.sure

    def _combine(self, answers: NDArray[np.float64], geometry: float) -> Verdict:
        readable = answers[~np.isnan(answers)]
        both = self.settings.mode == "both"
        evidence = "both" if both else "llm"
        if not len(readable):
            p = self.calibration.geometry_p(geometry) if both else 0.5
            return Verdict(p, Coherence.UNREADABLE, evidence, len(answers))
        mean = float(readable.mean())
        p = self.calibration.combined_p(mean, geometry) if both else self.calibration.llm_p(mean)
        return Verdict.of(p, evidence, len(answers))

    def _asked(self, questions: list[SetQuestion]) -> list[NDArray[np.float64]]:
        """Ask all, or as many of the first ones as the budget allows, the rest of it never again."""
        if self.is_capped:
            return []
        try:
            return self._ask(questions)
        except BudgetError:
            if self.settings.mode != "both":
                raise
        self.is_capped = True
        answers = list[NDArray[np.float64]]()
        with suppress(BudgetError):  # of the batch that failed, the answers that came are known to the LLM's store
            for question in questions:
                answers += self._ask([question])
        return answers

    def _ask(self, questions: list[SetQuestion]) -> list[NDArray[np.float64]]:
        """Put all prompts in one batch, by language (one static prefix each); return log-odds per question."""
        prompts = [self._prompts(question) for question in questions]
        flat = [prompt for group in prompts for prompt in group]
        if not flat or self.llm is None:
            return [np.empty(0)] * len(questions)
        answers = np.empty(len(flat))
        for system in dict.fromkeys(prompt.system for prompt in flat):
            rows = [i for i, prompt in enumerate(flat) if prompt.system == system]
            language = self._language(flat[rows[0]])
            chosen = self.llm.choose([flat[i] for i in rows], load(self.settings.form, language).options)
            answers[rows] = [parse_reply(row) + self.calibration.language_shift.get(language, 0.0) for row in chosen]
        return np.split(answers, np.cumsum([len(group) for group in prompts])[:-1])

    def _language(self, prompt: Prompt) -> str:
        return next(lang for lang in LANGUAGES if load(self.settings.form, lang).system == prompt.system)

    def _prompts(self, question: SetQuestion) -> list[Prompt]:
        if self.settings.form == "pairs":
            return [build_pair_prompt(self.texts[i], self.texts[j]) for i, j in self._pairs(question)]
        return [build_list_prompt([self.texts[i] for i in self._representatives(question)], self.settings.form)]

    def _representatives(self, question: SetQuestion) -> Rows:
        halves = [question.rows] if question.other is None else [question.rows, question.other]
        return np.concatenate([self._sample(rows, self.settings.n_representatives // len(halves)) for rows in halves])

    def _sample(self, rows: Rows, size: int) -> Rows:
        rows = np.sort(rows)
        rng = np.random.default_rng([self.settings.seed, len(rows), int(rows[0])])
        return rows[self.sampler(self.X[rows], size, rng)]

    def _pairs(self, question: SetQuestion) -> list[tuple[int, int]]:
        n_pairs = self.settings.pairs_for(len(question.union))
        size = max(4 * n_pairs, self.settings.n_representatives)
        rows = self._sample(question.rows, size)
        if question.other is None:
            return _tuples(far_pairs(self.X, rows, n_pairs))
        return _tuples(cross_pairs(self.X, rows, self._sample(question.other, size), n_pairs))


def _tuples(pairs: Rows) -> list[tuple[int, int]]:
    return [(int(i), int(j)) for i, j in pairs]


@dataclass(frozen=True)
class Crowd:
    """Several judges, one vote each, the majority decides (paper §3.1); a tie is bad.

    Parameters
    ----------
    judges : tuple of Judge
        The evaluators. The p_good of the crowd is their mean.
    """

    judges: tuple[Judge, ...]

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        """Return the majority's verdict per cluster."""
        return [majority(votes) for votes in zip(*(j.judge(clusters) for j in self.judges), strict=True)]

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        """Return the majority's verdict per union."""
        return [majority(votes) for votes in zip(*(j.judge_unions(pairs) for j in self.judges), strict=True)]


def majority(votes: Sequence[Verdict]) -> Verdict:
    """Return the verdict of most of the readable votes; UNREADABLE where none could be read."""
    readable = [vote for vote in votes if vote.coherence is not Coherence.UNREADABLE]
    n_asked = sum(vote.n_asked for vote in votes)
    p_good = float(np.mean([vote.p_good for vote in readable or votes]))
    if not readable:
        return Verdict(p_good, Coherence.UNREADABLE, "crowd", n_asked)
    good = 2 * sum(vote.good for vote in readable) > len(readable)
    return Verdict(p_good, Coherence.GOOD if good else Coherence.BAD, "crowd", n_asked)
