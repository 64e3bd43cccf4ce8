"""Fit a calibration: ask an LLM about labelled clusters that it has not learnt from, and map its answers to P(good).

The questions are the same as in a run, so any LLM and any form can be calibrated. Good and bad clusters have the same
total weight, and so does every source. The figures are for clusters that the fit has not seen: each fit uses the other
sources or, with a single source, the other four fifths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from dialin.arrays import Bools, Floats, Rows
from dialin.errors import InputError
from dialin.judge.calibration import Calibration, Geometry, weighed
from dialin.judge.coherence import CoherenceJudge, JudgeSettings
from dialin.judge.sample import sampler_of
from dialin.judge.verdict import Coherence
from dialin.llm.base import LLM
from dialin.prompts.templates import VERSIONS
from dialin.score.reliability import auc, expected_calibration_error

MIN_CLUSTERS = 10
"""Minimum number of good clusters, and of bad ones, for a fit."""
N_FOLDS = 5
N_BINS = 10
SPAN_QUANTILE = 0.9
"""Share of the answers that shift the log-odds by less than `Calibration.answer_span`."""
_ASK = Calibration("asking", (0, 0, 0, 0), (0, 1), (0, 1, 1))


@dataclass(frozen=True, eq=False)
class JudgedClusters:
    """Clusters with a known truth and the LLM's answers.

    Parameters
    ----------
    source : str array of shape (n,)
        Source of each cluster.
    is_zh, good, readable : bool arrays of shape (n,)
        Whether the cluster is in Chinese, whether it is one intent, and whether the answer was readable.
    answers : float array of shape (n,)
        Log-odds of "good" from the LLM; 0 if unreadable.
    shapes : float array of shape (n, 4)
        Tightness, mean cosine, size, and size of the corpus.
    """

    source: NDArray[np.str_]
    is_zh: Bools
    good: Bools
    readable: Bools
    answers: Floats
    shapes: Floats

    def part(self, rows: Rows | Bools) -> JudgedClusters:
        """Return the clusters in `rows`."""
        return JudgedClusters(
            self.source[rows],
            self.is_zh[rows],
            self.good[rows],
            self.readable[rows],
            self.answers[rows],
            self.shapes[rows],
        )

    def shifted(self, shift: Mapping[str, float]) -> Floats:
        """Return the answers, with `shift["zh"]` added to those in Chinese."""
        return self.answers + np.where(self.is_zh, shift.get("zh", 0.0), 0.0)

    def geometry(self, weights: tuple[float, ...]) -> Floats:
        """Return the log-odds of "good" from the embeddings."""
        return np.array([weighed(weights, Geometry(t, c), int(size), int(n)) for t, c, size, n in self.shapes])

    @property
    def weight(self) -> Floats:
        """Weight of each cluster, 1 on average; good and bad clusters of every source have the same total weight."""
        sides = [f"{source}\x1f{good}" for source, good in zip(self.source, self.good, strict=True)]
        _, code, counts = np.unique(sides, return_inverse=True, return_counts=True)
        weight = 1 / counts[code]
        return np.asarray(weight * len(weight) / weight.sum())


def ask(
    rows: Sequence[dict[str, Any]], llm: LLM, settings: JudgeSettings, embed: Callable[[list[str]], NDArray[np.float32]]
) -> JudgedClusters:
    """Ask the LLM the judge's question about each cluster.

    Parameters
    ----------
    rows : sequence of dict
        Rows of tables that ``dialin tune data`` wrote.
    llm : LLM
        The LLM to calibrate.
    settings : JudgeSettings
        Form of the question, and number of sentences shown.
    embed : callable
        Sentences -> unit vectors; the form "pairs" uses them to choose its pairs.

    Raises
    ------
    InputError
        Too few clusters are good, or bad.
    """
    good = np.array([bool(row["good"]) for row in rows])
    _check(good)
    texts = [text for row in rows for text in row["shown"]]
    ends = np.cumsum([len(row["shown"]) for row in rows])
    clusters = [np.arange(end - len(row["shown"]), end) for end, row in zip(ends, rows, strict=True)]
    judge = CoherenceJudge(texts, embed(texts), llm, sampler_of("convex"), replace(settings, mode="llm"), _ASK)
    verdicts = judge.judge(clusters)
    p = np.clip([verdict.p_good for verdict in verdicts], 1e-9, 1 - 1e-9)
    return JudgedClusters(
        source=np.array([row["source"] for row in rows]),
        is_zh=np.array([row["language"] == "zh" for row in rows]),
        good=good,
        readable=np.array([verdict.coherence is not Coherence.UNREADABLE for verdict in verdicts]),
        answers=np.log(p) - np.log1p(-p),
        shapes=np.array([[row["tightness"], row["cosine"], row["size"], row["n"]] for row in rows], dtype=np.float64),
    )


def _check(good: Bools) -> None:
    n_good, n_bad = int(good.sum()), int((~good).sum())
    if min(n_good, n_bad) < MIN_CLUSTERS:
        raise InputError(
            f"at least {MIN_CLUSTERS} good and {MIN_CLUSTERS} bad clusters are needed, got {n_good} and {n_bad}",
            hint="make more with: dialin tune data",
        )


# --- fit ------------------------------------------------------------------------------------------


def fit(asked: JudgedClusters, base: Calibration) -> Calibration:
    """Return `base` with the fitted weights of this LLM's answers, alone and combined with the embeddings.

    The search adds the answers to the log-odds of its geometry, whose weights are fixed. Both kinds of evidence
    overlap, so the answers count less there than alone. The reduction is the ratio of their weight in a fit together
    with the embeddings' figures to their weight in a fit alone.

    Raises
    ------
    InputError
        The answers do not tell good from bad.
    """
    found = _fitted(asked, base)
    if found.llm_weights[1] <= 0:
        score = auc(expit(asked.answers), asked.good)
        raise InputError(
            f"these answers do not tell good clusters from bad ones (AUC {score:.2f} of {len(asked.good)})",
            hint="try another --form or another LLM",
        )
    return found


def _fitted(asked: JudgedClusters, base: Calibration) -> Calibration:
    a, b, zh = _of_answers(asked)
    shift = {"zh": zh / b} if zh else {}
    shifted = asked.shifted(shift)
    tightness, _, size, n = asked.shapes.T
    beside = _logistic(np.column_stack([shifted, tightness, np.log(size), np.log(n / size)]), asked)[1]
    share = float(np.clip(beside / b, 0.0, 1.0)) if b > 0 else 0.0
    moves = share * np.abs(a + b * shifted)
    kept = base.for_audit().geometry_weights
    return replace(
        base,
        llm_weights=(a, b),
        joint_weights=(share * a, share * b, 1.0),
        audit_weights=_audit(asked, shifted, asked.geometry(kept)),
        answer_span=float(np.quantile(moves, SPAN_QUANTILE)),
        language_shift=shift,
        prompt_version=VERSIONS[base.form],
    )


def _audit(asked: JudgedClusters, answers: Floats, geometry: Floats) -> tuple[float, float, float]:
    """Return the joint weights of answers and geometry; fit the answers alone if geometry would get a weight <= 0."""
    a, b, c = _logistic(np.column_stack([answers, geometry]), asked)
    if c > 0:
        return a, b, c
    a, b = _logistic(answers[:, None], asked)
    return a, b, 0.0


def _of_answers(asked: JudgedClusters) -> tuple[float, float, float]:
    """Return intercept, weight, and the offset for Chinese; 0 if either language has too few clusters."""
    n_zh = int(asked.is_zh.sum())
    if min(n_zh, len(asked.is_zh) - n_zh) < 2 * MIN_CLUSTERS:
        a, b = _logistic(asked.answers[:, None], asked)
        return a, b, 0.0
    a, b, zh = _logistic(np.column_stack([asked.answers, asked.is_zh]), asked)
    return a, b, zh


def _logistic(columns: Floats, asked: JudgedClusters) -> list[float]:
    """Return the intercept and the weights of a logistic regression of "good"."""
    model = LogisticRegression(C=10.0, max_iter=1_000).fit(columns, asked.good, sample_weight=asked.weight)
    return [float(value) for value in (*model.intercept_, *model.coef_[0])]


# --- figures --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trust:
    """Quality of P(good) on clusters that the fit has not seen.

    Parameters
    ----------
    source : str
        Source of the clusters, or "all".
    judge : {"embeddings", "llm", "both"}
        Evidence behind P(good).
    n, n_unreadable : int
        Number of clusters, and of unreadable answers.
    auc, accuracy, ece : float
        Area under the ROC curve, accuracy and expected calibration error of P(good); nan if undefined.
    """

    source: str
    judge: str
    n: int
    n_unreadable: int
    auc: float
    accuracy: float
    ece: float


@dataclass(frozen=True)
class Bin:
    """A bar of a reliability diagram: count, mean P(good) and share of good clusters in one tenth of the range."""

    n: int
    p_good: float
    good: float


def held_out_p(asked: JudgedClusters, base: Calibration) -> dict[str, Floats]:
    """Return P(good) of each cluster by kind of evidence; no cluster takes part in its own fit (see `_folds`)."""
    found = {name: np.full(len(asked.good), np.nan) for name in ("embeddings", "llm", "both")}
    for test in _folds(asked):
        train, own = asked.part(~test), asked.part(test)
        kept = base.for_audit().geometry_weights
        fitted = _fitted(train, base)
        shifted = own.shifted(fitted.language_shift)
        intercept, weight = _logistic(train.geometry(kept)[:, None], train)
        found["embeddings"][test] = expit(intercept + weight * own.geometry(kept))
        found["llm"][test] = expit(fitted.llm_weights[0] + fitted.llm_weights[1] * shifted)
        a, b, c = fitted.for_audit().joint_weights
        found["both"][test] = expit(a + b * shifted + c * own.geometry(kept))
    return found


def _folds(asked: JudgedClusters) -> list[Bools]:
    """Return the mask of tested clusters of each fold: one fold per source if the rest suffices to fit, else fifths."""
    sources = np.unique(asked.source)
    if len(sources) > 1 and all(_is_enough(asked.good[asked.source != source]) for source in sources):
        return [asked.source == source for source in sources]
    place = np.empty(len(asked.good), dtype=np.int64)
    for side in (asked.good, ~asked.good):  # a table is ordered by kind; dealing clusters out makes folds alike
        place[side] = np.arange(int(side.sum())) % N_FOLDS
    return [place == fold for fold in range(N_FOLDS)]


def _is_enough(good: Bools) -> bool:
    return min(int(good.sum()), int((~good).sum())) >= MIN_CLUSTERS


def trust_of(asked: JudgedClusters, found: dict[str, Floats]) -> list[Trust]:
    """Return the figures of each kind of evidence on each source and on all sources."""
    sources = [*np.unique(asked.source).tolist(), "all"]
    table = list[Trust]()
    for source in sources if len(sources) > 2 else ["all"]:
        own = (asked.source == source) | (source == "all")
        good, n_lost = asked.good[own], int((~asked.readable[own]).sum())
        for judge, p in found.items():
            right = float(((p[own] >= 0.5) == good).mean())
            ece = expected_calibration_error(p[own], good)
            table.append(Trust(source, judge, len(good), n_lost, auc(p[own], good), right, ece))
    return table


def bins_of(p: Floats, good: Bools) -> list[Bin]:
    """Return the bars of the reliability diagram that hold at least one cluster.

    Examples
    --------
    >>> bins_of(np.array([0.81, 0.85, 0.2]), np.array([True, False, False]))
    [Bin(n=1, p_good=0.2, good=0.0), Bin(n=2, p_good=0.83, good=0.5)]
    """
    place = np.minimum((p * N_BINS).astype(np.int64), N_BINS - 1)
    return [
        Bin(int((place == i).sum()), round(float(p[place == i].mean()), 4), round(float(good[place == i].mean()), 4))
        for i in np.unique(place)
    ]
