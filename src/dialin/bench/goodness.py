"""Goodness by a different judge: an LLM that is not in the loop judges every cluster of a run (paper: §4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dialin.arrays import Labels, Matrix, Rows
from dialin.bench.cases import Case
from dialin.cluster.partition import rows_by
from dialin.discover.connect import Specs
from dialin.discover.context import Context, Tools
from dialin.discover.settings import Settings
from dialin.discover.state import Data
from dialin.errors import InputError
from dialin.judge.verdict import Coherence, Judge, Verdict
from dialin.llm.spec import NO_LLM
from dialin.score.reliability import Goodness, goodness


@dataclass(frozen=True)
class JudgedRun:
    """What the other judge found about one run, and how many questions it took."""

    goodness: Goodness
    n_asked: int


def check_goodness(spec: str, specs: Specs) -> None:
    """Raise InputError if the LLM that is to judge the results is one of those that made them, or none."""
    if spec == NO_LLM:
        raise InputError("--goodness-llm must be an LLM, got 'none'", hint="leave it out")
    for role, own in (("--llm", specs.llm), ("--judge-llm", specs.judge)):
        if spec == own:
            raise InputError(
                f"--goodness-llm must be an LLM that is not in the loop, got {spec!r}, which is {role}",
                hint="a judge of its own work proves nothing: choose another",
            )


def judge_on(case: Case, X: Matrix, tools: Tools) -> Judge:
    """Return the judge of clusters of a data set: the LLM alone, whose seed is always 0, so that it is asked once.

    Parameters
    ----------
    case : Case
        Its sentences.
    X : float32 array of shape (n, d)
        Their unit-norm embeddings, by which the sentences that it reads are chosen.
    tools : Tools
        Bring the LLM.
    """
    n = len(case.texts)
    data = Data(case.texts, X, np.ones(n, dtype=np.int64), [""] * n)
    return Context.of(data, tools, Settings(judge="llm", roles="ignore")).judge


def judged(labels: Labels, judge: Judge) -> JudgedRun:
    """Judge every cluster of the labels (n,) of distinct sentences; a cluster of one is good without a question."""
    verdicts = judge.judge(clusters_in(labels))
    return JudgedRun(goodness(map(is_good, verdicts)), sum(verdict.n_asked for verdict in verdicts))


def is_good(verdict: Verdict) -> bool | None:
    """Return whether a cluster is good; None if the answer could not be read."""
    return None if verdict.coherence is Coherence.UNREADABLE else verdict.good


def clusters_in(labels: Labels) -> list[Rows]:
    """Return the rows of each cluster; -1 means none."""
    return [rows for label, rows in rows_by(labels).items() if label >= 0]
