"""The steps between data and result: collect pieces for each role, name them, merge them, assign, number.

`dialin.discover.discover` puts them together. Each step fills a `Draft`, so that what is there when a cap of the
budget is hit is the best result so far.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from dialin.assign import Pieces, build, reasons, widen
from dialin.calibrate import calibration_of
from dialin.cluster import partitioner_of
from dialin.errors import BudgetError
from dialin.iterate import Loop, Round, Shifted, iterate
from dialin.judge import CoherenceJudge, Form, Judge, JudgeSettings, Mode, Rows, Verdict
from dialin.llm import tagged
from dialin.llm.base import LLM
from dialin.merge import Merged, components, label_edges, neighbour_edges, verified
from dialin.name import Example, contrast, name_clusters, number
from dialin.prompts import language_of
from dialin.roles import AGENT, CUSTOMER, roles_of
from dialin.sample import sampler_of
from dialin.search import KSearch, Search, TreeSearch, default_min_size, prune_with
from dialin.settings import Settings

N_NAMING = 6
"""Sentences of a cluster that the namer reads."""
N_EXAMPLES = 5
"""Example sentences kept per intent."""


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
        Why a sentence has none: "rare", "mixed", "noise" or "budget"; "" where it has one.
    rounds : tuple of (str, Round)
        The rounds of the loop, each with the role it worked on ("" for all).
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
    rounds: tuple[tuple[str, Round], ...]
    pieces: Pieces
    complete: bool
    roles: list[str]


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
    judge : Judge, optional
        Replaces the coherence judge (a crowd, a person, an oracle in a benchmark).
    on_step : callable
        Told the step that begins ("judge", "name", "merge", "role", "assign"), for progress.
    """

    llm: LLM | None
    embed: Callable[[Sequence[str]], NDArray[np.float32]]
    judge: Judge | None = None
    on_step: Callable[[str], None] = _silent

    def llm_for(self, step: str) -> LLM | None:
        """Return the LLM with its usage counted under `step`."""
        return None if self.llm is None else tagged(self.llm, step)


@dataclass(frozen=True)
class Work:
    """A run: data, tools, settings and the judge they make."""

    data: Data
    tools: Tools
    settings: Settings
    judge: Judge

    @classmethod
    def of(cls, data: Data, tools: Tools, settings: Settings) -> Work:
        """Return the run with the judge that the settings describe, or the one that the tools bring."""
        return cls(data, tools, settings, tools.judge or judge_of(data, tools, settings))

    @property
    def min_size(self) -> int:
        """Smallest cluster to keep."""
        return self.settings.min_cluster_size or default_min_size(len(self.data.texts))


@dataclass
class Draft:
    """The state of a run while it is made.

    Parameters
    ----------
    roles : list of str
        Role of each sentence as used.
    clusters, verdicts, cluster_roles, names : list
        One entry per piece kept by the loop.
    groups : list of tuple of int
        Pieces of each intent.
    group_verdicts : dict
        Verdict on each intent of several pieces.
    rounds : list of (str, Round)
        The rounds, each with the role it worked on.
    complete : bool
        Whether no cap was hit.
    """

    roles: list[str]
    clusters: list[Rows] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    cluster_roles: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    groups: list[tuple[int, ...]] = field(default_factory=list)
    group_verdicts: dict[tuple[int, ...], Verdict] = field(default_factory=dict)
    rounds: list[tuple[str, Round]] = field(default_factory=list)
    complete: bool = True


def judge_of(data: Data, tools: Tools, settings: Settings) -> CoherenceJudge:
    """Return the coherence judge that the settings describe."""
    form: Form = "pairs" if settings.form == "auto" else settings.form
    mode: Mode = settings.judge if tools.llm else "geometry"
    calibration = calibration_of(tools.llm.name if tools.llm else "", form)
    sampler = sampler_of(settings.sampler, settings.sample_dim)
    asked = JudgeSettings(form=form, mode=mode, sure=settings.sure, seed=settings.seed)
    parts = parts_of(data, use_roles=settings.roles == "auto")
    return CoherenceJudge(data.texts, data.X, tools.llm_for("judge"), sampler, asked, calibration, parts)


def parts_of(data: Data, *, use_roles: bool) -> NDArray[np.int64]:
    """Return the part of the corpus, 0, 1, …, that each sentence is in: its role, and its language if there are two.

    Sentences of two languages, or of customer and agent, are farther apart than two random ones of one kind; a cluster
    must look close beside its own kind.
    """
    languages = [language_of([text]) for text in data.texts]
    share = languages.count("zh") / max(len(languages), 1)
    mixed = 0.02 < share < 0.98  # as in `dialin.embed`: below that the other language is a stray word
    keys = [(r if use_roles else "", lang if mixed else "") for r, lang in zip(data.roles, languages, strict=True)]
    code = {key: i for i, key in enumerate(sorted(set(keys)))}
    return np.array([code[key] for key in keys], dtype=np.int64)


def search_of(work: Work) -> Search:
    """Return the search of one round."""
    settings = work.settings
    if settings.strategy == "tree":
        return TreeSearch(work.min_size)
    llm = work.tools.llm_for("search")
    prune = prune_with(llm) if settings.prune and llm else None
    return KSearch(settings.n_clusters, settings.unit, work.min_size, prune)


def collect(draft: Draft, work: Work) -> None:
    """Run Algorithm 1 for each role by itself; the draft gains the clusters of each round."""
    settings = work.settings
    partitioner = partitioner_of(settings.partitioner, settings.seed)
    loop = Loop(partitioner, search_of(work), settings.epsilon, settings.max_rounds)
    work.tools.on_step("judge")
    for role, rows in by_role(draft.roles):
        for round_ in iterate(work.data.X[rows], Shifted(work.judge, rows), loop):
            clusters = tuple(rows[cluster] for cluster in round_.clusters)
            draft.rounds.append((role, replace(round_, clusters=clusters)))
            draft.groups += [(len(draft.clusters) + i,) for i in range(len(clusters))]
            draft.clusters += clusters
            draft.verdicts += round_.verdicts
            draft.cluster_roles += [role] * len(clusters)
            if round_.capped:
                raise BudgetError("the cap was hit while judging")


def by_role(roles: Sequence[str]) -> list[tuple[str, Rows]]:
    """Return each role and the positions that have it."""
    array = np.array(roles, dtype=object)
    return [(role, np.flatnonzero(array == role)) for role in sorted(set(roles))]


def name_pieces(draft: Draft, work: Work) -> None:
    """Name every cluster: the labels are what merging and the split into roles go by."""
    work.tools.on_step("name")
    llm = work.tools.llm_for("name")
    wanted = work.settings.merge != "none" or work.settings.roles == "split"
    if llm is not None and draft.clusters and wanted:
        draft.names = name_clusters(llm, [example_of(work, rows) for rows in draft.clusters])


def merge_pieces(draft: Draft, work: Work) -> None:
    """Merge clusters of one intent, within each role."""
    work.tools.on_step("merge")
    if work.settings.merge == "none" or not draft.clusters:
        return
    L = work.tools.embed([name.replace("-", " ") for name in draft.names]) if draft.names else None
    groups, verdicts = list[tuple[int, ...]](), dict[tuple[int, ...], Verdict]()
    for _, ids in by_role(draft.cluster_roles):
        merged = merge_role([draft.clusters[i] for i in ids], None if L is None else L[ids], work)
        own = {group: tuple(int(ids[i]) for i in group) for group in merged.groups}
        groups += own.values()
        verdicts |= {own[group]: verdict for group, verdict in merged.verdicts.items()}
    draft.groups, draft.group_verdicts = groups, verdicts


def merge_role(clusters: list[Rows], L: NDArray[np.float32] | None, work: Work) -> Merged:
    """Merge the clusters of one role; without labels (no LLM), by their centroids alone."""
    merging = work.settings.merging()
    edges = [] if L is None else label_edges(L, merging)
    if not merging.verify:
        return components(len(clusters), edges)
    C = build(work.data.X, clusters, range(len(clusters)), [""] * len(clusters)).centroids
    near = neighbour_edges(C, merging.n_neighbours)
    edges = sorted(set(edges) | set(near), key=lambda e: (-float(C[e[0]] @ C[e[1]]), e))
    return verified(clusters, edges, work.judge)


def split_roles(draft: Draft, work: Work) -> list[str]:
    """Return a role per sentence, from the action word of its cluster's label (paper §3.4).

    Sentences in no cluster take the role of the nearest piece.
    """
    work.tools.on_step("role")
    n = len(work.data.texts)
    roles = roles_of(draft.names, work.tools.llm_for("role"))
    codes = [int(role == AGENT) for role in roles]
    pieces = build(work.data.X, draft.clusters, codes, [""] * len(codes))
    open_pieces = replace(pieces, radii=np.full(len(codes), -1.0, np.float32))
    labels, _ = open_pieces.assign(work.data.X, [""] * n)
    return [AGENT if label == 1 else CUSTOMER for label in labels]


def decide(draft: Draft, work: Work) -> Pieces:
    """Return the decision function of the run; `Pieces.intents` are numbers of groups."""
    work.tools.on_step("assign")
    order = [(i, g) for g, group in enumerate(draft.groups) for i in group]
    roles = binding(draft.cluster_roles, work)
    pieces = build(
        work.data.X, [draft.clusters[i] for i, _ in order], [g for _, g in order], [roles[i] for i, _ in order]
    )
    if not work.settings.coverage or not draft.complete:
        return pieces
    try:
        return widen(pieces, work.data.X, binding(draft.roles, work), work.settings.coverage, work.judge)
    except BudgetError:
        draft.complete = False
        return pieces


def binding(roles: list[str], work: Work) -> list[str]:
    """Return the roles that decide where a sentence may go: none where they were guessed, as a new one's would be."""
    return [""] * len(roles) if work.settings.roles == "split" else roles


def conclude(draft: Draft, work: Work) -> Result:
    """Assign every sentence, name the intents, number them by size."""
    data, pieces = work.data, decide(draft, work)
    groups, p_intent = pieces.assign(data.X, binding(draft.roles, work))
    names, samples = name_groups(draft, work, groups)
    found = groups >= 0
    sizes = np.bincount(groups[found], weights=data.counts[found], minlength=len(draft.groups)).astype(int)
    order = sorted((g for g in range(len(draft.groups)) if sizes[g]), key=lambda g: (-sizes[g], names[g]))
    rank = np.full(len(draft.groups) + 1, -1)  # the last entry keeps −1 at −1
    rank[order] = np.arange(len(order))
    intents = tuple(
        Intent(
            intent_id=i,
            name=names[g],
            size=int((groups == g).sum()),
            n_occurrences=int(sizes[g]),
            p_good=p_of(draft, draft.groups[g]),
            role=draft.cluster_roles[draft.groups[g][0]],
            examples=samples[g],
        )
        for i, g in enumerate(order)
    )
    why = reasons(data.X, groups, work.min_size)
    return Result(
        intents=intents,
        labels=rank[groups],
        p_intent=p_intent,
        reasons=why if draft.complete else [reason and "budget" for reason in why],
        rounds=tuple(draft.rounds),
        pieces=replace(pieces, intents=rank[pieces.intents]),
        complete=draft.complete,
        roles=draft.roles,
    )


def p_of(draft: Draft, group: tuple[int, ...]) -> float:
    """Return P(good) of a group: its own verdict, or the size-weighted mean of its clusters'."""
    if group in draft.group_verdicts:
        return draft.group_verdicts[group].p_good
    sizes = [len(draft.clusters[i]) for i in group]
    return float(np.average([draft.verdicts[i].p_good for i in group], weights=sizes))


def name_groups(draft: Draft, work: Work, groups: NDArray[np.int64]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return a unique name and the most central sentences of each group; merged groups are named again."""
    work.tools.on_step("name")
    rows = [np.flatnonzero(groups == g) for g in range(len(draft.groups))]
    central = [tuple(work.data.texts[i] for i in central_rows(work.data.X, r, N_EXAMPLES)) for r in rows]
    samples = [
        example_of(work, r if len(r) else draft.clusters[group[0]]) for r, group in zip(rows, draft.groups, strict=True)
    ]
    names = [draft.names[group[0]] if draft.names else "unnamed-intent" for group in draft.groups]
    again = [g for g, group in enumerate(draft.groups) if len(group) > 1 or not draft.names]
    llm = work.tools.llm_for("name")
    if llm is None or not draft.complete:
        return number(names), central
    try:
        for g, name in zip(again, name_clusters(llm, [samples[g] for g in again]), strict=True):
            names[g] = name
        names = contrast(llm, samples, names)
    except BudgetError:
        draft.complete = False
    return number(names), central


def central_rows(X: NDArray[np.float32], rows: Rows, size: int) -> Rows:
    """Return the rows nearest to their common centroid, nearest first."""
    if not len(rows):
        return rows
    cosine = np.round(X[rows] @ X[rows].mean(axis=0), 6)
    return rows[np.argsort(-cosine, kind="stable")[:size]]


def example_of(work: Work, rows: Rows) -> Example:
    """Return what the namer reads of a cluster: its two most central sentences, then its convex sample."""
    rows, settings = np.sort(rows), work.settings
    sampler = sampler_of(settings.sampler, settings.sample_dim)
    chosen = rows[sampler(work.data.X[rows], N_NAMING - 2, np.random.default_rng(settings.seed))]
    ordered = dict.fromkeys([*central_rows(work.data.X, rows, 2).tolist(), *chosen.tolist()])
    return Example.of([work.data.texts[i] for i in ordered], settings.language)
