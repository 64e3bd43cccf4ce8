"""The context of a run: data, tools and settings, and the judge made from them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Rows
from dialin.cluster.partition import FittedOnce
from dialin.cluster.strata import Stratum, strata_of
from dialin.discover.data import Data
from dialin.discover.measured import MeasuredOnce, Measurements
from dialin.discover.settings import Auto, Settings
from dialin.errors import InputError
from dialin.judge.calibration import Calibration, general_calibration, shipped_calibration
from dialin.judge.cascade import CascadeJudge
from dialin.judge.coherence import CoherenceJudge, JudgeSettings, Mode
from dialin.judge.evidence import CosineEvidence, Evidence, HeightEvidence, SuggestedHeights
from dialin.judge.known import KnownJudge
from dialin.judge.people import KeepAllJudge
from dialin.judge.sample import sampler_of
from dialin.judge.verdict import Judge
from dialin.llm.base import LLM
from dialin.llm.client import tagged
from dialin.llm.steered import steered
from dialin.prompts.steering import Steering
from dialin.prompts.templates import VERSIONS

LEAST = 4
"""Least size of a cluster worth keeping: a bot or a report has no use for an intent of two sentences. It does not grow
with the corpus, or a larger one would have fewer of the same intents."""


def _silent(_: str) -> None:
    """Report nothing."""


_TOLD_NOTHING = Steering()


@dataclass(frozen=True)
class Tools:
    """The LLMs, the embedder and the listeners of the method.

    Parameters
    ----------
    llm : LLM or None
        Judges and names; None: the geometry judges, and the sentences alone give the names.
    embed : callable
        Labels -> unit-norm embeddings, by the embedder of the sentences: for the merge step and the ranking of names.
    judge_llm : LLM, optional
        Judges in the place of `llm`: a small tuned one, say.
    calibration : Calibration or "auto"
        Of the LLM that judges; "auto": the one shipped for it.
    dear_llm : LLM, optional
        Decides where the LLM that judges cannot be proved to agree with it (`dialin.judge.cascade`).
    dear_calibration : Calibration or "auto"
        Of `dear_llm`.
    judge : Judge, optional
        Replaces the coherence judge (a crowd, a person, an oracle in a benchmark).
    ranks_names : bool
        Whether the embedder ranks the candidates of names; without it, an intent has its first name by the LLM. A
        benchmark reads no names, and its vectors can be of another space.
    on_note : callable
        Told in one line what the user should know, such as a calibration that is of another prompt; a warning by
        default.
    on_step : callable
        Told the step that begins ("judge", "name", "merge", "role", "assign"), for progress.
    steering : Steering
        What the LLMs are told beside the sentences; `dialin.discover.method.discover` takes it from the settings.
    measurements : Measurements or None
        The trees and suggested heights of a session that predicts its run; None: each run measures its own.
    """

    llm: LLM | None
    embed: Callable[[Sequence[str]], NDArray[np.float32]]
    judge_llm: LLM | None = None
    calibration: Calibration | Auto = "auto"
    dear_llm: LLM | None = None
    dear_calibration: Calibration | Auto = "auto"
    judge: Judge | None = None
    ranks_names: bool = True
    on_note: Callable[[str], None] = warnings.warn
    on_step: Callable[[str], None] = _silent
    steering: Steering = _TOLD_NOTHING
    measurements: Measurements | None = None

    def llm_for(self, step: str) -> LLM | None:
        """Return the LLM that works at `step`, with its usage counted there."""
        llm = self.judge_llm or self.llm if step == "judge" else self.llm
        return None if llm is None else steered(tagged(llm, step), self.steering, step)


@dataclass(frozen=True)
class Context:
    """What the steps of the method work with: data, tools, settings, the judge, suggested heights and their trees."""

    data: Data
    tools: Tools
    settings: Settings
    judge: Judge
    heights: MeasuredOnce

    @classmethod
    def of(cls, data: Data, tools: Tools, settings: Settings) -> Context:
        """Return the run with the judge that the settings describe, or the one that the tools bring."""
        measurements = tools.measurements or Measurements()
        heights = measurements.of(data, settings)  # seconds of work: not where nothing reads them
        judge = tools.judge or (
            KeepAllJudge() if settings.judge == "people" else judge_or_cascade(data, tools, settings, heights)
        )
        own = judge if data.known is None else KnownJudge(judge, data.known)
        return cls(data, tools, settings, own, heights)

    @property
    def trees(self) -> FittedOnce:
        """The trees of the strata."""
        return self.heights.trees

    def strata(self, roles: Sequence[str]) -> list[tuple[Stratum, Rows]]:
        """Return the strata: by these roles (n), and by script where each has a tree of its own."""
        by_script = self.settings.strategy == "tree"
        return strata_of(roles, self.data.scripts if by_script else [False] * len(roles))

    def min_size(self, rows: Rows) -> int:
        """Return the smallest cluster to keep among the sentences of a stratum."""
        return min_size_of(len(rows), self.settings)


def judge_or_cascade(data: Data, tools: Tools, settings: Settings, heights: Callable[[], SuggestedHeights]) -> Judge:
    """Return the judge that the settings describe; with a dear LLM, the cascade of two such judges."""
    cheap = judge_of(data, tools, settings, heights)
    if tools.dear_llm is None:
        return cheap
    if cheap.llm is None or cheap.settings.mode == "geometry":
        raise InputError(
            f"a cascade needs two LLMs that judge, got {tools.dear_llm.name} alone",
            hint='give an LLM that judges cheaply, and let judge be "both" or "llm"',
        )
    own = replace(tools, judge_llm=tools.dear_llm, calibration=tools.dear_calibration)
    return CascadeJudge(cheap, judge_of(data, own, settings, heights), settings.cascade_target, settings.seed)


def judge_of(data: Data, tools: Tools, settings: Settings, heights: Callable[[], SuggestedHeights]) -> CoherenceJudge:
    """Return the coherence judge that the settings describe."""
    llm = tools.llm_for("judge")
    wanted: Mode = "both" if settings.judge == "auto" else "geometry" if settings.judge == "people" else settings.judge
    mode: Mode = wanted if llm else "geometry"
    calibration = calibration_for(llm, tools, settings)
    asked = JudgeSettings(
        form=calibration.form if settings.form == "auto" else settings.form,
        mode=mode,
        n_representatives=calibration.n_shown,
        sure=settings.sure,
        seed=settings.seed,
    )
    sampler = sampler_of(settings.sampler, settings.sample_dim)
    strata = data.stratum_ids(use_roles=settings.separates_roles)
    evidence = None if mode == "llm" else evidence_of(data, heights(), calibration)
    return CoherenceJudge(data.texts, data.X, llm, sampler, asked, calibration, strata, evidence)


def calibration_for(llm: LLM | None, tools: Tools, settings: Settings) -> Calibration:
    """Return the calibration that the tools bring, else the one shipped for the LLM, else the general one.

    One that was fitted with another version of its prompt, or with another --about or --glossary, is not used, and a
    note says so.

    Raises
    ------
    InputError
        The calibration is of another form than the settings ask for.
    """
    label, own = llm.name if llm else "", tools.calibration
    if own != "auto" and settings.form not in {"auto", own.form}:
        raise InputError(
            f"the calibration {own.name} is of the form {own.form!r}, asked for is {settings.form!r}",
            hint=f"use --form {own.form}, or another --calibration",
        )
    is_asked = llm is not None and settings.judge != "geometry"
    for found in (None if own == "auto" else own, shipped_calibration(label, settings.form)):
        if found and found.is_current and (found.steering == settings.steering.key or not is_asked):
            return found
        if found:
            tools.on_note(stale_note(found) if not found.is_current else foreign_note(found))
    return general_calibration(label, settings.form)


def stale_note(calibration: Calibration) -> str:
    """Return the line about a calibration that belongs to another version of its prompt."""
    form, fitted = calibration.form, calibration.prompt_version
    return (
        f"the calibration {calibration.name} is not used: it was fitted with version {fitted} of the prompt {form!r}, "
        f"which now has version {VERSIONS[form]} (renew it: dialin tune calibrate)"
    )


def foreign_note(calibration: Calibration) -> str:
    """Return the line about a calibration that was fitted with other words about the sentences."""
    fitted = "with another --about or --glossary" if calibration.steering else "without --about or --glossary"
    return (
        f"the calibration {calibration.name} is not used: it was fitted {fitted}, which changes the answers "
        "(fit one: dialin tune calibrate, with the same options)"
    )


def min_size_of(n: int, settings: Settings) -> int:
    """Return the smallest cluster to keep among n sentences."""
    if settings.min_cluster_size != "auto":
        return settings.min_cluster_size
    return LEAST if settings.strategy == "tree" else default_min_size(n)


def default_min_size(n: int) -> int:
    """Return the smallest cluster worth a name where the paper's search chooses k: √n / 8 of n sentences, at least 4.

    With pieces of any size allowed, its criterion runs to the largest k offered.
    """
    return max(LEAST, round(float(np.sqrt(n)) / 8))


def evidence_of(data: Data, heights: SuggestedHeights, calibration: Calibration) -> Evidence:
    """Return the evidence of the embeddings: the height of a set against the one that its region suggests."""
    cosine = CosineEvidence(data.X, heights.regions, calibration.geometry_weights)
    return HeightEvidence(heights, calibration.height_slope, cosine)
