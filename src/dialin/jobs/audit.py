"""Audits clusters from any source: gives each P(good), a verdict and a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from dialin.arrays import Rows
from dialin.cluster.workers import one_blas_thread
from dialin.discover.context import Context, Tools
from dialin.discover.data import Data
from dialin.discover.naming import central_rows, example_of
from dialin.discover.settings import Settings
from dialin.judge.verdict import Verdict
from dialin.name.labels import contrast, name_clusters

N_EXAMPLES = 3
SINGLETON_VERDICT = Verdict.of(1.0, "size")
"""Verdict on a cluster of one distinct sentence, which is always coherent."""


@dataclass(frozen=True)
class AuditRow:
    """Findings about one cluster.

    Parameters
    ----------
    cluster : str
        Label of the cluster in the file.
    size : int
        Number of distinct sentences.
    n_rows : int
        Number of rows in the file, counting repetitions.
    p_good : float
        P(all its sentences share one intent).
    verdict : str
        "good", "bad" or "unreadable".
    name : str
        Action-Objective label; "" without an LLM.
    examples : tuple of str
        The most central sentences.
    """

    cluster: str
    size: int
    n_rows: int
    p_good: float
    verdict: str
    name: str
    examples: tuple[str, ...]


@one_blas_thread()
def audit(data: Data, clusters: Mapping[str, Rows], tools: Tools, settings: Settings) -> list[AuditRow]:
    """Judge and name clusters of the sentences of `data`, in the order given.

    Parameters
    ----------
    data : Data
        All sentences.
    clusters : mapping of str to ndarray
        Rows of each cluster, including repetitions; a sentence may be in several clusters.
    tools : Tools
        LLM and steps; without an LLM, the geometry judges and there are no names. A line about what the cheap judge
        of a cascade decided goes to `Tools.on_note`.
    settings : Settings
        Settings for judging and sampling.
    """
    rows = [np.unique(members) for members in clusters.values()]
    tools.on_step("judge")
    context = Context.of(data, tools, settings)
    work = replace(context, judge=context.judge.for_audit())
    verdicts = _verdicts(work, rows)
    if tools.dear_llm and work.judge.cascaded:
        tools.on_note(work.judge.cascaded.line(tools.dear_llm.name))
    tools.on_step("name")
    names = _names(work, rows)
    return [
        AuditRow(
            cluster=cluster,
            size=len(own),
            n_rows=len(members),
            p_good=verdict.p_good,
            verdict=str(verdict.coherence),
            name=name,
            examples=tuple(data.texts[i] for i in central_rows(data.X, own, N_EXAMPLES)),
        )
        for (cluster, members), own, verdict, name in zip(clusters.items(), rows, verdicts, names, strict=True)
    ]


def _verdicts(work: Context, rows: list[Rows]) -> list[Verdict]:
    found = iter(work.judge.judge([own for own in rows if len(own) > 1]))
    return [next(found) if len(own) > 1 else SINGLETON_VERDICT for own in rows]


def _names(work: Context, rows: list[Rows]) -> list[str]:
    llm = work.tools.llm_for("name")
    if llm is None:
        return [""] * len(rows)
    examples = [example_of(work, own) for own in rows]
    actions = work.settings.actions
    return contrast(llm, examples, name_clusters(llm, examples, actions), actions)
