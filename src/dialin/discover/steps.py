"""The steps between pieces and result: label, split the roles, merge, assign, name, number, give P(good), describe.

`dialin.discover.method.discover` puts them together. Each step takes a `Draft` and returns one, so that what is there
when a cap of the budget is hit is the best result so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Ints, Rows
from dialin.cluster.strata import grouped
from dialin.cluster.vote import voted
from dialin.discover.assign import Pieces, build, reasons, widen
from dialin.discover.context import Context, Tools
from dialin.discover.frequent import frequent, set_apart
from dialin.discover.naming import central_rows, describe_intents, is_capped, name_intents
from dialin.discover.state import Data, Draft, Intent, Result
from dialin.judge.verdict import Verdict
from dialin.name.actions import AGENT, CUSTOMER
from dialin.name.kinds import Kinds, needs_and_frequent_first, prevailing
from dialin.name.label_graph import label_edges
from dialin.name.merge import MergeResult, NearestGroups, components, verified
from dialin.name.roles import guess_roles, roles_of

N_EXAMPLES = 5
"""Example sentences kept per intent."""


def settle_borders(draft: Draft, context: Context) -> Draft:
    """Let the neighbours of each sentence vote on its piece (`dialin.cluster.vote`), within each stratum of the tree.

    Only pieces that no LLM and nobody has read lose sentences: what was read is as it was found good. A piece that
    becomes too small is dropped.
    """
    if context.settings.strategy != "tree" or context.settings.judge == "people":
        return draft
    place = np.full(len(context.data.texts), -1)
    for i, piece in enumerate(draft.pieces):
        place[piece] = i
    unread = np.array([verdict.evidence == "geometry" for verdict in draft.verdicts], dtype=np.bool_)
    small = set[int]()
    for _, rows in context.strata(draft.roles):
        ids = np.unique(place[rows][place[rows] >= 0])
        own = np.where(place[rows] >= 0, np.searchsorted(ids, place[rows]), -1)
        labels = voted(context.data.X[rows], own, np.append(unread[ids], False)[own])
        least = context.min_size(rows)
        for j, i in enumerate(ids.tolist()):
            before, draft.pieces[i] = draft.pieces[i], rows[labels == j]
            small |= {i} if len(draft.pieces[i]) < min(least, len(before)) else set()
    draft.drop(small)
    return draft


def keep_frequent(draft: Draft, context: Context) -> Draft:
    """Make a frequent sentence a piece of its own if it belongs to none (`dialin.discover.frequent`).

    The piece that it is taken out of is dropped where the rest is too small. People judge clusters as they are.
    """
    if context.settings.judge == "people":
        return draft
    apart, small = list[tuple[int, str]](), set[int]()
    for stratum, rows in context.strata(draft.roles):
        ids = [i for i, piece in enumerate(draft.pieces) if piece[0] in rows]
        least = context.min_size(rows)
        said_often = rows[frequent(context.data.counts[rows], least)]
        found = set_apart(context.data.X, [draft.pieces[i] for i in ids], said_often)
        for i, own in zip(ids, found, strict=False):
            small |= {i} if len(own) < min(least, len(draft.pieces[i])) else set()
            draft.pieces[i] = own
        apart += [(int(own[0]), stratum.role) for own in found[len(ids) :]]
    draft.drop(small)
    for row, role in apart:
        draft.add_alone(row, role)
    return draft


def with_guessed_roles(data: Data, tools: Tools) -> Data:
    """Return the data with a guess where it does not know the role, and tell the user how sure the guess is."""
    tools.on_step("role")
    unknown = np.array([not role for role in data.roles], dtype=np.bool_)
    if not unknown.any():
        return data
    guessed = guess_roles(data.texts, data.order)
    tools.on_note(guessed.note(data.counts * unknown))
    roles = [own or guess for own, guess in zip(data.roles, guessed.roles, strict=True)]
    return replace(data, roles=roles, kinds=data.kinds and data.kinds.with_roles(roles))


def split_roles(draft: Draft, context: Context) -> list[str]:
    """Return a role per sentence, from the action word of its piece's label (paper §3.4).

    Sentences in no piece take the role of the nearest one.
    """
    context.tools.on_step("role")
    n = len(context.data.texts)
    roles = roles_of(draft.names, context.tools.llm_for("role"))
    codes = [int(role == AGENT) for role in roles]
    pieces = build(context.data.X, draft.pieces, codes, [""] * len(codes))
    open_pieces = replace(pieces, radii=np.full(len(codes), -1.0, np.float32))
    labels, _ = open_pieces.assign(context.data.X, [""] * n)
    return [AGENT if label == 1 else CUSTOMER for label in labels]


def merge_pieces(draft: Draft, context: Context) -> Draft:
    """Merge pieces of one intent, within each role."""
    context.tools.on_step("merge")
    if context.settings.merge == "none" or not draft.pieces:
        return draft
    L = context.tools.embed([name.replace("-", " ") for name in draft.names]) if draft.names else None
    intents, verdicts = list[tuple[int, ...]](), dict[tuple[int, ...], Verdict]()
    for _, ids in grouped(draft.piece_roles):
        alone = frozenset(np.flatnonzero(np.isin(ids, list(draft.alone))).tolist())
        near = NearestGroups(context.data.X, alone=alone)
        merged = merge_role([draft.pieces[i] for i in ids], None if L is None else L[ids], near, context)
        own = {group: tuple(int(ids[i]) for i in group) for group in merged.groups}
        intents += own.values()
        verdicts |= {own[group]: verdict for group, verdict in merged.verdicts.items()}
    draft.intents, draft.intent_verdicts = intents, verdicts
    return draft


def merge_role(pieces: list[Rows], L: NDArray[np.float32] | None, near: NearestGroups, context: Context) -> MergeResult:
    """Merge the pieces of one role; without labels (no LLM), by their centroids alone."""
    merging = context.settings.merging()
    edges = [] if L is None else label_edges(L, merging)
    if not merging.verify:
        return components(len(pieces), edges)
    return verified(pieces, edges, context.judge, near)


def conclude(draft: Draft, context: Context) -> Result:
    """Assign every sentence, name the intents, number them by size, and give the reason why the rest has none."""
    pieces = decide(draft, context)
    assignment = assign(pieces, draft, context)
    told = context.data.kinds and context.data.kinds.with_roles(draft.roles)
    found = kinds_of_intents(assignment, told, context.data.counts)
    kinds = [kind for kind, _ in found]
    names = name_intents(draft, context, rows_to_name(draft, assignment), kinds)
    order = needs_first(names, kinds, assignment)
    rank = np.full(len(draft.intents) + 1, -1)  # the last entry keeps −1 at −1
    rank[order] = np.arange(len(order))
    why = reasons(context.data.X, assignment.intents, min_sizes(draft, context))
    was_capped = is_capped(draft, context)  # before the descriptions, which decide about no sentence
    intents = [
        replace(intent_of(draft, context, assignment, g), intent_id=i, name=names[g], kind=kinds[g], p_kind=found[g][1])
        for i, g in enumerate(order)
    ]
    intents = describe_intents(draft, context, intents, [assignment.rows[g] for g in order])
    return Result(
        intents=tuple(intents),
        labels=rank[assignment.intents],
        p_intent=assignment.p_intent,
        reasons=[reason and "budget" for reason in why] if was_capped else why,
        rounds=tuple(draft.rounds),
        pieces=replace(pieces, intents=rank[pieces.intents]),
        complete=not is_capped(draft, context),
        roles=draft.roles,
        suggested=context.heights.suggested,
        kinds=told,
    )


def decide(draft: Draft, context: Context) -> Pieces:
    """Return the decision function of the run; `Pieces.intents` are places in `Draft.intents`."""
    context.tools.on_step("assign")
    order = [(i, g) for g, group in enumerate(draft.intents) for i in group]
    roles, X, coverage = assignment_roles(draft.piece_roles, context), context.data.X, context.settings.coverage
    pieces = build(X, [draft.pieces[i] for i, _ in order], [g for _, g in order], [roles[i] for i, _ in order])
    if coverage == "auto" or is_capped(draft, context):
        return pieces
    return widen(pieces, X, assignment_roles(draft.roles, context), coverage, context.judge)


def assignment_roles(roles: list[str], context: Context) -> list[str]:
    """Return the roles that restrict assignment: none where they were guessed, since a new sentence has no guess."""
    return roles if context.settings.roles == "auto" else [""] * len(roles)


@dataclass(frozen=True)
class Assignment:
    """Which intent each sentence belongs to, before the intents are numbered.

    Parameters
    ----------
    intents : ndarray of shape (n,), int64
        Place in `Draft.intents`; −1: none.
    p_intent : ndarray of shape (n,), float64
        P(that intent | sentence), in [0, 1].
    rows : list of ndarray
        Sentences of each intent, ascending; empty where all of them went elsewhere.
    n_occurrences : ndarray of shape (n_intents,), int64
        Utterances of each intent.
    """

    intents: NDArray[np.int64]
    p_intent: NDArray[np.float64]
    rows: list[Rows]
    n_occurrences: NDArray[np.int64]


def assign(pieces: Pieces, draft: Draft, context: Context) -> Assignment:
    """Apply the decision function to the sentences of the run, and count."""
    intents, p_intent = pieces.assign(context.data.X, assignment_roles(draft.roles, context))
    n, found, counts = len(draft.intents), intents >= 0, context.data.counts
    n_occurrences = np.bincount(intents[found], weights=counts[found], minlength=n).astype(int)
    return Assignment(intents, p_intent, [np.flatnonzero(intents == g) for g in range(n)], n_occurrences)


def rows_to_name(draft: Draft, assignment: Assignment) -> list[Rows]:
    """Return the sentences that name each intent: its own, or those of its first piece where all went elsewhere."""
    return [
        own if len(own) else draft.pieces[group[0]] for own, group in zip(assignment.rows, draft.intents, strict=True)
    ]


def kinds_of_intents(assignment: Assignment, kinds: Kinds | None, counts: Ints) -> list[tuple[str, float | None]]:
    """Return the kind of each intent and its share of the utterances; ("", None) where kinds are unknown."""
    if kinds is None:
        return [("", None)] * len(assignment.rows)
    return [prevailing([kinds.names[row] for row in rows], counts[rows]) for rows in assignment.rows]


def needs_first(names: Sequence[str], kinds: Sequence[str], assignment: Assignment) -> list[int]:
    """Return the intents that have sentences: needs first, then the most frequent first, equally frequent by name."""
    sizes = assignment.n_occurrences
    found = (g for g in range(len(names)) if sizes[g])
    return sorted(found, key=lambda g: (*needs_and_frequent_first(kinds[g], int(sizes[g])), names[g]))


def intent_of(draft: Draft, context: Context, assignment: Assignment, g: int) -> Intent:
    """Return an intent of the draft, without number and name."""
    rows = assignment.rows[g]
    return Intent(
        intent_id=-1,
        name="",
        size=len(rows),
        n_occurrences=int(assignment.n_occurrences[g]),
        p_good=p_good_of(draft, context, draft.intents[g], rows),
        role=draft.piece_roles[draft.intents[g][0]],
        examples=tuple(context.data.texts[i] for i in central_rows(context.data.X, rows, N_EXAMPLES)),
    )


def p_good_of(draft: Draft, context: Context, group: tuple[int, ...], rows: Rows) -> float:
    """Return P(good) of an intent: the judge's confidence, else its verdict, else the mean of its pieces'."""
    confidence = context.judge.confidence(rows)
    if confidence is not None:
        return confidence
    if group in draft.intent_verdicts:
        return draft.intent_verdicts[group].p_good
    sizes = [len(draft.pieces[i]) for i in group]
    return float(np.average([draft.verdicts[i].p_good for i in group], weights=sizes))


def min_sizes(draft: Draft, context: Context) -> NDArray[np.int64]:
    """Return the smallest cluster to keep in the stratum of each sentence, shape (n,)."""
    least = np.empty(len(context.data.texts), dtype=np.int64)
    for _, rows in context.strata(draft.roles):
        least[rows] = context.min_size(rows)
    return least
