"""The steps between pieces and result: settle borders, keep frequent sentences, label, split the roles, merge.

`dialin.discover.method.discover` puts them together. Each step takes a `Draft` and returns one, so that what is there
when a cap of the budget is hit is the best result so far.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Rows
from dialin.cluster.strata import grouped
from dialin.cluster.vote import voted
from dialin.discover.assign import build
from dialin.discover.context import Context, Tools
from dialin.discover.data import Data
from dialin.discover.frequent import frequent, set_apart
from dialin.discover.state import Draft
from dialin.judge.verdict import Verdict
from dialin.name.actions import AGENT, CUSTOMER
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
