"""The steps between data and result: collect pieces for each role, name them, merge them, assign, number.

`dialin.discover.method.discover` puts them together. Each step fills a `Draft`, so that what is there when a cap of the
budget is hit is the best result so far.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dialin.cluster.partition import Agglomerative, Partitioner, partitioner_of
from dialin.cluster.strata import grouped
from dialin.discover.assign import Pieces, build, reasons, widen
from dialin.discover.state import Context, Draft, Intent, Result
from dialin.errors import BudgetError
from dialin.judge.coherence import CoherenceJudge, Rows, Verdict
from dialin.judge.sample import sampler_of
from dialin.name.actions import AGENT, CUSTOMER
from dialin.name.labels import Example, contrast, name_clusters, number
from dialin.name.merge import MergeResult, NearestGroups, components, label_edges, verified
from dialin.name.roles import roles_of
from dialin.search.iterate import Loop, SubsetJudge, iterate
from dialin.search.tree_search import KSearch, Search, TreeSearch, prune_with

N_NAMING = 6
"""Sentences of a cluster that the namer reads."""
N_EXAMPLES = 5
"""Example sentences kept per intent."""


def search_of(work: Context, rows: Rows) -> Search:
    """Return the search of one round among some sentences of one part."""
    settings = work.settings
    if settings.strategy == "tree":
        return TreeSearch(work.min_size(rows), work.levels().of(rows))
    llm = work.tools.llm_for("search")
    prune = prune_with(llm) if settings.prune and llm else None
    return KSearch(settings.n_clusters, settings.unit, work.min_size(rows), prune)


def clusters_of(work: Context) -> Partitioner:
    """Return what partitions the sentences: the paper's as it is, the tree of `TreeSearch` with smoothed embeddings."""
    settings = work.settings
    if settings.strategy == "tree":  # which has no other partitioner: `dialin.discover.settings.check`
        return Agglomerative(smooth=True, random_state=settings.seed)
    return partitioner_of(settings.partitioner, settings.seed)


def collect(draft: Draft, work: Context) -> None:
    """Run Algorithm 1 for each part by itself; the draft gains the clusters of each round."""
    settings = work.settings
    work.tools.on_step("judge")
    for part, rows in work.strata(draft.roles):
        loop = Loop(clusters_of(work), search_of(work, rows), settings.epsilon, settings.n_rounds)
        for round_ in iterate(work.data.X[rows], SubsetJudge(work.judge, rows), loop):
            clusters = tuple(rows[cluster] for cluster in round_.clusters)
            draft.rounds.append((part, replace(round_, clusters=clusters)))
            draft.intents += [(len(draft.pieces) + i,) for i in range(len(clusters))]
            draft.pieces += clusters
            draft.verdicts += round_.verdicts
            draft.piece_roles += [part.role] * len(clusters)
            if round_.capped:
                raise BudgetError("the cap was hit while judging")


def name_pieces(draft: Draft, work: Context) -> None:
    """Name every cluster: the labels are what merging and the split into roles go by."""
    work.tools.on_step("name")
    llm = work.tools.llm_for("name")
    wanted = work.settings.merge != "none" or work.settings.roles == "split"
    if llm is not None and draft.pieces and wanted:
        draft.names = name_clusters(llm, [example_of(work, rows) for rows in draft.pieces], work.settings.actions)


def merge_pieces(draft: Draft, work: Context) -> None:
    """Merge clusters of one intent, within each role."""
    work.tools.on_step("merge")
    if work.settings.merge == "none" or not draft.pieces:
        return
    L = work.tools.embed([name.replace("-", " ") for name in draft.names]) if draft.names else None
    groups, verdicts = list[tuple[int, ...]](), dict[tuple[int, ...], Verdict]()
    for _, ids in grouped(draft.piece_roles):
        merged = merge_role([draft.pieces[i] for i in ids], None if L is None else L[ids], work)
        own = {group: tuple(int(ids[i]) for i in group) for group in merged.groups}
        groups += own.values()
        verdicts |= {own[group]: verdict for group, verdict in merged.verdicts.items()}
    draft.intents, draft.intent_verdicts = groups, verdicts


def merge_role(clusters: list[Rows], L: NDArray[np.float32] | None, work: Context) -> MergeResult:
    """Merge the clusters of one role; without labels (no LLM), by their centroids alone."""
    merging = work.settings.merging()
    edges = [] if L is None else label_edges(L, merging)
    if not merging.verify:
        return components(len(clusters), edges)
    return verified(clusters, edges, work.judge, NearestGroups(work.data.X))


def split_roles(draft: Draft, work: Context) -> list[str]:
    """Return a role per sentence, from the action word of its cluster's label (paper §3.4).

    Sentences in no cluster take the role of the nearest piece.
    """
    work.tools.on_step("role")
    n = len(work.data.texts)
    roles = roles_of(draft.names, work.tools.llm_for("role"))
    codes = [int(role == AGENT) for role in roles]
    pieces = build(work.data.X, draft.pieces, codes, [""] * len(codes))
    open_pieces = replace(pieces, radii=np.full(len(codes), -1.0, np.float32))
    labels, _ = open_pieces.assign(work.data.X, [""] * n)
    return [AGENT if label == 1 else CUSTOMER for label in labels]


def decide(draft: Draft, work: Context) -> Pieces:
    """Return the decision function of the run; `Pieces.intents` are numbers of groups."""
    work.tools.on_step("assign")
    order = [(i, g) for g, group in enumerate(draft.intents) for i in group]
    roles = assignment_roles(draft.piece_roles, work)
    pieces = build(
        work.data.X, [draft.pieces[i] for i, _ in order], [g for _, g in order], [roles[i] for i, _ in order]
    )
    if not work.settings.coverage or not draft.complete:
        return pieces
    try:
        pieces = widen(pieces, work.data.X, assignment_roles(draft.roles, work), work.settings.coverage, work.judge)
    except BudgetError:
        draft.complete = False
    draft.complete = draft.complete and not work.is_capped
    return pieces


def assignment_roles(roles: list[str], work: Context) -> list[str]:
    """Return the roles that decide where a sentence may go: none where they were guessed, as a new one's would be."""
    return [""] * len(roles) if work.settings.roles == "split" else roles


def conclude(draft: Draft, work: Context) -> Result:
    """Assign every sentence, name the intents, number them by size."""
    data, pieces = work.data, decide(draft, work)
    groups, p_intent = pieces.assign(data.X, assignment_roles(draft.roles, work))
    names, samples = name_groups(draft, work, groups)
    found = groups >= 0
    sizes = np.bincount(groups[found], weights=data.counts[found], minlength=len(draft.intents)).astype(int)
    order = sorted((g for g in range(len(draft.intents)) if sizes[g]), key=lambda g: (-sizes[g], names[g]))
    rank = np.full(len(draft.intents) + 1, -1)  # the last entry keeps −1 at −1
    rank[order] = np.arange(len(order))
    intents = tuple(
        Intent(
            intent_id=i,
            name=names[g],
            size=int((groups == g).sum()),
            n_occurrences=int(sizes[g]),
            p_good=p_of(draft, work, draft.intents[g], np.flatnonzero(groups == g)),
            role=draft.piece_roles[draft.intents[g][0]],
            examples=samples[g],
        )
        for i, g in enumerate(order)
    )
    least = np.empty(len(data.texts), dtype=np.int64)
    for _, rows in work.strata(draft.roles):
        least[rows] = work.min_size(rows)
    why = reasons(data.X, groups, least)
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


def p_of(draft: Draft, work: Context, group: tuple[int, ...], rows: Rows) -> float:
    """Return P(good) of an intent: calibrated for what is kept, else its verdict, else the mean of its clusters'."""
    sure = work.judge.confidence(rows) if isinstance(work.judge, CoherenceJudge) else None
    if sure is not None:
        return sure
    if group in draft.intent_verdicts:
        return draft.intent_verdicts[group].p_good
    sizes = [len(draft.pieces[i]) for i in group]
    return float(np.average([draft.verdicts[i].p_good for i in group], weights=sizes))


def name_groups(draft: Draft, work: Context, groups: NDArray[np.int64]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return a unique name and the most central sentences of each group; merged groups are named again."""
    work.tools.on_step("name")
    rows = [np.flatnonzero(groups == g) for g in range(len(draft.intents))]
    central = [tuple(work.data.texts[i] for i in central_rows(work.data.X, r, N_EXAMPLES)) for r in rows]
    samples = [
        example_of(work, r if len(r) else draft.pieces[group[0]]) for r, group in zip(rows, draft.intents, strict=True)
    ]
    names = [draft.names[group[0]] if draft.names else "unnamed-intent" for group in draft.intents]
    again = [g for g, group in enumerate(draft.intents) if len(group) > 1 or not draft.names]
    llm = work.tools.llm_for("name")
    if llm is None or not draft.complete:
        return number(names), central
    try:
        for g, name in zip(again, name_clusters(llm, [samples[g] for g in again], work.settings.actions), strict=True):
            names[g] = name
        names = contrast(llm, samples, names, work.settings.actions)
    except BudgetError:
        draft.complete = False
    return number(names), central


def central_rows(X: NDArray[np.float32], rows: Rows, size: int) -> Rows:
    """Return the rows nearest to their common centroid, nearest first."""
    if not len(rows):
        return rows
    cosine = np.round(X[rows] @ X[rows].mean(axis=0), 6)
    return rows[np.argsort(-cosine, kind="stable")[:size]]


def example_of(work: Context, rows: Rows) -> Example:
    """Return what the namer reads of a cluster: its two most central sentences, then its convex sample."""
    rows, settings = np.sort(rows), work.settings
    sampler = sampler_of(settings.sampler, settings.sample_dim)
    chosen = rows[sampler(work.data.X[rows], N_NAMING - 2, np.random.default_rng(settings.seed))]
    ordered = dict.fromkeys([*central_rows(work.data.X, rows, 2).tolist(), *chosen.tolist()])
    return Example.of([work.data.texts[i] for i in ordered], settings.language)
