"""What a run works on and fills: data, tools, the judge they make, the draft, and the result.

`dialin.discover.steps` holds the steps that turn one into the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial

import numpy as np
from numpy.typing import NDArray

from dialin.cluster.granularity import granularity_of
from dialin.cluster.partition import Agglomerative
from dialin.cluster.strata import Stratum, by_part, scripts_of, stratum_ids
from dialin.discover.assign import Pieces
from dialin.discover.settings import Settings
from dialin.errors import InputError
from dialin.judge.calibration import Calibration, calibration_of
from dialin.judge.coherence import CoherenceJudge, Judge, JudgeSettings, Mode, Rows, Verdict
from dialin.judge.evidence import CosineEvidence, Evidence, HeightEvidence, SuggestedHeights
from dialin.judge.people import KeepAllJudge
from dialin.judge.sample import sampler_of
from dialin.llm import tagged
from dialin.llm.base import LLM
from dialin.search.iterate import Round
from dialin.search.tree_search import default_min_size


@dataclass(frozen=True)
class Intent:
    """One intent that was found.

    Parameters
    ----------
    intent_id : int
        0 … n_intents − 1, the most frequent first.
    name : str
        Action-Objective label, unique in the run.
    size : int
        Distinct sentences.
    n_occurrences : int
        Utterances, counting repetitions.
    p_good : float
        P(all its sentences share one intent), as judged.
    role : str
        "customer", "agent", or "" where roles are not used.
    examples : tuple of str
        Sentences of it, the most central first.
    """

    intent_id: int
    name: str
    size: int
    n_occurrences: int
    p_good: float
    role: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """What `discover` found.

    Parameters
    ----------
    intents : tuple of Intent
        Most frequent first.
    labels : ndarray of shape (n,), int64
        Intent of each sentence; −1: none.
    p_intent : ndarray of shape (n,), float64
        P(that intent | sentence); 0 where none.
    reasons : list of str
        Why a sentence has none: "rare", "mixed", "noise" or "budget", "person" where people took it out; "" where it
        has one.
    rounds : tuple of (Stratum, Round)
        The rounds of the loop, each with the role and script it worked on.
    pieces : Pieces
        The decision function, for new sentences.
    complete : bool
        False where a cap of the budget ended the run early.
    roles : list of str
        Role of each sentence as used: known, split by label, or "".
    """

    intents: tuple[Intent, ...]
    labels: NDArray[np.int64]
    p_intent: NDArray[np.float64]
    reasons: list[str]
    rounds: tuple[tuple[Stratum, Round], ...]
    pieces: Pieces
    complete: bool
    roles: list[str]


def nothing(data: Data) -> Result:
    """Return the result of too few sentences to find anything in: no intent."""
    n, d = data.X.shape
    pieces = Pieces(np.empty((0, d), np.float32), np.empty(0, np.float32), np.empty(0, np.int64), ())
    return Result((), np.full(n, -1), np.zeros(n), ["rare"] * n, (), pieces, complete=True, roles=list(data.roles))


@dataclass(frozen=True)
class Data:
    """Sentences to work on.

    Parameters
    ----------
    texts : list of str
        Distinct sentences.
    X : ndarray of shape (n, d)
        Their unit-norm embeddings.
    counts : ndarray of shape (n,), int64
        How often each occurs.
    roles : list of str
        Role of each; "" where unknown.
    """

    texts: list[str]
    X: NDArray[np.float32]
    counts: NDArray[np.int64]
    roles: list[str]

    @cached_property
    def scripts(self) -> list[bool]:
        """Script of each sentence, as `dialin.cluster.strata.scripts_of`."""
        return scripts_of(self.texts, self.X)

    def stratum_ids(self, *, use_roles: bool) -> Rows:
        """Return the part of each sentence, shape (n,), as `dialin.cluster.strata.stratum_ids`; or 0 for all."""
        return stratum_ids(self.roles if use_roles else [""] * len(self.texts), self.scripts)


def _silent(_: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Tools:
    """What the method works with.

    Parameters
    ----------
    llm : LLM or None
        Judges and names; None: the geometry judges, and intents stay unnamed.
    embed : callable
        Labels -> unit-norm embeddings, for the merge step.
    judge_llm : LLM, optional
        Judges in the place of `llm`: a small tuned one, say.
    calibration : Calibration, optional
        Of the LLM that judges, in the place of the one shipped for it.
    judge : Judge, optional
        Replaces the coherence judge (a crowd, a person, an oracle in a benchmark).
    on_step : callable
        Told the step that begins ("judge", "name", "merge", "role", "assign"), for progress.
    """

    llm: LLM | None
    embed: Callable[[Sequence[str]], NDArray[np.float32]]
    judge_llm: LLM | None = None
    calibration: Calibration | None = None
    judge: Judge | None = None
    on_step: Callable[[str], None] = _silent

    def llm_for(self, step: str) -> LLM | None:
        """Return the LLM that works at `step`, with its usage counted there."""
        llm = self.judge_llm or self.llm if step == "judge" else self.llm
        return None if llm is None else tagged(llm, step)


@dataclass(frozen=True)
class Context:
    """A run: data, tools, settings, how fine the clusters should be, and the judge that all of it makes."""

    data: Data
    tools: Tools
    settings: Settings
    judge: Judge
    levels: Callable[[], SuggestedHeights]

    @classmethod
    def of(cls, data: Data, tools: Tools, settings: Settings) -> Context:
        """Return the run with the judge that the settings describe, or the one that the tools bring."""
        levels = cache(partial(levels_of, data, settings))  # seconds of work: not where nothing reads them
        own = tools.judge or (KeepAllJudge() if settings.judge == "people" else judge_of(data, tools, settings, levels))
        return cls(data, tools, settings, own, levels)

    @property
    def is_capped(self) -> bool:
        """Whether the judge goes on without its LLM, as a cap of the budget was hit."""
        return isinstance(self.judge, CoherenceJudge) and self.judge.is_capped

    def strata(self, roles: Sequence[str]) -> list[tuple[Stratum, Rows]]:
        """Return what is clustered apart: by these roles (n), and in the tree, which needs a height each, by script."""
        apart = self.settings.strategy == "tree"
        return by_part(roles, self.data.scripts if apart else [False] * len(roles))

    def min_size(self, rows: Rows) -> int:
        """Return the smallest cluster to keep among the sentences of a part."""
        return min_size_of(len(rows), self.settings)


@dataclass
class Draft:
    """The state of a run while it is made.

    Parameters
    ----------
    roles : list of str
        Role of each sentence as used.
    pieces, verdicts, piece_roles, names : list
        One entry per piece kept by the loop.
    intents : list of tuple of int
        Pieces of each intent.
    intent_verdicts : dict
        Verdict on each intent of several pieces.
    rounds : list of (Stratum, Round)
        The rounds, each with the role and script it worked on.
    complete : bool
        Whether no cap was hit.
    """

    roles: list[str]
    pieces: list[Rows] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    piece_roles: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    intents: list[tuple[int, ...]] = field(default_factory=list)
    intent_verdicts: dict[tuple[int, ...], Verdict] = field(default_factory=dict)
    rounds: list[tuple[Stratum, Round]] = field(default_factory=list)
    complete: bool = True


def judge_of(data: Data, tools: Tools, settings: Settings, levels: Callable[[], SuggestedHeights]) -> CoherenceJudge:
    """Return the coherence judge that the settings describe."""
    llm = tools.llm_for("judge")
    mode: Mode = settings.judge if llm and settings.judge != "people" else "geometry"
    calibration = tools.calibration or calibration_of(llm.name if llm else "", settings.form)
    if tools.calibration and settings.form not in {"auto", calibration.form}:
        raise InputError(
            f"the calibration {calibration.name} is of the form {calibration.form!r}, asked for is {settings.form!r}",
            hint=f"use --form {calibration.form}, or another --calibration",
        )
    sampler = sampler_of(settings.sampler, settings.sample_dim)
    asked = JudgeSettings(
        form=calibration.form if settings.form == "auto" else settings.form,
        mode=mode,
        n_representatives=calibration.n_shown,
        sure=settings.sure,
        seed=settings.seed,
    )
    parts = data.stratum_ids(use_roles=settings.roles == "auto")
    closeness = None if mode == "llm" else closeness_of(data, levels(), calibration)
    return CoherenceJudge(data.texts, data.X, llm, sampler, asked, calibration, parts, closeness)


def min_size_of(n: int, settings: Settings) -> int:
    """Return the smallest cluster to keep among n sentences."""
    return settings.min_cluster_size or default_min_size(n)


def levels_of(data: Data, settings: Settings) -> SuggestedHeights:
    """Measure the granularity that each part suggests."""
    parts = data.stratum_ids(use_roles=settings.roles == "auto")
    found = [
        granularity_of(X, min_size_of(len(X), settings), settings.seed, settings.granularity)
        for X in (data.X[parts == part] for part in range(int(parts.max(initial=-1)) + 1))
    ]
    return SuggestedHeights(parts, tuple(own.height if own else None for own in found))


def closeness_of(data: Data, levels: SuggestedHeights, calibration: Calibration) -> Evidence:
    """Return what the embeddings say about a set: its height, measured against the level of its part."""
    points = data.X.copy()
    for part in range(len(levels.heights)):
        rows = np.flatnonzero(levels.parts == part)
        points[rows] = Agglomerative(smooth=True).points(data.X[rows])
    tightness = CosineEvidence(data.X, levels.parts, calibration.geometry_weights)
    return HeightEvidence(points, levels, calibration.height_slope, tightness)
