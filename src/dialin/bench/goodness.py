"""Measure goodness with an independent judge: an LLM outside the loop judges every cluster of a run (paper: §4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dialin.arrays import Labels, Matrix, Rows
from dialin.bench.cases import Case
from dialin.cluster.labels import rows_by
from dialin.discover.context import Context, Tools
from dialin.discover.data import Data
from dialin.discover.settings import Settings
from dialin.discover.specs import Specs
from dialin.errors import InputError
from dialin.judge.verdict import Coherence, Judge, Verdict
from dialin.llm.spec import NO_LLM
from dialin.score.reliability import Goodness, goodness


@dataclass(frozen=True)
class JudgedRun:
    """Goodness of one run according to the independent judge, and the number of questions asked."""

    goodness: Goodness
    n_asked: int


def check_goodness(spec: str, specs: Specs) -> None:
    """Raise InputError if the spec of the independent judge is 'none' or that of an LLM in the loop."""
    if spec == NO_LLM:
        raise InputError("--goodness-llm must be an LLM, got 'none'", hint="drop the option to skip goodness")
    for role, own in (("--llm", specs.llm), ("--judge-llm", specs.judge)):
        if spec == own:
            raise InputError(
                f"--goodness-llm must not be an LLM of the loop, got {spec!r}, which is also {role}",
                hint="choose another one: an LLM that judges its own work proves nothing",
            )


def judge_on(case: Case, X: Matrix, tools: Tools) -> Judge:
    """Return the judge for the clusters of a data set: the LLM alone.

    Its seed is always 0, so the same cluster gives the same question in every run and is asked about once.

    Parameters
    ----------
    case : Case
        The data set with its n distinct sentences.
    X : float32 array of shape (n, d)
        Their unit-norm embeddings, which decide the sentences that the judge reads.
    tools : Tools
        Tools with the LLM.
    """
    n = len(case.texts)
    data = Data(case.texts, X, np.ones(n, dtype=np.int64), [""] * n)
    return Context.of(data, tools, Settings(judge="llm", roles="ignore")).judge


def judged(labels: Labels, judge: Judge) -> JudgedRun:
    """Return the verdict on every cluster of `labels` (n,); a cluster of one sentence is good without a question."""
    verdicts = judge.judge(clusters_in(labels))
    return JudgedRun(goodness(map(is_good, verdicts)), sum(verdict.n_asked for verdict in verdicts))


def is_good(verdict: Verdict) -> bool | None:
    """Return True for a good cluster, False for a bad one, and None if the answer was unreadable."""
    return None if verdict.coherence is Coherence.UNREADABLE else verdict.good


def clusters_in(labels: Labels) -> list[Rows]:
    """Return the rows of each cluster; rows with label -1 are in no cluster."""
    return [rows for label, rows in rows_by(labels).items() if label >= 0]
